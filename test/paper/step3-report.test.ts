import assert from 'node:assert/strict';
import {
  countParameters,
  matchFamily,
  parseConfigText,
  readArchitecture,
  field,
  variable,
  isObject,
  type Architecture,
} from '../../src/architecture';
import { CATALOG } from '../../src/catalog';
import {
  arithmeticIntensity,
  decodeOps,
  dollarCost,
  effectiveRank,
  expertsForSparsity,
  flopsOf,
  kvBytesMoved,
  minimumSparsity,
  mainExperts,
  trainingDollars,
} from '../../src/cost';
import {
  ACCELERATORS,
  findAccelerator,
  rooflineRatio,
  usdPerByte,
  usdPerFlop,
  type Accelerator,
} from '../../src/hardware';
import type { AnalysisOptions } from '../../src/protocol';
import report from './step3-report.json';

/**
 * Every printed figure of the Step-3 report (arXiv:2507.19427), from config files read by the readers, compared at the
 * precision at which it is printed.
 */
const OPTIONS: AnalysisOptions = {
  targets: ['H800', 'H20', 'A800', '910B'],
  contexts: [8192, 32768],
  accounting: 'step3-paper',
  precision: 'fp8',
  kvPrecision: 'fp8',
  kvBlockSize: 16,
  windowReservation: 'window',
  serving: { tensorParallel: null, expertParallel: null, gpusPerServer: 8, tpotMs: 50, pipelineStages: 3 },
};

function architectureOf(name: string): Architecture {
  const model = CATALOG.find((m) => m.name === name);
  assert.ok(model, `${name} is not in the catalog`);
  const { value } = parseConfigText(JSON.stringify(model.config));
  assert.ok(isObject(value));
  const match = matchFamily(value);
  const { architecture, problems } = readArchitecture(value, match);
  assert.deepEqual(problems, []);
  assert.ok(architecture);
  return architecture;
}

function accelerator(name: string): Accelerator {
  const found = findAccelerator(ACCELERATORS, name);
  assert.ok(found, `no accelerator ${name}`);
  return found;
}

const opsOf = (name: string, context: number) =>
  decodeOps(architectureOf(name), OPTIONS, { batch: 1, context });

/** Equal to `digits` significant digits, the precision of a printed number such as 1.07e9. */
function assertPrinted(actual: number, printed: number, digits: number, what: string): void {
  assert.equal(
    actual.toPrecision(digits),
    printed.toPrecision(digits),
    `${what}: computed ${actual}, printed ${printed}`,
  );
}

/** Equal at 0.001 dollars. */
function assertDollars(actual: number | undefined, printed: number, what: string): void {
  assert.ok(actual !== undefined);
  assert.equal(actual.toFixed(3), printed.toFixed(3), `${what}: computed ${actual}, printed ${printed}`);
}

const attentionUsd = (name: string, context: number, on: string) =>
  dollarCost(opsOf(name, context), accelerator(on), 'step3-paper')?.attention.value;
const ffnUsd = (name: string, on: string) =>
  dollarCost(opsOf(name, 8192), accelerator(on), 'step3-paper')?.ffn.value;

describe('Step-3 report, table 1: Step-3 itself', () => {
  const printed = report.table1_step3;
  it('is what the config says', () => {
    const architecture = architectureOf('Step-3');
    const attention = architecture.groups[0]?.attention[0];
    assert.ok(attention?.kind === 'softmax');
    assert.equal(architecture.model.layers, printed.layers);
    assert.equal(architecture.model.hidden, printed.hidden);
    assert.equal(attention.queryRank, printed.queryLowRank);
    assert.equal(attention.queryHeads, printed.queryHeads);
    assert.equal(attention.kvHeads, printed.kvHeads);
    assert.equal(attention.headDim, printed.headDim);
    const moe = mainExperts(architecture);
    assert.ok(moe);
    assert.equal(moe.experts, printed.routedExperts);
    assert.equal(moe.topK, printed.expertsPerToken);
    assert.equal(moe.intermediate, printed.moeIntermediate);
    assert.equal(moe.sharedIntermediate / moe.intermediate, printed.sharedExperts);
    const dense = architecture.groups.find((g) => g.ffn[0]?.kind === 'dense');
    assert.deepEqual(dense?.indices, [0, 1, 2, 3, 60], 'first four and last');
    assert.equal(dense.ffn[0]?.intermediate, printed.denseIntermediate);
  });
  it('has its parameter counts', () => {
    const { total, activated, vision } = countParameters(architectureOf('Step-3'));
    assertPrinted(total, printed.totalParamsLLM, 3, 'language model');
    assertPrinted(activated, printed.activatedParams, 2, 'activated');
    assertPrinted(total + Number(vision), printed.totalParamsVLM, 3, 'with vision tower');
  });
});

for (const [title, context, table] of [
  ['table 2: FLOPs and bytes at 8K', 8192, report.table2_8K],
  ['table 3: FLOPs and bytes at 32K', 32768, report.table3_32K],
] as const) {
  describe(`Step-3 report, ${title}`, () => {
    for (const [name, printed] of Object.entries(table))
      it(name, () => {
        const ops = opsOf(name, context);
        assertPrinted(kvBytesMoved(ops).value, printed.kvOrStateBytes, 3, 'KV or state bytes');
        assertPrinted(flopsOf(ops, 'attention').value, printed.attentionFlops, 3, 'attention');
        assertPrinted(
          flopsOf(ops, 'attentionLinear').value,
          printed.attentionLinearFlops,
          3,
          'attention linear',
        );
        assertPrinted(flopsOf(ops, 'ffn').value, printed.ffnFlops, 3, 'FFN');
      });
  });
}

describe('Step-3 report, tables 4 and 5: accelerators and unit costs', () => {
  for (const [name, printed] of Object.entries(report.table4_accelerators))
    it(`${name}: price, peaks, bandwidth, roofline`, () => {
      const a = accelerator(name);
      assert.equal(a.usdPerHour, printed.usdPerHour);
      assertPrinted(a.peakFlops.bf16, printed.bf16, 3, 'BF16');
      if (printed.fp8 === null) assert.equal(a.peakFlops.fp8, undefined);
      else assertPrinted(a.peakFlops.fp8 ?? 0, printed.fp8, 3, 'FP8');
      assert.equal(a.bandwidth, printed.bandwidth);
      assert.equal(Math.round(rooflineRatio(a, 'fp8')), printed.roofline);
    });
  for (const [name, printed] of Object.entries(report.table5_unitCosts))
    it(`${name}: unit costs`, () => {
      // The report prints 2.8e-19 for H800, two digits: 2 / 3600 / 1.98e15 is 2.806e-19.
      assertPrinted(
        usdPerFlop(accelerator(name), 'fp8') ?? 0,
        printed.usdPerFlop,
        name === 'H800' ? 2 : 3,
        'USD per FLOP',
      );
      assertPrinted(usdPerByte(accelerator(name)) ?? 0, printed.usdPerByte, 3, 'USD per byte');
    });
});

describe('Step-3 report, table 6: dollars per 1M decoded tokens', () => {
  for (const [name, printed] of Object.entries(report.table6_usdPer1M))
    it(name, () => {
      for (const on of OPTIONS.targets) {
        const key = on as keyof typeof printed.ffn;
        assertDollars(attentionUsd(name, 8192, on), printed.attention8K[key], `attention at 8K on ${on}`);
        assertDollars(attentionUsd(name, 32768, on), printed.attention32K[key], `attention at 32K on ${on}`);
        assertDollars(ffnUsd(name, on), printed.ffn[key], `FFN on ${on}`);
      }
    });
});

describe('Step-3 report, section 4: totals', () => {
  const total = (name: string, context: number, attentionOn: string, ffnOn: string) =>
    Number(attentionUsd(name, context, attentionOn)) + Number(ffnUsd(name, ffnOn));
  const printed = report.section4_totals;
  it('Step-3 with AFD on H20 and H800', () => {
    assertDollars(total('Step-3', 8192, 'H20', 'H800'), printed['Step-3']['8K_AFD_H800+H20'], '8K');
    assertDollars(total('Step-3', 32768, 'H20', 'H800'), printed['Step-3']['32K_AFD'], '32K');
  });
  it('DeepSeek-V3 with EP on H800', () => {
    assertDollars(total('DeepSeek-V3', 8192, 'H800', 'H800'), printed['DeepSeek-V3']['8K_EP_H800'], '8K');
    assertDollars(total('DeepSeek-V3', 32768, 'H800', 'H800'), printed['DeepSeek-V3']['32K_EP_H800'], '32K');
  });
  it('Qwen3-235B-A22B with AFD on H20 and H800', () => {
    assertDollars(
      total('Qwen3-235B-A22B', 8192, 'H20', 'H800'),
      printed['Qwen3-235B-A22B']['8K_AFD_H800+H20'],
      '8K',
    );
    assertDollars(
      total('Qwen3-235B-A22B', 32768, 'H20', 'H800'),
      printed['Qwen3-235B-A22B']['32K_AFD'],
      '32K',
    );
  });
  it('arithmetic intensity at 8-bit KV and effective rank', () => {
    for (const [name, intensity] of Object.entries(report.arithmeticIntensity_8bitKV))
      assert.equal(arithmeticIntensity(opsOf(name, 8192)).value, intensity, name);
    for (const [name, rank] of Object.entries(report.attentionEffectiveRank)) {
      const attention = architectureOf(name).groups[0]?.attention[0];
      assert.ok(attention);
      assert.equal(effectiveRank(attention).value, rank, name);
    }
  });
});

describe('Step-3 report, section 5.4 and table 7: least MoE sparsity', () => {
  const of = (a: Accelerator) => {
    const { model } = architectureOf('Step-3');
    const [hidden, layers] = [field(model, 'hidden', 'H'), variable('L', model.layers)];
    return minimumSparsity(hidden, layers, a, 'fp8', OPTIONS.serving)?.value ?? 0;
  };
  const printed = report.table7_minSparsity;
  for (const name of ['H800', 'H20', 'A800', '910B'] as const)
    it(name, () => {
      assertDollars(of(accelerator(name)), printed[name], name);
    });
  it('H800 with 40 GB/s a NIC', () => {
    assertDollars(of({ ...accelerator('H800'), network: 40e9 }), printed.H800_at_40GBps_per_NIC, 'H800');
  });
  it('DeepSeek-V3 would need 14 routed experts on H800', () => {
    assert.equal(expertsForSparsity(of(accelerator('H800')), 256, 1), printed.dsv3_experts_needed_on_H800);
  });
});

describe('Step-3 report, figure 4: decoding against training on 910B', () => {
  // The report adds the rounded entries of table 6: 0.043 + 0.035 is printed as 0.078, though 0.0789 is their exact sum.
  const rounded = (usd: number | undefined) => Number(Number(usd).toFixed(3));
  for (const [name, printed] of Object.entries(report.figure4_910B))
    it(name, () => {
      const decode = (context: number) =>
        rounded(attentionUsd(name, context, '910B')) + rounded(ffnUsd(name, '910B'));
      assertDollars(decode(8192), printed.decode8K, 'decode at 8K');
      assertDollars(decode(32768), printed.decode32K, 'decode at 32K');
      assertDollars(
        trainingDollars(opsOf(name, 8192), accelerator('910B'))?.value,
        printed.train8K,
        'training',
      );
    });
});
