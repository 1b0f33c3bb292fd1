import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020';
import type { FieldSensitivity, SensitivityReport } from '../../src/protocol';
import { analyzeCatalog, analyzeConfig, DEFAULT_SETTINGS, sensitivity } from '../../src/service';

const schemas = join(__dirname, '..', '..', 'schemas');
const schema = (name: string) => JSON.parse(readFileSync(join(schemas, name), 'utf8')) as object;

function reportOf(name: string, settings = DEFAULT_SETTINGS): SensitivityReport {
  const analyzed = analyzeCatalog(name, settings);
  const report = analyzed && sensitivity(analyzed);
  assert.ok(report);
  return report;
}
function fieldOf({ fields }: SensitivityReport, key: string): FieldSensitivity {
  const field = fields.find((f) => f.path.at(-1) === key);
  assert.ok(field, key);
  return field;
}
const near = (actual: number, expected: number) => {
  assert.ok(Math.abs(actual - expected) <= 1e-9 * Math.abs(expected), `${actual}, not ${expected}`);
};

describe('sensitivity', () => {
  const qwen = reportOf('Qwen3-32B');

  it('is of the form that its schema describes', () => {
    const ajv = new Ajv2020({ allowUnionTypes: true, strict: false });
    ajv.addSchema(schema('analysis.schema.json'));
    const validate = ajv.compile(schema('sensitivity.schema.json'));
    for (const name of ['Step-3', 'DeepSeek-V3', 'MiniMax-M1', 'Llama-4-Maverick'])
      assert.ok(validate(JSON.parse(JSON.stringify(reportOf(name)))), JSON.stringify(validate.errors));
    assert.ok(!validate({ ...qwen, fields: [{}] }));
    assert.ok(!validate({ ...qwen, another: 1 }));
  });

  it('ranks fields that save and lose nothing first, then by dollars per percent', () => {
    const best = ({ steps }: FieldSensitivity) =>
      Math.max(...steps.map((step) => (step.usdSavedPer1M > 0 ? (step.usdPerPercent ?? 0) : 0)));
    for (const name of ['Step-3', 'DeepSeek-V3', 'Qwen3-32B', 'Kimi-K2', 'MiniMax-M1']) {
      const { fields } = reportOf(name);
      const isFree = (field: FieldSensitivity) =>
        field.steps.some((step) => step.usdSavedPer1M > 0 && step.capacityLost <= 0);
      const isSaving = (field: FieldSensitivity) => field.steps.some((step) => step.usdSavedPer1M > 0);
      const tiers = fields.map((field) => (isFree(field) ? 0 : isSaving(field) ? 1 : 2));
      assert.deepEqual(tiers, [...tiers].sort(), name);
      const prices = fields.filter((_, i) => tiers[i] === 1).map(best);
      assert.deepEqual(
        prices,
        [...prices].sort((a, b) => b - a),
        name,
      );
    }
  });

  it('KV heads of Qwen3-32B save most for no loss of rank', () => {
    const [first] = qwen.fields;
    assert.deepEqual(first?.path, ['num_key_value_heads']);
    assert.equal(first.capacity, 'effectiveRank');
    const [down, up] = first.steps;
    assert.deepEqual([down?.to, down?.capacityLost, down?.usdPerPercent], [4, 0, null]);
    assert.ok(down && up && down.usdSavedPer1M > 0 && up.usdSavedPer1M < 0);
  });

  it('a quarter of the query heads is a quarter of the rank; its price by hand', () => {
    const { capacity, steps } = fieldOf(qwen, 'num_attention_heads');
    const [down] = steps;
    assert.equal(capacity, 'effectiveRank');
    assert.equal(down?.to, 48);
    near(down.capacityLost, 0.25);
    near(down.usdPerPercent ?? 0, down.usdSavedPer1M / 25);
    // Attention is memory-bound on H20 there: what is saved are the projections' FLOPs, at FP8 on the attention's target.
    assert.equal(qwen.reference?.attentionOn, 'H20');
    const h20 = DEFAULT_SETTINGS.accelerators.find((a) => a.name === 'H20');
    assert.ok(h20?.usdPerHour && h20.peakFlops.fp8);
    const flops = 2 * 64 * 2 * 16 * 128 * 5120;
    near(down.usdSavedPer1M, (1e6 * flops * h20.usdPerHour) / 3600 / h20.peakFlops.fp8);
  });

  it('a field of the experts loses parameters: total or activated, whichever changes more', () => {
    const report = reportOf('DeepSeek-V3');
    const [topK] = fieldOf(report, 'num_experts_per_tok').steps;
    const expert = 3 * 7168 * 2048;
    near(topK?.capacityLost ?? 0, (58 * expert) / report.figures.activatedParameters);
    const [experts] = fieldOf(report, 'n_routed_experts').steps;
    // With each expert goes its row of the router and its balancing bias.
    near(experts?.capacityLost ?? 0, (58 * 128 * (expert + 7168 + 1)) / report.figures.totalParameters);
  });

  it('a window loses what is attended to', () => {
    const report = reportOf('Llama-4-Maverick');
    const { capacity, steps } = fieldOf(report, 'attention_chunk_size');
    assert.equal(capacity, 'attendedTokens');
    // 36 chunked layers of 8192 tokens, 12 that see all 32768.
    assert.equal(report.figures.attendedTokens, 36 * 8192 + 12 * 32_768);
    near(steps[0]?.capacityLost ?? 0, (36 * 4096) / (36 * 8192 + 12 * 32_768));
  });

  it('has no dollars without a price, and nothing of a file that can’t be read', () => {
    const accelerators = DEFAULT_SETTINGS.accelerators.map((a) => ({ ...a, usdPerHour: null }));
    const unpriced = reportOf('Qwen3-32B', { ...DEFAULT_SETTINGS, accelerators });
    assert.equal(unpriced.reference, null);
    assert.ok(unpriced.fields.length > 0);
    assert.ok(unpriced.fields.every(({ steps }) => steps.every((step) => step.usdSavedPer1M === 0)));
    const text = JSON.stringify({ model_type: 'llama', hidden_size: -64 });
    const broken = analyzeConfig({ text, file: 'c', name: 'c' }, DEFAULT_SETTINGS);
    assert.equal(broken && sensitivity(broken), null);
  });
});
