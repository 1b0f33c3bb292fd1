/** What the charts draw, against what the Step-3 report (arXiv:2507.19427) prints and against the service. */
import assert from 'node:assert/strict';
import { before, after, describe, it } from 'mocha';
import type { RooflineData, SweepData } from '../../src/protocol';
import { analyzedCatalog, answerView, DEFAULT_SETTINGS, type ServiceSettings } from '../../src/service';
import report from '../paper/step3-report.json';
import { Panel } from './panel';

const TARGETS = ['H800', 'H20', 'A800', '910B'] as const;
const SETTINGS: ServiceSettings = {
  ...DEFAULT_SETTINGS,
  options: { ...DEFAULT_SETTINGS.options, targets: TARGETS, accounting: 'step3-paper' },
};
const NAMES = Object.keys(report.table6_usdPer1M) as (keyof typeof report.table6_usdPer1M)[];

interface Point {
  readonly x: number;
  readonly y: number;
}

const service = analyzedCatalog(SETTINGS);
const analysisOf = (name: string) => {
  const found = service.find(({ analysis }) => analysis.model?.name === name)?.analysis;
  assert.ok(found, `no catalog model ${name}`);
  return found;
};
const ask = (method: string, params: unknown) =>
  answerView(method, params, (id) => service.find(({ analysis }) => analysis.file === id)?.subject ?? null);

const assertDollars = (actual: number | undefined, printed: number, what: string): void => {
  assert.equal(actual?.toFixed(3), printed.toFixed(3), `${what}: drawn ${actual ?? 'nothing'}`);
};
const assertDigits = (actual: number | undefined, printed: number, what: string): void => {
  assert.equal(actual?.toPrecision(3), printed.toPrecision(3), `${what}: drawn ${actual ?? 'nothing'}`);
};

describe('panel: figures of the Step-3 report', () => {
  let panel: Panel;
  before(async () => {
    panel = await Panel.open();
    await panel.anew(() => panel.choose('accounting', 'step3-paper'));
    for (const name of ['A800', '910B', 'H100', 'H200'])
      await panel.anew(async () => (await panel.box('targets', name)).click());
    const { options } = await panel.last('setOptions');
    assert.deepEqual(options.targets?.toSorted(), [...TARGETS].sort());
  });
  after(() => panel.close());

  const setContext = async (context: number): Promise<void> => {
    const { options } = await panel.last('setOptions');
    if ((options.contexts ?? SETTINGS.options.contexts)[0] !== context)
      await panel.anew(() => panel.choose('context', `${context / 1024}K`));
  };
  /** Of a chart with a line or a cloud of points for each model. */
  const pointsOf = async (chart: string, label: string): Promise<readonly Point[]> => {
    const { datasets } = await panel.chart(chart);
    const found = datasets.find((dataset) => dataset.label === label);
    assert.ok(found, `${chart} has no ${label}`);
    return found.data as readonly Point[];
  };

  it('1: activated parameters against AFD cost', async () => {
    await panel.show('compare');
    const points = (await pointsOf('activated-vs-cost', 'Catalog')) as readonly (Point & { model: string })[];
    for (const name of NAMES) {
      const point = points.find(({ model }) => model === name);
      const { afdCost, parameters } = analysisOf(name);
      assert.equal(point?.x, afdCost.find(({ context }) => context === 8192)?.usdPer1M, name);
      assert.equal(point?.y, Number(parameters?.activated) / 1e9, name);
      const { attention8K, ffn } = report.table6_usdPer1M[name];
      const least = Math.min(...Object.values(attention8K)) + Math.min(...Object.values(ffn));
      // The sum of two rounded figures.
      assert.ok(Math.abs(point.x - least) <= 0.001, `${name}: drawn ${point.x}, printed ${least}`);
    }
    const drawn = (name: string) => points.find(({ model }) => model === name);
    const printed = report.section4_totals;
    assertDollars(drawn('Step-3')?.x, printed['Step-3']['8K_AFD_H800+H20'], 'Step-3');
    assertDollars(drawn('Qwen3-235B-A22B')?.x, printed['Qwen3-235B-A22B']['8K_AFD_H800+H20'], 'Qwen3');
    assert.equal(
      drawn('Step-3')?.y.toPrecision(2),
      (report.table1_step3.activatedParams / 1e9).toPrecision(2),
    );
  });

  for (const context of [8192, 32768] as const)
    it(`2 and table 6: cost by accelerator and part, at ${context / 1024}K`, async () => {
      await panel.show('compare');
      await setContext(context);
      const closed = panel.$('#cost-by-target details.table:not([open]) > summary');
      if (await closed.count()) await closed.click();
      const { rows } = await panel.table('cost-by-target');
      const { labels, datasets } = await panel.chart('cost-by-target');
      // Between the bars stand the models' names, which have no value; the table has the bars in the same order.
      const bars = labels.flatMap((label, i) =>
        label === '' ? [] : [[label, ...datasets.map(({ data }) => String(data[i]))]],
      );
      assert.deepEqual(
        bars,
        rows.map(({ values }) => values.slice(0, 4)),
      );
      for (const name of NAMES)
        for (const target of TARGETS) {
          const { attention8K, attention32K, ffn } = report.table6_usdPer1M[name];
          const at = rows.findIndex((row) => row.name === name && row.values[0] === target);
          const [attention, ffnDrawn]: readonly number[] = bars[at]?.slice(1).map(Number) ?? [];
          const printed = (context === 8192 ? attention8K : attention32K)[target];
          assertDollars(attention, printed, `attention of ${name} on ${target}`);
          assertDollars(ffnDrawn, ffn[target], `FFN of ${name} on ${target}`);
          const cost = analysisOf(name).cost.find((c) => c.target === target && c.context === context);
          assert.equal(attention, cost?.attentionUsdPer1M);
        }
    });

  it('3: cost against context', async () => {
    await panel.show('context');
    const ids = NAMES.map((name) => analysisOf(name).file);
    const sweep = ask('sweep', { ids, from: 1024, to: 1 << 20 }) as SweepData;
    const printed = report.section4_totals;
    const at = (points: readonly Point[], context: number) => points.find(({ x }) => x === context)?.y;
    for (const [i, name] of NAMES.entries()) {
      const expected = sweep.contexts.map((x, j) => ({ x, y: sweep.models[i]?.afdUsdPer1M[j] }));
      assert.deepEqual(await pointsOf('cost-by-context', name), expected, name);
      const bytes = sweep.contexts.map((x, j) => ({ x, y: sweep.models[i]?.bytesPerSequence[j] }));
      assert.deepEqual(await pointsOf('bytes-by-context', name), bytes, name);
    }
    for (const [name, short, long] of [
      ['Step-3', printed['Step-3']['8K_AFD_H800+H20'], printed['Step-3']['32K_AFD']],
      [
        'Qwen3-235B-A22B',
        printed['Qwen3-235B-A22B']['8K_AFD_H800+H20'],
        printed['Qwen3-235B-A22B']['32K_AFD'],
      ],
    ] as const) {
      const points = await pointsOf('cost-by-context', name);
      assertDollars(at(points, 8192), short, `${name} at 8K`);
      assertDollars(at(points, 32768), long, `${name} at 32K`);
    }
    await panel.choose('context-cost', 'Cost on H800');
    const onH800 = await pointsOf('cost-by-context', 'DeepSeek-V3');
    assertDollars(at(onH800, 8192), printed['DeepSeek-V3']['8K_EP_H800'], 'DeepSeek-V3 at 8K');
    assertDollars(at(onH800, 32768), printed['DeepSeek-V3']['32K_EP_H800'], 'DeepSeek-V3 at 32K');
  });

  it('4: decoding against training on 910B', async () => {
    await panel.show('train');
    await panel.choose('train-target', '910B');
    for (const [context, key] of [
      [8192, 'decode8K'],
      [32768, 'decode32K'],
    ] as const) {
      await setContext(context);
      const { labels, datasets } = await panel.chart('decode-vs-train');
      const of = (series: string, name: string) =>
        datasets.find(({ label }) => label === series)?.data[labels.indexOf(name)] as number;
      for (const [name, printed] of Object.entries(report.figure4_910B)) {
        const cost = analysisOf(name).cost.find((c) => c.target === '910B' && c.context === context);
        assert.equal(of('Decode', name), cost?.totalUsdPer1M, name);
        // The report adds rounded entries of table 6.
        assert.ok(Math.abs(of('Decode', name) - printed[key]) <= 0.001, `${name}: ${of('Decode', name)}`);
        assertDollars(of('Train', name), printed.train8K, `training ${name}`);
      }
    }
  });

  it("5: attention's FLOPs against bytes, and the accelerators' slopes", async () => {
    await panel.show('roofline');
    const ids = NAMES.map((name) => analysisOf(name).file);
    const { attention } = ask('roofline', {
      ...{ ids, from: 8192, to: 32768 },
      ...{ id: ids[0], batch: 64, context: 8192 },
    }) as RooflineData;
    for (const [i, name] of NAMES.entries()) {
      const points = await pointsOf('attention-slopes', name);
      const expected = attention[i]?.points.map(({ context, flops, bytes }) => ({
        x: bytes,
        y: flops,
        context,
      }));
      assert.deepEqual(points, expected, name);
      for (const [point, printed] of [
        [points[0], report.table2_8K[name]],
        [points.at(-1), report.table3_32K[name]],
      ] as const) {
        assertDigits(point?.x, printed.kvOrStateBytes, `bytes of ${name}`);
        assertDigits(point?.y, printed.attentionFlops, `FLOPs of ${name}`);
      }
    }
    for (const target of TARGETS) {
      const { datasets } = await panel.chart('attention-slopes');
      const slope = datasets.find(({ label }) => label.split(/[,:]\s*/).includes(target));
      const end = slope?.data.at(-1) as Point | undefined;
      assert.ok(end, `no slope of ${target} among ${datasets.map(({ label }) => label).join('; ')}`);
      assert.equal(Math.round(end.y / end.x), report.table4_accelerators[target].roofline, target);
    }
  });
});
