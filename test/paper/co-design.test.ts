import assert from 'node:assert/strict';
import { attentionFit, decodeOps, ffnFit, layerBudgetSeconds, layerLoads } from '../../src/cost';
import { ACCELERATORS, findAccelerator } from '../../src/hardware';
import { DEFAULT_SETTINGS } from '../../src/service';
import { architectureOf, catalogConfig } from '../unit/fixtures';
import report from './step3-report.json';

/** Section 6 of the Step-3 report (arXiv:2507.19427): which weaker accelerators meet a stage's budget. */
const options = { ...DEFAULT_SETTINGS.options, accounting: 'step3-paper' } as const;
const { serving } = options;
const printed = report.section6_L20;

const step3 = architectureOf(catalogConfig('Step-3'));
const seconds = layerBudgetSeconds(serving, step3.model.layers);
const loadsAt = (context: number) =>
  layerLoads(decodeOps(step3, options, { batch: 1, context }), step3.groups);
const on = (name: string) => {
  const found = findAccelerator(ACCELERATORS, name);
  assert.ok(found);
  return found;
};
const attentionOn = (name: string, context: number) => {
  const [load] = loadsAt(context);
  assert.ok(load);
  return { load, ...attentionFit(load, on(name), seconds, serving.gpusPerServer) };
};
const ffnBytes = decodeOps(step3, options, { batch: 1, context: 1 })
  .filter((op) => op.role === 'ffn')
  .reduce((sum, op) => sum + op.weightBytes.value, 0);

describe('Step-3 report, section 6: weaker accelerators', () => {
  it('gives a layer 272 us', () => {
    // 16.6 ms / 61 layers is printed as 272; 50 ms / 3 / 61 is 273.2.
    assert.ok(Math.abs(seconds * 1e6 - printed.layerBudget_us) < 1.5, `${seconds * 1e6}`);
  });
  it('attention on L20: 235 MB, of them 67 MB of projections and 168 MB of KV, 328K tokens, batch 41', () => {
    // The report's own budget, so that its figures come out at their printed digits.
    const [load] = loadsAt(8000);
    assert.ok(load);
    const fit = attentionFit(load, on('L20'), printed.layerBudget_us * 1e-6, serving.gpusPerServer);
    assert.equal(Math.round(fit.bytesPerLayer / 1e6), printed.bytesPerLayerBudget / 1e6);
    assert.equal(Math.round(fit.linearBytes / 1e6), printed.attentionLinearBytesPerLayer / 1e6);
    assert.equal(Math.round(fit.kvBytes / 1e6), 168);
    const kvPerToken = (load.core[0]?.bytes ?? 0) / 8000;
    assert.equal(kvPerToken, printed.kvBytesPerTokenPerLayer);
    // 168 MB / 512 B; the report rounds before it divides.
    assert.ok(Math.abs(fit.kvBytes / kvPerToken - printed.maxContextTokensPerGpu) < 2000);
    assert.equal(fit.batch, printed.batchAt8K, '8K taken as 8,000');
  });
  it('FFN on L20: 7.1 GB a GPU, six servers', () => {
    const fit = ffnFit(
      ffnBytes,
      step3.model.layers,
      on('L20'),
      printed.layerBudget_us * 1e-6,
      serving.gpusPerServer,
    );
    assert.equal((Math.floor(fit.bytesPerAccelerator / 1e8) / 10).toFixed(1), '7.1');
    assert.equal(fit.servers, printed.serversForStep3Ffn);
    assert.equal(fit.accelerators, 48);
  });
  it('L4 spends most of the time on the projections, and its FFN takes 144 GPUs', () => {
    const { linearBytes, bytesPerLayer } = attentionOn('L4', 8192);
    assert.ok(linearBytes > bytesPerLayer / 2, `${linearBytes} of ${bytesPerLayer}`);
    // The report takes a third of L20 (144); 300 GB/s against 864 GB/s gives one server less.
    const { accelerators } = ffnFit(ffnBytes, step3.model.layers, on('L4'), seconds, serving.gpusPerServer);
    assert.ok(accelerators >= 128 && accelerators <= 144, String(accelerators));
  });
  it('is bound by memory on L20 as on H800', () => {
    for (const name of ['L20', 'H800']) {
      const { load, kvBytes, batch } = attentionOn(name, 8192);
      assert.equal(batch, Math.floor(kvBytes / (load.core[0]?.bytes ?? 1)), name);
    }
  });
});
