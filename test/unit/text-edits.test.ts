import assert from 'node:assert/strict';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { applyEdits } from '../../src/advice';
import type { ConfigEdit } from '../../src/protocol';
import { textChange } from '../../src/service';

/** A text after some edits; and the edits of its value must say the same. */
function after(text: string, ...edits: ConfigEdit[]): string {
  const document = TextDocument.create('file:///config.json', 'json', 1, text);
  const change = textChange(document, edits);
  const changed = change ? TextDocument.applyEdits(document, [change]) : text;
  assert.deepEqual(
    JSON.parse(changed),
    JSON.parse(JSON.stringify(applyEdits(JSON.parse(text) as Record<string, unknown>, edits))),
  );
  return changed;
}

describe('edits of a text', () => {
  it('keep the file’s own formatting', () => {
    assert.equal(after('{\n\t"a": 1\n}', { path: ['b'], value: 2 }), '{\n\t"a": 1,\n\t"b": 2\n}');
    assert.equal(
      after('{\r\n    "a": 1\r\n}', { path: ['b'], value: 2 }),
      '{\r\n    "a": 1,\r\n    "b": 2\r\n}',
    );
    assert.equal(after('{"a": 1, "b": 2}', { path: ['a'], rename: 'c' }), '{"c": 1, "b": 2}');
    assert.equal(after('{"a": [1, 2]}', { path: ['a', 0], value: 3 }), '{"a": [3, 2]}');
    assert.equal(
      after('{"a": [1, 2],\n "b": 1}', { path: ['b'], value: [1, 2] }),
      '{"a": [1, 2],\n "b": [1, 2]}',
    );
    assert.equal(after('{"a": {"x": 1}, "b": 2}', { path: ['a'], remove: true }), '{"b": 2}');
    assert.equal(after('{"a": 1}', { path: ['b'], value: 2 }), '{"a": 1, "b": 2}');
    assert.equal(after('{"a": 1}', { path: ['a'], remove: true }, { path: ['b'], value: 2 }), '{"b": 2}');
    assert.equal(
      after('{\n  "a": [1, 2],\n  "b": [3, 4]\n}', { path: ['c'], value: { x: [1], y: {} } }),
      '{\n  "a": [1, 2],\n  "b": [3, 4],\n  "c": {\n    "x": [\n      1\n    ],\n    "y": {}\n  }\n}',
    );
  });

  it('leave a place alone that does not exist', () => {
    const text = '{"list": [], "text": "x"}';
    for (const edit of [
      { path: ['list', 0], value: 1 },
      { path: ['gone', 'key'], value: 1 },
      { path: ['text', 'key'], value: 1 },
      { path: ['gone'], remove: true },
      { path: ['gone'], rename: 'other' },
      { path: [], value: 1 },
      { path: [], remove: true },
    ] as const)
      assert.equal(after(text, edit), text, JSON.stringify(edit));
  });

  it('take texts as people and Python leave them', () => {
    const textAfter = (text: string, edit: ConfigEdit) => {
      const document = TextDocument.create('file:///config.json', 'json', 1, text);
      const change = textChange(document, [edit]);
      return change ? TextDocument.applyEdits(document, [change]) : text;
    };
    const remove = (text: string) => textAfter(text, { path: ['a'], remove: true });
    assert.equal(remove('{"a": 1,}'), '{}');
    assert.equal(remove('{"b": 1, "a": 1,}'), '{"b": 1,}');
    assert.equal(remove('{"b": Infinity, "a": 1}'), '{"b": Infinity}');
    assert.equal(remove('\uFEFF{"a": NaN, "b": 1}'), '\uFEFF{"b": 1}');
    assert.equal(
      textAfter('{\n  "a": 1 // one\n}', { path: ['b'], value: 2 }),
      '{\n  "a": 1,\n  "b": 2 // one\n}',
    );
    assert.equal(textAfter('{"a": 1', { path: ['a'], value: 2 }), '{"a": 2');
  });

  it('follow each other', () => {
    const text = '{\n  "a": {"x": 1},\n  "b": 2\n}';
    const removed = after(text, { path: ['a'], remove: true }, { path: ['a', 'x'], value: 3 });
    assert.equal(removed, '{\n  "b": 2\n}');
  });

  it('of a key given twenty thousand times in a moment', () => {
    const text = `{\n${'  "a": 1,\n  "b": 2,\n'.repeat(20_000)}  "c": 3\n}`;
    const before = process.cpuUsage();
    const document = TextDocument.create('file:///a/config.json', 'json', 1, text);
    const change = textChange(document, [{ path: ['a'], value: 7 }]);
    const { user, system } = process.cpuUsage(before);
    assert.ok(change);
    const changed = TextDocument.applyEdits(document, [change]);
    assert.equal(changed.split('"a"').length, 2);
    assert.equal((JSON.parse(changed) as { a: number }).a, 7);
    assert.ok(user + system < 1_000_000, `${Math.round((user + system) / 1000)} ms`);
  });
});
