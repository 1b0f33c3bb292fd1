/** Figure 5 of the Step-3 report: what attention computes and moves for a token, against what accelerators can. */
import { Chart, type ChartDataset } from 'chart.js';
import type { AttentionLine, ComparedModel, RooflineData } from '../../../src/protocol';
import { applyTheme, paintScale } from '../../charts';
import { Figure } from '../../figure';
import { post } from '../../host';
import { formatBytes, formatContext, formatCount, formatSi, plural, shorten } from '../../format';
import { type PointName, pointNamesPlugin, segmentsOf } from '../../point-names';
import { type SeriesStyle, seriesStyles } from '../../series';
import type { Row } from '../../table';
import type { Theme } from '../../theme';
import { bytesTick, countTick, logarithmicTicks, siTick } from '../../ticks';
import { conditions, formulaNote, kindOf, modelHint, nothingText, type ViewContext } from '../view';
import { boundBy, intensityOf, ridgeOf, type Slope, slopeInside, slopesOf } from './intensity';

export type Axes = 'logarithmic' | 'linear';

interface Point {
  readonly x: number;
  readonly y: number;
  readonly context?: number;
}
interface Line {
  readonly model: ComparedModel;
  readonly style: SeriesStyle;
  readonly points: readonly Point[];
}

const HEIGHT = 440;
const NAME_LIMIT = 26;
/** Free room around the points, as a factor. */
const MARGIN = { linear: 1.12, logarithmic: 1.7 } as const;

type SlopeChart = Chart<'scatter', Point[]>;

export interface AttentionSlopes {
  readonly element: HTMLElement;
  update(context: ViewContext, data: RooflineData, axes: Axes): void;
}

function linesOf({ state, shown, theme }: ViewContext, attention: readonly AttentionLine[]): Line[] {
  const styles = seriesStyles(state.models, theme);
  return shown.flatMap((model): Line[] => {
    const points = (attention.find(({ id }) => id === model.id)?.points ?? [])
      .map(({ context, flops, bytes }) => ({ x: bytes, y: flops, context }))
      .filter(({ x, y }) => x > 0 && y > 0);
    const style = styles.get(model.id);
    return style && points.length > 0 ? [{ model, style, points }] : [];
  });
}

const ridgeText = (ridge: number): string => `${countTick(ridge)} FLOP/B`;
const slopeText = ({ names, ridge }: Slope): string =>
  `${shorten(names.join(', '), NAME_LIMIT)}: ${ridgeText(ridge)}`;

export function attentionSlopes(): AttentionSlopes {
  const figure = new Figure({
    id: 'attention-slopes',
    title: 'Attention FLOPs against bytes moved',
    tableOpen: true,
    columns: [
      { title: 'Context', numeric: true },
      { title: 'FLOPs a token', numeric: true },
      { title: 'Bytes a token', numeric: true },
      { title: 'FLOPs a byte', numeric: true },
      { title: 'Bound by compute on' },
      { title: 'By memory on' },
    ],
  });
  figure.setHeight(HEIGHT);
  let chart: SlopeChart | null = null;
  let theme: Theme;
  let lines: readonly Line[] = [];
  let slopes: readonly Slope[] = [];
  let drawnAxes: Axes | null = null;

  const namesIn = (drawn: Chart<'scatter'>) => {
    const narrow = drawn.width < 600;
    const endOf = (index: number) => drawn.getDatasetMeta(index).data.at(-1);
    const models = lines.flatMap(({ model, style }, i): PointName[] => {
      const end = endOf(i);
      const text = shorten(model.label, narrow ? 14 : NAME_LIMIT);
      return end ? [{ x: end.x, y: end.y, radius: style.radius, text, bold: model.active }] : [];
    });
    const ofSlopes = slopes.flatMap((slope, i): PointName[] => {
      const end = endOf(lines.length + i);
      const text = narrow ? shorten(slope.names.join(', '), 14) : slopeText(slope);
      return end ? [{ x: end.x, y: end.y, radius: 0, text, bold: false }] : [];
    });
    return {
      names: [...ofSlopes, ...models],
      lines: drawn.data.datasets.flatMap((_, i) => segmentsOf(drawn.getDatasetMeta(i).data)),
    };
  };

  const create = (axes: Axes): SlopeChart => {
    const ticksOf = (scale: { min: number; max: number; ticks: { value: number }[] }): void => {
      if (axes === 'logarithmic')
        scale.ticks = logarithmicTicks(scale.min, scale.max).map((value) => ({ value }));
    };
    return new Chart<'scatter', Point[]>(figure.canvas, {
      type: 'scatter',
      data: { datasets: [] },
      options: {
        layout: { padding: { top: 4, right: 8 } },
        interaction: { mode: 'nearest', intersect: true },
        onClick: (_event, elements) => {
          const line = lines[elements[0]?.datasetIndex ?? -1];
          if (line) post({ type: 'openModel', id: line.model.id });
        },
        scales: {
          x: {
            type: axes,
            title: { display: true },
            afterBuildTicks: ticksOf,
            ticks: { maxRotation: 0, includeBounds: false, callback: (value) => bytesTick(Number(value)) },
          },
          y: {
            type: axes,
            title: { display: true },
            afterBuildTicks: ticksOf,
            ticks: { includeBounds: false, callback: (value) => siTick(Number(value), 'FLOP') },
          },
        },
        plugins: {
          legend: { display: false },
          tooltip: {
            filter: ({ datasetIndex }) => datasetIndex < lines.length,
            callbacks: {
              title: ([item]) => {
                const { context } = (item?.raw ?? {}) as Partial<Point>;
                return `${item?.dataset.label ?? ''} at ${formatContext(context ?? NaN)} context`;
              },
              label: (item) => {
                const { x, y } = item.raw as Point;
                const intensity = y / x;
                return [
                  `Attention: ${formatSi(y, 'FLOP')} a token`,
                  `KV cache and states moved: ${formatBytes(x)} a token`,
                  `Intensity: ${formatSi(intensity, 'FLOP')} a byte`,
                  ...slopes.map(
                    ({ names, ridge }) => `On ${names.join(', ')}: bound by ${boundBy(intensity, ridge)}`,
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

  const draw = (axes: Axes): void => {
    applyTheme(theme);
    if (drawnAxes !== axes) {
      chart?.destroy();
      chart = null;
      drawnAxes = axes;
    }
    chart ??= create(axes);
    figure.chart = chart;
    const points = lines.flatMap((line) => line.points);
    const range = (values: readonly number[]): readonly [number, number] => [
      axes === 'linear' ? 0 : Math.min(...values) / MARGIN[axes],
      Math.max(...values) * MARGIN[axes],
    ];
    const [xs, ys] = [range(points.map(({ x }) => x)), range(points.map(({ y }) => y))];
    chart.data.datasets = [
      ...lines.map(({ model, style, points: own }, i): ChartDataset<'scatter', Point[]> => {
        // First and last context alone have a point.
        const radius = own.map((_, at) => (at === 0 || at === own.length - 1 ? style.radius : 0));
        const outlined = style.shape === 'star' || style.shape === 'crossRot';
        return {
          label: model.label,
          data: [...own],
          showLine: true,
          order: i,
          borderColor: style.color,
          borderWidth: style.width,
          borderDash: [...style.dash],
          pointStyle: style.shape,
          pointRadius: radius,
          pointHoverRadius: style.radius + 1,
          pointHitRadius: 6,
          pointBorderColor: outlined ? style.color : theme.background,
          pointBorderWidth: outlined ? 2 : 1,
          backgroundColor: style.color,
        };
      }),
      ...slopes.map(({ names, ridge }): ChartDataset<'scatter', Point[]> => {
        const label = names.join(', ');
        const style = { borderColor: theme.frontier, borderWidth: 1.25, pointRadius: 0, pointHitRadius: 0 };
        return {
          label,
          data: [...slopeInside(ridge, xs, ys)],
          showLine: true,
          order: lines.length,
          ...style,
        };
      }),
    ];
    const { x, y } = chart.options.scales ?? {};
    paintScale(x, theme, 'KV cache and states moved for a token');
    paintScale(y, theme, 'FLOPs of attention for a token');
    Object.assign(x ?? {}, { min: xs[0], max: xs[1] });
    Object.assign(y ?? {}, { min: ys[0], max: ys[1] });
    chart.update();
  };

  return {
    element: figure.element,
    update(context, { attention }, axes) {
      theme = context.theme;
      const { accelerators, options } = context.state;
      const { targets, kvPrecision } = options;
      const chosen = accelerators.filter(({ name }) => targets.includes(name));
      lines = linesOf(context, attention);
      slopes = slopesOf(chosen, kvPrecision);
      figure.setNothing(lines.length > 0 ? null : nothingText(context));
      if (lines.length > 0) draw(axes);
      const rows = context.shown.flatMap((model): Row[] => {
        const points = attention.find(({ id }) => id === model.id)?.points ?? [];
        const [first, last] = [points[0], points.at(-1)];
        return [first, last].flatMap((point, i): Row[] => {
          if (point === undefined) return [];
          const intensity = intensityOf(point);
          const on = (bound: string) =>
            chosen
              .filter((each) => boundBy(intensity, ridgeOf(each, kvPrecision)) === bound)
              .map(({ name }) => name)
              .join(', ');
          return [
            {
              key: `${model.id}\n${i}`,
              name: model.label,
              kind: kindOf(model),
              hint: modelHint(model),
              repeated: i > 0,
              cells: [
                { text: formatContext(point.context), value: point.context },
                { text: formatSi(point.flops, 'FLOP'), value: point.flops },
                { text: formatBytes(point.bytes), value: point.bytes },
                { text: formatCount(intensity), value: intensity },
                { text: on('compute') || '—', value: on('compute') },
                { text: on('memory') || '—', value: on('memory') },
              ],
              open: () => {
                post({ type: 'openModel', id: model.id });
              },
            },
          ];
        });
      });
      const ends = lines[0]?.points;
      const range = `${formatContext(ends?.[0]?.context ?? NaN)} to ${formatContext(ends?.at(-1)?.context ?? NaN)}`;
      const where = conditions(context).replace(/^[^,]*context, /, '');
      const kv = kvPrecision.toUpperCase();
      figure.table.update(`FLOPs and bytes of attention for a token, from ${range} context; ${where}.`, rows);
      figure.describe({
        lead:
          `From ${range} context, as in figure 5 of the Step-3 report. An accelerator's line is its ${kv} FLOPS over its ` +
          `bandwidth: attention above it is bound by compute, below it by memory.`,
        note: formulaNote(context.shown, /^arithmetic intensity of attention/i),
        aria:
          `Chart of ${plural(lines.length, 'model')}: bytes that attention moves for a token against its FLOPs, from ${range} ` +
          `context; ${where}. Lines of accelerators: ${slopes.map(slopeText).join('; ')}. The table below has the numbers.`,
        rows: rows.length,
      });
    },
  };
}
