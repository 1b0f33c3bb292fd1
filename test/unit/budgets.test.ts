import assert from 'node:assert/strict';
import type { Budget } from '../../src/advice';
import { analyzeConfig, catalogText, DEFAULT_SETTINGS } from '../../src/service';

/** Findings of budgets: code and key, with the fixes' values. */
function broken(model: string, limits: Omit<Budget, 'source'>, rules = {}) {
  const text = catalogText(model) ?? '';
  const settings = { ...DEFAULT_SETTINGS, rules, budgets: [{ ...limits, source: 'test' }] };
  const analyzed = analyzeConfig({ text, file: 'config.json', name: model }, settings);
  return (analyzed?.analysis.findings ?? []).filter(({ code }) => code.startsWith('budget/'));
}
const valueOf = (model: string) => {
  const text = catalogText(model) ?? '';
  const analyzed = analyzeConfig({ text, file: 'config.json', name: model }, DEFAULT_SETTINGS);
  assert.ok(analyzed?.analysis.kv && analyzed.analysis.parameters);
  return { kv: analyzed.analysis.kv.bytesPerToken, ...analyzed.analysis.parameters };
};

describe('budgets', () => {
  const drivers: readonly (readonly [string, Omit<Budget, 'source'>, string])[] = [
    ['Qwen3-32B', { kvBytesPerToken: 100e3 }, 'num_key_value_heads'],
    ['DeepSeek-V3', { kvBytesPerToken: 30e3 }, 'kv_lora_rank'],
    ['DeepSeek-V3', { totalParameters: 600e9 }, 'n_routed_experts'],
    ['Qwen3-32B', { totalParameters: 30e9 }, 'intermediate_size'],
  ];
  for (const [model, limits, key] of drivers)
    it(`stand on ${key} of ${model} for ${Object.keys(limits).join()}`, () => {
      const [finding, ...others] = broken(model, limits);
      assert.deepEqual(others, []);
      assert.equal(finding?.path.at(-1), key);
      assert.equal(finding.severity, 'error');
      assert.match(finding.message, /% over the budget of .* \(test\)/);
    });
  it('in dollars stand on what the roofline is bound by: KV heads where reading KV takes longer', () => {
    const [finding] = broken('Qwen3-32B', { usdPer1M: [{ target: 'L20', context: 8192, atMost: 1e-6 }] });
    assert.equal(finding?.path.at(-1), 'num_key_value_heads');
  });
  it('are kept by a value that equals them, and broken by one more', () => {
    const { kv, total, activated } = valueOf('DeepSeek-V3');
    const limits = { kvBytesPerToken: kv, totalParameters: total, activatedParameters: activated };
    assert.deepEqual(broken('DeepSeek-V3', limits), []);
    const less = { kvBytesPerToken: kv - 1, totalParameters: total - 1, activatedParameters: activated - 1 };
    assert.equal(broken('DeepSeek-V3', less).length, 3);
  });
  it('in dollars hold for a target and a context that no setting names, and pass over one without a price', () => {
    const cost = (target: string, atMost: number) =>
      broken('Qwen3-32B', { usdPer1M: [{ target, context: 100_000, atMost }] }).length;
    assert.equal(cost('L20', 1e-6), 1);
    assert.equal(cost('L20', 1e6), 0);
    assert.equal(cost('B300', 1e-6), 0);
  });
  it('offer the nearest value that keeps them', () => {
    const [finding] = broken('Qwen3-32B', { kvBytesPerToken: 40e3 });
    assert.match(finding?.message ?? '', /num_key_value_heads 8 → 2 \(32\.8 kB\) would keep it/);
    assert.deepEqual(finding?.fixes[0]?.edits, [{ path: ['num_key_value_heads'], value: 2 }]);
    const [hopeless] = broken('Qwen3-32B', { kvBytesPerToken: 1 });
    assert.deepEqual(hopeless?.fixes, []);
    assert.match(hopeless.message, /no usual value of/);
  });
  it('have the severity that a user gives them', () => {
    const [finding] = broken('Qwen3-32B', { kvBytesPerToken: 1 }, { 'budget/*': 'warning' });
    assert.equal(finding?.severity, 'warning');
    assert.deepEqual(broken('Qwen3-32B', { kvBytesPerToken: 1 }, { 'budget/kv-bytes-per-token': 'off' }), []);
  });
});
