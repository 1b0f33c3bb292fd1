/** The classic roofline: operations of a decode step of one model on one accelerator. */
import { Chart, type ChartDataset } from 'chart.js';
import type {
  AcceleratorChoice,
  ModulePartName,
  Precision,
  RooflineData,
  RooflineOperation,
} from '../../../src/protocol';
import { applyTheme, paintScale } from '../../charts';
import { Figure } from '../../figure';
import { formatBytes, formatContext, formatCount, formatSi, plural } from '../../format';
import { PARTS } from '../../parts';
import { type PointName, pointNamesPlugin, segmentsOf } from '../../point-names';
import { radiusOf } from '../../series';
import type { Row } from '../../table';
import type { Theme } from '../../theme';
import { countTick, logarithmicTicks, siTick } from '../../ticks';
import type { ViewContext } from '../view';
import { attainable, boundBy, intensityOf, pointsOf, ridgeOf, type RooflinePoint } from './intensity';

const HEIGHT = 440;
const RADIUS = 6;
/** The hue says attention, FFN or the rest; the shape says which part of it. */
const SHAPES = {
  attentionCore: 'rectRot',
  attentionLinear: 'triangle',
  denseFfn: 'rect',
  sharedFfn: 'rectRounded',
  routedFfn: 'circle',
  router: 'crossRot',
  lmHead: 'star',
  embedding: 'cross',
  other: 'triangle',
} as const satisfies Record<ModulePartName, string>;
/** These are lines alone, without a face. */
const OUTLINES: readonly string[] = ['crossRot', 'star', 'cross'];
const MODULES = Object.keys(SHAPES) as ModulePartName[];

interface Roof {
  readonly precisions: readonly Precision[];
  readonly ridge: number;
  readonly peak: number;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

/** Precisions with one peak have one roof. */
function roofsOf(
  accelerator: AcceleratorChoice,
  operations: readonly RooflineOperation[],
  [left, right]: readonly [number, number],
): Roof[] {
  const roofs = new Map<number, Roof>();
  for (const precision of new Set(operations.map((op) => op.precision))) {
    const peak = accelerator.flops[precision];
    const ridge = ridgeOf(accelerator, precision);
    const precisions = [...(roofs.get(peak)?.precisions ?? []), precision];
    const points = [left, ridge, right].map((x) => ({ x, y: attainable(accelerator, precision, x) }));
    roofs.set(peak, { precisions, ridge, peak, points });
  }
  return [...roofs.values()];
}

const roofText = ({ precisions, peak }: Roof): string =>
  `${precisions.join(', ').toUpperCase()}: ${formatSi(peak, 'FLOPS')}`;

const pointText = ({ operations: [first, ...rest] }: RooflinePoint): string =>
  `${first?.name ?? ''}${rest.length > 0 ? ` +${rest.length}` : ''}`;

/** What the batch reads of the experts, once for each kind of layer. */
function expertsNote(operations: readonly RooflineOperation[], batch: number): string {
  const hits = operations.flatMap(({ experts }) => (experts ? [expertsText(experts)] : []));
  if (hits.length === 0) return '';
  return (
    `Weights are read once a step, of routed experts those that are hit: with uniform routing E·(1 − (1 − k/E)^B) of a layer, ` +
    `which for a batch of ${batch} is ${[...new Set(hits)].join('; ')}.`
  );
}
const expertsText = ({ hit, of }: { readonly hit: number; readonly of: number }): string =>
  `${countTick(hit)} of ${of}`;

type OperationChart = Chart<'scatter', RooflinePoint[]>;

export interface Operations {
  readonly element: HTMLElement;
  update(context: ViewContext, data: RooflineData, accelerator: AcceleratorChoice): void;
}

export function operationsOnRoofline(): Operations {
  const figure = new Figure({
    id: 'operations-roofline',
    title: 'Operations on the roofline',
    tableOpen: true,
    sortable: true,
    first: 'Operation',
    columns: [
      { title: 'Part' },
      { title: 'Of' },
      { title: 'FLOPs', numeric: true },
      { title: 'Bytes', numeric: true },
      { title: 'FLOPs a byte', numeric: true },
      { title: 'Bound by' },
      { title: 'Attainable', numeric: true },
      { title: 'Experts hit', numeric: true },
      { title: 'Precision' },
    ],
  });
  figure.setHeight(HEIGHT);
  let chart: OperationChart | null = null;
  let theme: Theme;
  let points: readonly RooflinePoint[] = [];
  let roofs: readonly Roof[] = [];
  let accelerator: AcceleratorChoice | null = null;

  const namesIn = (drawn: Chart<'scatter'>) => {
    const ofOperations = drawn.data.datasets.slice(0, MODULES.length).flatMap((dataset, i) =>
      drawn.getDatasetMeta(i).data.map(({ x, y }, at): PointName => {
        const point = dataset.data[at] as unknown as RooflinePoint;
        return { x, y, radius: RADIUS, text: pointText(point), bold: point.module === 'attentionCore' };
      }),
    );
    const ofRoofs = roofs.flatMap((roof, i): PointName[] => {
      const end = drawn.getDatasetMeta(MODULES.length + i).data.at(-1);
      return end ? [{ x: end.x, y: end.y, radius: 2, text: roofText(roof), bold: false }] : [];
    });
    return {
      names: [...ofRoofs, ...ofOperations],
      lines: roofs.flatMap((_, i) => segmentsOf(drawn.getDatasetMeta(MODULES.length + i).data)),
    };
  };

  const create = (): OperationChart => {
    const ticksOf = (scale: { min: number; max: number; ticks: { value: number }[] }): void => {
      scale.ticks = logarithmicTicks(scale.min, scale.max).map((value) => ({ value }));
    };
    return new Chart<'scatter', RooflinePoint[]>(figure.canvas, {
      type: 'scatter',
      data: { datasets: [] },
      options: {
        layout: { padding: { top: 4, right: 8 } },
        scales: {
          x: {
            type: 'logarithmic',
            title: { display: true },
            afterBuildTicks: ticksOf,
            ticks: { maxRotation: 0, callback: (value) => countTick(Number(value)) },
          },
          y: {
            type: 'logarithmic',
            title: { display: true },
            afterBuildTicks: ticksOf,
            ticks: { callback: (value) => siTick(Number(value), 'FLOPS') },
          },
        },
        plugins: {
          legend: {
            align: 'start',
            onClick: () => undefined,
            labels: {
              usePointStyle: true,
              boxHeight: 7,
              filter: (item, data) =>
                (item.datasetIndex ?? 0) < MODULES.length &&
                (data.datasets[item.datasetIndex ?? 0]?.data.length ?? 0) > 0,
            },
          },
          tooltip: {
            filter: ({ datasetIndex }) => datasetIndex < MODULES.length,
            callbacks: {
              title: ([item]) => {
                const { module } = (item?.raw ?? {}) as Partial<RooflinePoint>;
                return module ? PARTS[module].text : '';
              },
              label: (item) => {
                const { operations, x, y } = item.raw as RooflinePoint;
                const [first] = operations;
                if (first === undefined || accelerator === null) return '';
                return [
                  `${formatSi(x, 'FLOP')} a byte, bound by ${boundBy(x, ridgeOf(accelerator, first.precision))}`,
                  `Attainable: ${formatSi(y, 'FLOPS')} of ${formatSi(accelerator.flops[first.precision], 'FLOPS')} ${first.precision.toUpperCase()}`,
                  ...operations.map(
                    (op) =>
                      `${op.name} (${op.shape}): ${formatSi(op.flops, 'FLOP')}, ${formatBytes(op.bytes)}`,
                  ),
                ];
              },
            },
          },
        },
      },
      plugins: [pointNamesPlugin(namesIn, () => theme)],
    });
  };

  const draw = (on: AcceleratorChoice, operations: readonly RooflineOperation[]): void => {
    applyTheme(theme);
    const intensities = points.map(({ x }) => x);
    const ridges = operations.map(({ precision }) => ridgeOf(on, precision));
    const xs = [Math.min(...intensities, ...ridges) / 4, Math.max(...intensities, ...ridges) * 8] as const;
    roofs = roofsOf(on, operations, xs);
    chart ??= create();
    figure.chart = chart;
    chart.data.datasets = [
      ...MODULES.map((module): ChartDataset<'scatter', RooflinePoint[]> => {
        const shape = SHAPES[module];
        const color = theme[PARTS[module].color];
        const outlined = OUTLINES.includes(shape);
        return {
          label: PARTS[module].text,
          data: points.filter((point) => point.module === module),
          pointStyle: shape,
          pointRadius: radiusOf(shape, RADIUS),
          pointHoverRadius: radiusOf(shape, RADIUS) + 2,
          pointRotation: module === 'other' ? 180 : 0,
          pointBorderColor: outlined ? color : theme.background,
          pointBorderWidth: outlined ? 2 : 1,
          backgroundColor: color,
          order: 1,
        };
      }),
      ...roofs.map((roof): ChartDataset<'scatter', RooflinePoint[]> => {
        const style = { borderColor: theme.frontier, borderWidth: 1.5, pointRadius: 0, pointHitRadius: 0 };
        // Corners of a line, which no tooltip or name asks for its operations.
        const data = roof.points as unknown as RooflinePoint[];
        return { label: roofText(roof), data: [...data], showLine: true, order: 2, ...style };
      }),
    ];
    const marks = roofs.map(({ ridge }, i) => [
      `ridge${i}`,
      {
        type: 'line',
        scaleID: 'x',
        value: ridge,
        borderColor: theme.axis,
        borderWidth: 1,
        borderDash: [3, 3],
        drawTime: 'beforeDatasetsDraw',
        label: {
          display: true,
          content: `ridge ${countTick(ridge)}`,
          position: 'end',
          // Two ridges may be close.
          yAdjust: -14 * i,
          font: { size: 10, weight: 'normal' },
          color: theme.foreground,
          backgroundColor: theme.background,
          padding: 2,
        },
      },
    ]);
    Object.assign(chart.options.plugins ?? {}, {
      annotation: { annotations: Object.fromEntries(marks) as object },
    });
    const { x, y } = chart.options.scales ?? {};
    paintScale(x, theme, 'FLOPs a byte');
    paintScale(y, theme, `Attainable FLOPS on ${on.name}`);
    const least = Math.min(...roofs.flatMap((roof) => roof.points.map((point) => point.y)));
    const peak = Math.max(...roofs.map((roof) => roof.peak));
    Object.assign(x ?? {}, { min: xs[0], max: xs[1] });
    Object.assign(y ?? {}, { min: least, max: peak * 2 });
    chart.update();
  };

  return {
    element: figure.element,
    update(context, { operations }, on) {
      theme = context.theme;
      accelerator = on;
      const list = operations?.list ?? [];
      points = pointsOf(list, on);
      const model = context.state.models.find(({ id }) => id === operations?.id);
      figure.setNothing(points.length > 0 ? null : 'No model is shown whose operations are known.');
      if (points.length > 0) draw(on, list);
      const rows = list.map((op, i): Row => {
        const intensity = intensityOf(op);
        const reached = attainable(on, op.precision, intensity);
        const experts = op.experts;
        return {
          key: `${i}\n${op.name}`,
          name: op.name,
          cells: [
            { text: PARTS[op.module].text, value: op.module },
            { text: op.shape, value: op.shape },
            { text: formatSi(op.flops, 'FLOP'), value: op.flops },
            { text: formatBytes(op.bytes), value: op.bytes },
            { text: formatCount(intensity), value: intensity },
            ...[boundBy(intensity, ridgeOf(on, op.precision))].map((text) => ({ text, value: text })),
            { text: formatSi(reached, 'FLOPS'), value: reached },
            { text: experts ? expertsText(experts) : '', value: experts?.hit ?? null },
            { text: op.precision.toUpperCase(), value: op.precision },
          ],
        };
      });
      const batch = operations?.batch ?? 1;
      const when = `a decode step of ${model?.label ?? 'a model'} with a batch of ${batch} at ${formatContext(operations?.context ?? NaN)} context on ${on.name}`;
      figure.table.update(`Operations of ${when}.`, rows);
      const counted = (bound: string) => rows.filter((row) => row.cells[5]?.text === bound).length;
      figure.describe({
        lead:
          `Operations of ${when}. Left of the ridge, bandwidth is the limit (${formatSi(on.bandwidth, 'B/s')}), right of it FLOPS. ` +
          `Operations of one part with the same intensity share a point.`,
        note: expertsNote(list, batch),
        aria:
          `Roofline of ${when}: FLOPs a byte against attainable FLOPS. Of ${plural(rows.length, 'operation')}, ` +
          `${counted('memory')} are bound by memory and ${counted('compute')} by compute. The table below has the numbers.`,
        rows: rows.length,
      });
    },
  };
}
