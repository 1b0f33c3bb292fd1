import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { analyzeConfig, analyzedCatalog, DEFAULT_SETTINGS, readSettings } from '../../src/service';
import { inputsOf, resultText } from '../../webview/formula';
import { keyOf, numbersOf } from '../../webview/views/overview/numbers';
import { looksOf, rangesText } from '../../webview/views/overview/ranges';
import { pairsOf, targetsOf } from '../../webview/views/train/costs';

const from = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, i) => first + i);

describe('overview: layers by their numbers', () => {
  const cases: readonly (readonly [readonly number[], string])[] = [
    [[], 'none'],
    [[7], '7'],
    [from(0, 2), '0-2'],
    [from(3, 60), '3-60'],
    [[0, 1, 2, 60], '0-2, 60'],
    [[0, 2], '0, 2'],
    [[7, 15, 23, 31], '7-31, every 8th'],
    [[1, 3, 5], '1-5, every 2nd'],
    [[0, 3, 6], '0-6, every 3rd'],
    [[0, 12, 24], '0-24, every 12th'],
    [[0, 21, 42], '0-42, every 21st'],
    [[0, 1, 3, 4, 6], '0-1, 3-4, 6'],
  ];
  for (const [indices, text] of cases)
    it(text, () => {
      assert.equal(rangesText(indices), text);
    });

  it('tells every layer, and no other', () => {
    const read = (text: string): number[] => {
      const even = /^(\d+)-(\d+), every (\d+)/.exec(text)?.slice(1).map(Number);
      if (even) {
        const [first = 0, last = 0, step = 1] = even;
        return from(0, (last - first) / step).map((i) => first + i * step);
      }
      return text.split(', ').flatMap((run) => {
        const [first = 0, last = first] = run.split('-').map(Number);
        return from(first, last);
      });
    };
    const layers = fc.uniqueArray(fc.nat(200), { minLength: 1 }).map((list) => list.sort((a, b) => a - b));
    fc.assert(
      fc.property(layers, (indices) => {
        assert.deepEqual(read(rangesText(indices)), indices);
      }),
    );
  });

  it('gives the same attention the same look, and sizes of their own another', () => {
    const kind = (attention: string, ffn: 'dense' | 'moe', name: string) => ({
      label: `${attention} + ${name}`,
      attention: [attention],
      ffn: [ffn],
    });
    const looks = looksOf([
      kind('GQA', 'moe', 'MoE 8 of 64'),
      kind('GQA', 'dense', 'dense FFN'),
      kind('sliding GQA', 'moe', 'MoE 8 of 64'),
      kind('GQA', 'moe', 'MoE 8 of 64'),
      { label: 'norms alone', attention: [], ffn: [] },
    ]);
    assert.deepEqual(looks, [
      { attention: 0, ffn: 1 },
      { attention: 0, ffn: 0 },
      { attention: 1, ffn: 1 },
      { attention: 2, ffn: 1 },
      { attention: null, ffn: null },
    ]);
  });
});

const CONTEXT = 10000;
const { settings } = readSettings({ contexts: [CONTEXT, 8192] }, DEFAULT_SETTINGS);
const file = path.join(__dirname, '../../examples/my-draft/config.json');
const analysisOf = (text: string) => {
  const analyzed = analyzeConfig({ text, file, name: 'draft' }, settings);
  assert.ok(analyzed);
  return analyzed.analysis;
};
const draft = analysisOf(readFileSync(file, 'utf8'));
const analyses = [draft, ...analyzedCatalog(settings).map(({ analysis }) => analysis)];

describe('overview: numbers and their formulas', () => {
  for (const analysis of analyses)
    it(analysis.file === file ? 'my-draft' : analysis.file, () => {
      for (const context of [CONTEXT, 8192]) {
        const groups = numbersOf(analysis, context);
        const keys = groups.flatMap((group) => group.numbers.map((number) => keyOf(group, number)));
        assert.equal(new Set(keys).size, keys.length, 'keys are unique');
        const formulas = new Map(
          groups.flatMap((group) => group.numbers.map((number) => [keyOf(group, number), number.formula])),
        );
        const crowded = analysis.memory.filter((fit) => fit.weightsBytes > fit.usableBytes);
        const without = new Set(crowded.map(({ gpus, target }) => `batch/${gpus} × ${target}`));
        for (const [key, formula] of formulas)
          assert.equal(formula === null, without.has(key), `${key} has a formula`);
        const result = (key: string) => formulas.get(key)?.result;
        const { parameters, kv, attention, moe, cost, afdCost } = analysis;
        assert.equal(result('architecture/Parameters'), parameters?.total);
        assert.equal(result('architecture/Activated'), parameters?.activated);
        assert.equal(result('architecture/KV per token'), kv?.bytesPerToken);
        assert.equal(result('architecture/Attention intensity'), attention?.arithmeticIntensity);
        assert.equal(result('architecture/Effective rank'), attention?.effectiveRank);
        assert.equal(result('architecture/MoE sparsity'), moe?.sparsity);
        assert.equal(formulas.has('architecture/State'), (kv?.stateBytesPerSequence ?? 0) > 0);
        for (const { target, totalUsdPer1M } of cost.filter((c) => c.context === context))
          assert.equal(result(`cost/${target}`), totalUsdPer1M);
        assert.equal(result('cost/AFD'), afdCost.find((c) => c.context === context)?.usdPer1M);
      }
    });

  it('says in its formula what a sparsity with shared experts is made of', () => {
    const step3 = analyses.find((analysis) => analysis.model?.name === 'Step-3');
    const formula = step3?.formulas.find(({ label }) => label === 'MoE sparsity');
    assert.ok(formula);
    assert.equal(formula.expression, '(k + I_shared / I_moe) / E');
    assert.match(resultText(formula), /^0\.0833333 activated experts/);
    assert.deepEqual(inputsOf(formula)[0], {
      symbol: 'k',
      value: '3',
      from: 'text_config.moe_top_k',
      path: ['text_config', 'moe_top_k'],
    });
  });

  it('shows no number of a config that can’t be read', () => {
    const text = '{"model_type": "qwen3_moe", "hidden_size": "many"}';
    assert.deepEqual(numbersOf(analysisOf(text), CONTEXT), []);
  });
});

describe('decode against train', () => {
  const shown = analyses.map((analysis) => ({
    id: analysis.file,
    origin: 'catalog' as const,
    label: analysis.model?.name ?? '',
    active: analysis.file === file,
    analysis,
  }));

  it('pairs the analyses’ costs on a target, the active model first', () => {
    const pairs = pairsOf({ shown, context: 8192 }, 'H20');
    assert.equal(pairs.length, shown.length);
    assert.equal(pairs[0]?.model.id, file);
    for (const { model, decode, training, ratio } of pairs) {
      const { cost, trainingCost } = model.analysis;
      assert.equal(decode, cost.find((c) => c.target === 'H20' && c.context === 8192)?.totalUsdPer1M);
      assert.equal(training, trainingCost.find((c) => c.target === 'H20')?.usdPer1M);
      assert.equal(ratio, decode / training);
    }
    const rest = pairs.slice(1).map(({ decode }) => decode);
    assert.deepEqual(
      rest,
      [...rest].sort((a, b) => a - b),
    );
  });

  it('has no target where nothing is computed', () => {
    assert.deepEqual(targetsOf({ shown, context: 8192 }, ['H800', 'no such']), ['H800']);
    assert.deepEqual(targetsOf({ shown, context: 4096 }, ['H800']), []);
  });
});
