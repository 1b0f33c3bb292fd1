/** Figure 3 of the Step-3 report: a quantity of models over their contexts, a line a model. */
import { Chart, type ChartDataset } from 'chart.js';
import type { AnnotationOptions } from 'chartjs-plugin-annotation';
import type { ComparedModel, Crossover, ModelSweep, SweepData } from '../../../src/protocol';
import { applyTheme, fontOf, paintScale } from '../../charts';
import { endLabelsPlugin, fitName, LEADER } from '../../end-labels';
import { Figure } from '../../figure';
import { post } from '../../host';
import { formatBytes, formatContext, formatUsd, plural } from '../../format';
import { type SeriesStyle, seriesStyles } from '../../series';
import type { Row } from '../../table';
import type { Theme } from '../../theme';
import { contextTicks, logarithmicTicks } from '../../ticks';
import { conditions, formulaNote, kindOf, modelHint, nothingText, type ViewContext } from '../view';
import { crossoverTable } from './crossovers';
import { costTitle, type Quantity } from './quantities';

export type Axes = 'logarithmic' | 'linear';

/** What is asked for once and drawn in several ways. */
export interface Sweep {
  readonly context: ViewContext;
  readonly data: SweepData;
}

interface Point {
  readonly x: number;
  readonly y: number;
}
interface Line {
  readonly model: ComparedModel;
  readonly sweep: ModelSweep;
  readonly style: SeriesStyle;
  readonly points: readonly Point[];
}

const HEIGHT = 420;
/** Of the table, tokens. */
const COLUMNS: readonly number[] = [1, 4, 8, 32, 128, 1024].map((k) => k * 1024);
/** A line's shape stands at every so many points, other lines' between them. */
const POINTS_APART = 4;

type LineChart = Chart<'scatter', Point[]>;

function linesOf({ context, data }: Sweep, quantity: Quantity): Line[] {
  const styles = seriesStyles(context.state.models, context.theme);
  return context.shown.flatMap((model): Line[] => {
    const sweep = data.models.find(({ id }) => id === model.id);
    const style = styles.get(model.id);
    if (sweep === undefined || style === undefined) return [];
    const values = quantity.values(sweep);
    // A logarithm has no zero: what holds nothing isn't drawn.
    const points = data.contexts.flatMap((x, i) => {
      const y = values[i] ?? NaN;
      return Number.isFinite(y) && y > 0 ? [{ x, y }] : [];
    });
    return points.length > 0 ? [{ model, sweep, style, points }] : [];
  });
}

function tooltipLines({ sweep }: Line, at: number): string[] {
  const [kv, bytes, afd] = [sweep.kvBytes[at], sweep.bytesPerSequence[at], sweep.afdUsdPer1M[at]];
  return [
    ...(kv === undefined ? [] : [`KV cache: ${formatBytes(kv)}`]),
    ...(bytes === undefined || bytes === kv ? [] : [`With states: ${formatBytes(bytes)}`]),
    ...(afd === undefined ? [] : [`${costTitle('afd')}: ${formatUsd(afd)} per 1M tokens`]),
    ...Object.entries(sweep.usdPer1M).map(
      ([target, values]) => `${costTitle(target)}: ${formatUsd(values[at] ?? NaN)}`,
    ),
  ];
}

/** Rings around the crossovers, and a line at the chosen context. */
function annotationsOf(
  { theme, context }: ViewContext,
  contexts: readonly number[],
  crossovers: readonly Crossover[],
): Record<string, AnnotationOptions> {
  const rings = crossovers.map((crossover, i): [string, AnnotationOptions] => [
    `crossover${i}`,
    {
      type: 'point',
      xValue: crossover.context,
      yValue: crossover.value,
      radius: 7,
      backgroundColor: 'transparent',
      borderColor: theme.foreground,
      borderWidth: 1.5,
    },
  ]);
  const shown = context >= (contexts[0] ?? Infinity) && context <= (contexts.at(-1) ?? 0);
  const chosen: AnnotationOptions = {
    type: 'line',
    scaleID: 'x',
    value: context,
    borderColor: theme.axis,
    borderWidth: 1,
    borderDash: [3, 3],
    drawTime: 'beforeDatasetsDraw',
    label: {
      display: true,
      content: formatContext(context),
      position: 'start',
      font: { size: 10, weight: 'normal' },
      color: theme.foreground,
      backgroundColor: theme.background,
      padding: 2,
    },
  };
  return { ...Object.fromEntries(rings), ...(shown ? { chosen } : {}) };
}

export interface OverContexts {
  readonly element: HTMLElement;
  update(sweep: Sweep, quantity: Quantity, axes: Axes): void;
}

export function overContexts(id: string, title: string, lead: string): OverContexts {
  const figure = new Figure({
    id,
    title,
    tableOpen: true,
    sortable: true,
    columns: [
      ...COLUMNS.map((tokens) => ({ title: formatContext(tokens), numeric: true })),
      { title: 'Crossovers', numeric: true },
    ],
  });
  figure.setHeight(HEIGHT);
  const crossings = crossoverTable(`table-${id}-crossovers`, title);
  // With the other table, before what can be done with them.
  figure.element.lastElementChild?.before(crossings.element);
  let chart: LineChart | null = null;
  let theme: Theme;
  let lines: readonly Line[] = [];
  let contexts: readonly number[] = [];
  let drawnAxes: Axes | null = null;

  const create = (axes: Axes): LineChart =>
    new Chart<'scatter', Point[]>(figure.canvas, {
      type: 'scatter',
      data: { datasets: [] },
      options: {
        layout: {
          // Room for the longest name.
          padding: ({ chart: { ctx, width } }) => {
            ctx.save();
            ctx.font = fontOf(theme, 'bold');
            const widths = lines.map(({ model }) => ctx.measureText(fitName(model.label, width)).width);
            ctx.restore();
            return { top: 4, right: LEADER + Math.max(0, ...widths) + 4 };
          },
        },
        interaction: { mode: 'nearest', intersect: false },
        onClick: (_event, elements) => {
          const line = lines[elements[0]?.datasetIndex ?? -1];
          if (line) post({ type: 'openModel', id: line.model.id });
        },
        scales: {
          x: {
            type: axes,
            title: { display: true },
            afterBuildTicks: (scale) => {
              scale.ticks = contextTicks(scale.min, scale.max, axes === 'logarithmic').map((value) => ({
                value,
              }));
            },
            ticks: { maxRotation: 0, callback: (value) => formatContext(Number(value)) },
          },
          y: {
            type: axes,
            title: { display: true },
            ticks: { maxRotation: 0 },
            ...(axes === 'linear' ? { beginAtZero: true } : {}),
          },
        },
        plugins: {
          legend: { display: false },
          tooltip: {
            callbacks: {
              title: ([item]) => {
                const line = lines[item?.datasetIndex ?? -1];
                return line ? `${line.model.label} at ${formatContext(Number(item?.parsed.x))} context` : '';
              },
              label: (item) => {
                const line = lines[item.datasetIndex];
                const at = contexts.indexOf(Number(item.parsed.x));
                return line ? tooltipLines(line, at) : [];
              },
            },
          },
        },
      },
      plugins: [
        endLabelsPlugin(
          (drawn) =>
            lines.flatMap(({ model, style }, i) => {
              const end = drawn.getDatasetMeta(i).data.at(-1);
              return end ? [{ text: model.label, style, bold: model.active, x: end.x, y: end.y }] : [];
            }),
          () => theme,
        ),
      ],
    });

  const draw = (
    context: ViewContext,
    quantity: Quantity,
    crossovers: readonly Crossover[],
    axes: Axes,
  ): void => {
    applyTheme(theme);
    if (drawnAxes !== axes) {
      chart?.destroy();
      chart = null;
      drawnAxes = axes;
    }
    chart ??= create(axes);
    figure.chart = chart;
    chart.data.datasets = lines.map(({ model, style, points }, i): ChartDataset<'scatter', Point[]> => {
      const marked = (index: number) => index % POINTS_APART === i % POINTS_APART;
      return {
        label: model.label,
        data: [...points],
        showLine: true,
        // The open config lies over the others, the first of them over the last.
        order: i,
        borderColor: style.color,
        borderWidth: style.width,
        borderDash: [...style.dash],
        pointStyle: style.shape,
        pointRadius: points.map((_, index) => (marked(index) ? style.radius : 0)),
        pointHoverRadius: style.radius + 1,
        pointHitRadius: 6,
        pointBorderColor:
          style.shape === 'star' || style.shape === 'crossRot' ? style.color : theme.background,
        pointBorderWidth: style.shape === 'star' || style.shape === 'crossRot' ? 2 : 1,
        backgroundColor: style.color,
      };
    });
    const { x, y } = chart.options.scales ?? {};
    paintScale(x, theme, 'Context, tokens');
    paintScale(y, theme, quantity.axis);
    Object.assign(x ?? {}, { min: axes === 'linear' ? 0 : contexts[0], max: contexts.at(-1) });
    Object.assign(y ?? {}, {
      afterBuildTicks: (scale: { min: number; max: number; ticks: { value: number }[] }) => {
        if (axes === 'logarithmic')
          scale.ticks = logarithmicTicks(scale.min, scale.max).map((value) => ({ value }));
      },
    });
    Object.assign(y?.ticks ?? {}, { callback: (value: number | string) => quantity.tick(Number(value)) });
    Object.assign(chart.options.plugins ?? {}, {
      annotation: { annotations: annotationsOf(context, contexts, crossovers) },
    });
    chart.update();
  };

  return {
    element: figure.element,
    update(sweep, quantity, axes) {
      const { context, data } = sweep;
      theme = context.theme;
      ({ contexts } = data);
      lines = linesOf(sweep, quantity);
      const crossovers = data.crossovers.filter((each) => each.quantity === quantity.name);
      figure.setNothing(lines.length > 0 ? null : nothingText(context));
      if (lines.length > 0) draw(context, quantity, crossovers, axes);
      const rows = context.shown.map((model): Row => {
        const of = data.models.find((each) => each.id === model.id);
        const values = of ? quantity.values(of) : [];
        const crossed = crossovers.filter(
          ({ below, above }) => below === model.id || above === model.id,
        ).length;
        return {
          key: model.id,
          name: model.label,
          kind: kindOf(model),
          hint: modelHint(model),
          cells: [
            ...COLUMNS.map((tokens) => {
              const value = values[contexts.indexOf(tokens)];
              return { text: value === undefined ? '—' : quantity.format(value), value: value ?? null };
            }),
            { text: String(crossed), value: crossed },
          ],
          open: () => {
            post({ type: 'openModel', id: model.id });
          },
        };
      });
      const [first] = context.shown;
      const where = conditions(context).replace(/^[^,]*context, /, '');
      const range = `${formatContext(contexts[0] ?? NaN)} to ${formatContext(contexts.at(-1) ?? NaN)} tokens of context`;
      figure.table.update(`${quantity.title} by context; ${where}.`, rows);
      figure.describe({
        lead: `${lead} Rings: where ${first?.label ?? 'the first model'} and another change places.`,
        note: formulaNote(context.shown, quantity.formula),
        aria:
          `Line chart of ${plural(lines.length, 'model')}: ${quantity.title.toLowerCase()} over ${range}, on ${axes} axes; ` +
          `${where}. ${plural(crossovers.length, 'crossover')} of ${first?.label ?? 'the first model'}. The tables below have the numbers.`,
        rows: rows.length,
      });
      crossings.update(context, quantity, crossovers);
    },
  };
}
