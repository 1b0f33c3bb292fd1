import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseConfigText } from '../../src/architecture';

const codes = (text: string) =>
  parseConfigText(text).problems.map(
    (p) => `${p.severity} ${p.code} ${text.slice(p.offset, p.offset + p.length)}`,
  );

describe('config text', () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['{"a": 1}', []],
    ['\uFEFF{"a": 1}', []],
    ['{"a": 1,}', ['warning json/trailing-comma ,']],
    ['{"a": [1, /* x */ 2]} // y', ['warning json/comment /* x */']],
    [
      '{"a": NaN, "b": -Infinity}',
      ['information json/non-finite NaN', 'information json/non-finite -Infinity'],
    ],
    ['{"a": "NaN // no comment"}', []],
    ['{"a": 1e400}', ['error json/overflow 1e400']],
    ['{"a": 1, "a": 2}', ['warning json/duplicate-key "a"']],
  ];
  for (const [text, expected] of cases)
    it(JSON.stringify(text), () => {
      assert.deepEqual(codes(text), expected);
    });

  it('reads what can be read of broken text', () => {
    const { value, problems } = parseConfigText(
      '{"hidden_size": 64, "num_hidden_layers": , "vocab_size": 10',
    );
    assert.equal((value as Record<string, unknown>).hidden_size, 64);
    assert.equal((value as Record<string, unknown>).vocab_size, 10);
    assert.ok(problems.some((p) => p.severity === 'error'));
  });
  it('reads non-finite numbers as Python does', () => {
    const { value } = parseConfigText('[NaN, Infinity, -Infinity, 1e400]');
    assert.deepEqual(value, [NaN, Infinity, -Infinity, Infinity]);
  });
  it('stops at absurd nesting', () => {
    assert.deepEqual(codes('['.repeat(1_000_000)), ['error json/depth [']);
  });
  it('does not read absurdly long lists', () => {
    const { value, problems } = parseConfigText(`{"layer_types": [${'0,'.repeat(400_000)}0]}`);
    assert.deepEqual((value as { layer_types: unknown }).layer_types, []);
    assert.deepEqual(
      problems.map((p) => p.code),
      ['json/long-list'],
    );
  });
  it('keeps every key a plain key', () => {
    const { value } = parseConfigText('{"__proto__": {"polluted": true}, "constructor": 1}');
    assert.deepEqual(Object.keys(value as object), ['__proto__', 'constructor']);
    assert.equal(({} as { polluted?: unknown }).polluted, undefined);
  });

  it('reads all JSON as JSON.parse does (property)', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), (text) => {
        const { value, problems } = parseConfigText(text);
        assert.deepEqual(JSON.parse(JSON.stringify(value ?? null)), JSON.parse(text));
        assert.ok(problems.every((p) => p.code === 'json/duplicate-key'));
      }),
    );
  });
  it('never throws, and places every problem inside the text (property)', () => {
    const symbol = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '\\',
      '-',
      'NaN',
      'Infinity',
      '1e400',
      '//',
      '/*',
      '*/',
      '"a"',
      'null',
      ' ',
      '\n',
      '\u2028',
      '0',
    );
    fc.assert(
      fc.property(fc.array(symbol, { maxLength: 40 }), (symbols) => {
        const text = symbols.join('');
        for (const { offset, length } of parseConfigText(text).problems) {
          assert.ok(offset >= 0 && length >= 0 && offset <= text.length, `${text}: ${offset}+${length}`);
        }
      }),
      { numRuns: 500 },
    );
  });
});
