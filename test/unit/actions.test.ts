import assert from 'node:assert/strict';
import type { ConfigEdit, Finding } from '../../src/protocol';
import { fixAllEdits, touches } from '../../src/service';

const range = (startLine: number, start: number, endLine: number, end: number) => ({
  start: { line: startLine, character: start },
  end: { line: endLine, character: end },
});
const finding = (edits: readonly ConfigEdit[], isPreferred = true): Finding => ({
  code: 'shape/x',
  severity: 'warning',
  message: '',
  path: [],
  range: range(0, 0, 0, 0),
  fixes: [{ title: 'x', edits, isPreferred }],
});

describe('fix-all', () => {
  const cases: readonly (readonly [string, readonly Finding[], readonly ConfigEdit[]])[] = [
    [
      'takes what is preferred only',
      [finding([{ path: ['a'], value: 1 }]), finding([{ path: ['b'], value: 2 }], false)],
      [{ path: ['a'], value: 1 }],
    ],
    [
      'does not mend a place twice',
      [finding([{ path: ['a', 'b'], value: 1 }]), finding([{ path: ['a'], remove: true }])],
      [{ path: ['a', 'b'], value: 1 }],
    ],
    [
      'does not give two keys the same name',
      [
        finding([{ path: ['hed_dim'], rename: 'head_dim' }]),
        finding([{ path: ['heda_dim'], rename: 'head_dim' }]),
      ],
      [{ path: ['hed_dim'], rename: 'head_dim' }],
    ],
    [
      'removes one entry of a list at a time',
      [finding([{ path: ['a', 3], remove: true }]), finding([{ path: ['a', 5], remove: true }])],
      [{ path: ['a', 3], remove: true }],
    ],
    [
      'makes changes of several places together',
      [
        finding([
          { path: ['a'], value: 1 },
          { path: ['b'], remove: true },
        ]),
        finding([{ path: ['ab'], remove: true }]),
      ],
      [
        { path: ['a'], value: 1 },
        { path: ['b'], remove: true },
        { path: ['ab'], remove: true },
      ],
    ],
  ];
  for (const [what, findings, edits] of cases)
    it(what, () => {
      assert.deepEqual(fixAllEdits(findings), edits);
    });
});

describe('ranges touch', () => {
  it('also at their ends', () => {
    assert.ok(touches(range(1, 2, 1, 5), range(1, 5, 1, 5)));
    assert.ok(touches(range(0, 9, 3, 0), range(1, 0, 1, 1)));
    assert.ok(!touches(range(1, 2, 1, 5), range(1, 6, 1, 6)));
    assert.ok(!touches(range(1, 2, 1, 5), range(0, 0, 1, 1)));
  });
});
