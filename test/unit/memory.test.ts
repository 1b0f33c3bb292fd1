import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  decodeOps,
  gpusForWeights,
  kvBytesReserved,
  largestBatch,
  MEMORY_SHARE,
  placementOf,
  sequencePerGpu,
  stateBytes,
  weightMemory,
  weightsPerGpu,
  type OpOptions,
} from '../../src/cost';
import { CATALOG } from '../../src/catalog';
import { ACCELERATORS, findAccelerator } from '../../src/hardware';
import { analyzeText, DEFAULT_SETTINGS, readSettings } from '../../src/service';
import { modelSummary } from '../../src/service/model-summary';
import { architectureOf, catalogConfig, LLAMA_3_8B } from './fixtures';

const OPTIONS: OpOptions = {
  accounting: 'exact',
  precision: 'fp8',
  kvPrecision: 'fp8',
  kvBlockSize: 16,
  windowReservation: 'window',
};
const SERVER = { tensorParallel: null, expertParallel: null, gpusPerServer: 8 };
const h800 = findAccelerator(ACCELERATORS, 'H800')!;
const opsOf = (config: Readonly<Record<string, unknown>>, context: number) =>
  decodeOps(architectureOf(config), OPTIONS, { batch: 1, context });

describe('memory', () => {
  it('counts weights by hand: matrices at FP8, embedding, LM head and norms at BF16', () => {
    const layer = 4096 * 128 * (2 * 32 + 2 * 8) + 3 * 4096 * 14336;
    const rest = 2 * 128256 * 4096 + 65 * 4096;
    const { experts, rest: bytes, format } = weightMemory(architectureOf(LLAMA_3_8B), 'fp8');
    assert.deepEqual([experts, bytes, format], [0, 32 * layer + 2 * rest, 'FP8']);
    assert.equal(weightMemory(architectureOf(LLAMA_3_8B), 'bf16').rest, 2 * (32 * layer + rest));
  });

  it('takes weights as stored where the config says how', () => {
    const config = { ...LLAMA_3_8B, quantization_config: { quant_method: 'awq', bits: 4, group_size: 128 } };
    const architecture = architectureOf(config);
    const stored = architecture.stored.reduce((sum, w) => sum + w.bytes + w.scaleBytes, 0);
    const weights = weightMemory(architecture, 'bf16');
    assert.equal(weights.rest, stored);
    assert.equal(weights.format, 'awq, as stored');
  });

  it('leaves MTP layers out and parts routed experts', () => {
    const config = catalogConfig('DeepSeek-V3');
    const { experts } = weightMemory(architectureOf(config), 'fp8');
    assert.equal(experts, 58 * 256 * 3 * 7168 * 2048);
  });

  it('fits by hand on one server: (0.9 x 8 x 80 GB - weights) / KV of a sequence', () => {
    const weights = weightMemory(architectureOf(LLAMA_3_8B), 'fp8');
    const fit = largestBatch(weights, opsOf(LLAMA_3_8B, 8192), h800, placementOf(SERVER));
    const sequence = 8192 * 32 * 2 * 8 * 128;
    assert.ok(fit);
    assert.equal(fit.sequenceBytes, sequence);
    assert.equal(fit.largestBatch, Math.floor((0.9 * 640e9 - weights.rest) / sequence));
  });

  it('copies KV heads where tensor parallelism exceeds them, and the latent of MLA everywhere', () => {
    const at = (config: Readonly<Record<string, unknown>>, tensorParallel: number) =>
      sequencePerGpu(opsOf(config, 4096), placementOf({ ...SERVER, tensorParallel })).value;
    assert.equal(at(LLAMA_3_8B, 8), at(LLAMA_3_8B, 1) / 8);
    assert.equal(at(LLAMA_3_8B, 16), at(LLAMA_3_8B, 8));
    const deepseek = catalogConfig('DeepSeek-V3');
    assert.equal(at(deepseek, 8), at(deepseek, 1));
  });

  it('holds all but the experts once in each tensor-parallel group', () => {
    const weights = weightMemory(architectureOf(catalogConfig('DeepSeek-V3')), 'fp8');
    const placement = placementOf({ tensorParallel: 4, expertParallel: 30, gpusPerServer: 8 });
    assert.deepEqual(placement, { gpus: 32, tensorParallel: 4, expertParallel: 30, isConfigured: true });
    assert.equal(weightsPerGpu(weights, placement), weights.experts / 30 + weights.rest / 4);
    const alone = placementOf({ tensorParallel: null, expertParallel: 16, gpusPerServer: 8 });
    assert.deepEqual([alone.gpus, alone.tensorParallel], [16, 1]);
  });

  const model = fc.constantFrom(...CATALOG.map((m) => m.config));
  const accelerator = fc.constantFrom(...ACCELERATORS.filter((a) => a.memory !== null));
  const degree = fc.option(fc.integer({ min: 1, max: 320 }), { nil: null });
  const serving = fc.record({
    tensorParallel: degree,
    expertParallel: degree,
    gpusPerServer: fc.integer({ min: 1, max: 72 }),
  });

  it('the largest batch fits and one more in each group does not', () => {
    fc.assert(
      fc.property(
        model,
        accelerator,
        serving,
        fc.integer({ min: 1, max: 1 << 20 }),
        (config, a, s, context) => {
          const placement = placementOf(s);
          const weights = weightMemory(architectureOf(config), 'fp8');
          const fit = largestBatch(weights, opsOf(config, context), a, placement);
          assert.ok(fit);
          const groups = placement.gpus / placement.tensorParallel;
          assert.ok(Number.isInteger(groups) && fit.largestBatch !== null && fit.largestBatch % groups === 0);
          const perGpu = (batch: number) =>
            weightsPerGpu(weights, placement) + (batch * fit.sequenceBytes) / placement.tensorParallel;
          const each = fit.largestBatch / groups;
          const usable = MEMORY_SHARE * (a.memory ?? 0);
          if (each > 0) assert.ok(perGpu(each) <= usable * (1 + 1e-12));
          assert.ok(perGpu(each + 1) > usable * (1 - 1e-12));
        },
      ),
    );
  });

  it('a sequence takes its reserved blocks and states, never less on more accelerators together', () => {
    fc.assert(
      fc.property(model, serving, fc.integer({ min: 1, max: 1 << 20 }), (config, s, context) => {
        const ops = opsOf(config, context);
        const placement = placementOf(s);
        const all = sequencePerGpu(ops, placement).value * placement.tensorParallel;
        const once = kvBytesReserved(ops).value + stateBytes(ops).value;
        assert.ok(all >= once * (1 - 1e-12));
        if (!placement.isConfigured) assert.ok(all <= once * (1 + 1e-12));
      }),
    );
  });

  it('needs as many accelerators as hold the weights, and no fewer', () => {
    fc.assert(
      fc.property(model, accelerator, (config, a) => {
        const weights = weightMemory(architectureOf(config), 'bf16');
        const needed = gpusForWeights(weights, a);
        const usable = MEMORY_SHARE * (a.memory ?? 0);
        const bytes = weights.experts + weights.rest;
        assert.ok(needed !== null && needed * usable >= bytes && (needed - 1) * usable < bytes);
      }),
    );
  });

  it('stands in the analysis, by target and context', () => {
    const { settings } = readSettings({ targets: ['H800', 'L4'], contexts: [8192, 131072] });
    const text = JSON.stringify(catalogConfig('DeepSeek-V3'));
    const analysis = analyzeText({ text, file: 'f', name: 'n' }, settings);
    assert.deepEqual(
      analysis.memory.map((fit) => [fit.target, fit.context, fit.gpus, fit.largestBatch]),
      [
        ['H800', 8192, 8, 0],
        ['L4', 8192, 8, 0],
        ['H800', 131072, 8, 0],
        ['L4', 131072, 8, 0],
      ],
    );
  });

  it('has a formula where weights fit', () => {
    const analysis = analyzeText(
      { text: JSON.stringify(LLAMA_3_8B), file: 'f', name: 'n' },
      DEFAULT_SETTINGS,
    );
    const formula = analysis.formulas.find((f) => f.label === 'Sequences that fit on H800 at 8K');
    assert.match(formula?.expression ?? '', /^max\(0, \(0\.9 \* M\(H800\) - W_gpu\) \/ \(.* \/ n_share\)\)$/);
    assert.equal(Math.floor(formula?.result ?? 0), analysis.memory[0]?.largestBatch);
  });

  it('stands in the summary of a model: batches, or that weights don’t fit', () => {
    const { settings } = readSettings({ targets: ['H800', 'H200'] });
    const text = JSON.stringify(catalogConfig('DeepSeek-V3'));
    const summary = modelSummary(analyzeText({ text, file: 'f', name: 'n' }, settings)).join('\n');
    assert.match(summary, /^Weights in memory: 673 GB on 8 GPUs, FP8\.$/m);
    assert.match(summary, /^\| largest batch on 8 \| H800 \| H200 \|$/m);
    assert.match(summary, /^\| 32K \| weights don’t fit \| \d+ \|$/m);
  });

  it('is nothing for a target of unknown memory', () => {
    const { settings } = readSettings({
      accelerators: { Mine: { peakFlops: { bf16: 1e15 }, bandwidth: 1e12 } },
      targets: ['Mine'],
    });
    const text = JSON.stringify(LLAMA_3_8B);
    assert.deepEqual(analyzeText({ text, file: 'f', name: 'n' }, settings).memory, []);
    assert.equal(analyzeText({ text, file: 'f', name: 'n' }, DEFAULT_SETTINGS).memory.length, 8);
  });
});
