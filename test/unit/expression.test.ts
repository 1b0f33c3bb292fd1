import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  constant,
  dependsOn,
  difference,
  formulaInputs,
  formulaText,
  maximum,
  minimum,
  named,
  pathsOf,
  product,
  quotient,
  sum,
  variable,
  type Expression,
} from '../../src/architecture';

const H = variable('H', 8, { paths: [['hidden_size']] });
const n = variable('n', 3, { paths: [['text_config', 'heads']], note: 'a note' });

describe('expression', () => {
  const cases: readonly (readonly [Expression, string, number])[] = [
    [product(2, H, sum(n, 1)), '2 * H * (n + 1)', 64],
    [sum(product(2, H), n), '2 * H + n', 19],
    [quotient(H, product(n, 2)), 'H / (n * 2)', 8 / 6],
    [product(minimum(H, n), maximum(H, 10)), 'min(H, n) * max(H, 10)', 30],
    [difference(H, sum(n, 1)), 'H - (n + 1)', 4],
    [product(2, difference(H, n)), '2 * (H - n)', 10],
    [sum(0, H, 0), 'H', 8],
    [product(1, H), 'H', 8],
    [product(0, H), '0', 0],
    [product(2, named('F', sum(H, n))), '2 * F', 22],
  ];
  for (const [e, text, value] of cases)
    it(text, () => {
      assert.equal(formulaText(e), text);
      assert.equal(e.value, value);
    });

  it('knows its inputs and where they were read', () => {
    const e = product(2, H, n, named('F', H));
    assert.deepEqual(formulaInputs(e), [
      { symbol: 'H', value: 8, paths: [['hidden_size']] },
      { symbol: 'n', value: 3, paths: [['text_config', 'heads']], note: 'a note' },
      { symbol: 'F', value: 8, paths: [['hidden_size']] },
    ]);
    assert.deepEqual(pathsOf(e), [['hidden_size'], ['text_config', 'heads']]);
    assert.ok(dependsOn(named('F', H), ['hidden_size']));
    assert.ok(!dependsOn(H, ['text_config', 'hidden_size']));
  });

  it('prints a formula that evaluates to its value (property)', () => {
    const leaf = fc.integer({ min: 1, max: 50 }).map((v) => (v % 2 ? constant(v) : variable(`x${v}`, v)));
    const { tree } = fc.letrec<{ tree: Expression }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        leaf,
        fc.array(tie('tree'), { minLength: 1, maxLength: 3 }).map((args) => sum(...args)),
        fc.array(tie('tree'), { minLength: 1, maxLength: 3 }).map((args) => product(...args)),
        fc.tuple(tie('tree'), tie('tree')).map(([a, b]) => quotient(a, b)),
        fc.tuple(tie('tree'), tie('tree')).map(([a, b]) => difference(a, b)),
        fc.tuple(tie('tree'), tie('tree')).map(([a, b]) => minimum(a, b)),
        fc.tuple(tie('tree'), tie('tree')).map(([a, b]) => maximum(a, b)),
      ),
    }));
    fc.assert(
      fc.property(tree, (e) => {
        fc.pre(Number.isFinite(e.value));
        const text = formulaText(e, (_, value) => String(value)).replace(/\b(min|max)\(/g, 'Math.$1(');
        // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the formula is what is under test
        const evaluated = (new Function(`return ${text}`) as () => number)();
        assert.ok(
          Math.abs(evaluated - e.value) <= 1e-9 * Math.abs(e.value),
          `${text} is ${evaluated}, not ${e.value}`,
        );
      }),
    );
  });
});
