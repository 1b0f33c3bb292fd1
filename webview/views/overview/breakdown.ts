/** Where a decode step's weights, FLOPs, bytes and dollars go: shares by part, one bar a quantity. */
import { Chart, type Plugin } from 'chart.js';
import type { ModulePart, ModulePartName, OverviewData } from '../../../src/protocol';
import { applyTheme, fontOf, paintScale } from '../../charts';
import { Figure } from '../../figure';
import { formatBytes, formatCount, formatSi, formatUsd } from '../../format';
import { PARTS } from '../../parts';
import { canvasFill } from '../../patterns';
import type { Row } from '../../table';
import type { Theme } from '../../theme';
import { conditions, type ViewContext } from '../view';

/** A bar: what the parts take of one quantity. */
interface Quantity {
  readonly title: string;
  readonly of: (part: ModulePart) => number;
  readonly format: (value: number) => string;
}

const QUANTITIES: readonly Quantity[] = [
  { title: 'Parameters', of: (part) => part.parameters, format: formatCount },
  { title: 'FLOPs a token', of: (part) => part.flops, format: (value) => formatSi(value, 'FLOP') },
  { title: 'KV bytes a token', of: (part) => part.kvBytes, format: formatBytes },
  { title: 'Weights a step', of: (part) => part.weightBytes, format: formatBytes },
];
const BAR_HEIGHT = 34;
const AXES_HEIGHT = 92;
/** A share is written into its bar where there is room for it. */
const ROOM_FOR_SHARE = 34;

/** A quantity of a model. */
interface Bar {
  readonly title: string;
  readonly format: (value: number) => string;
  readonly total: number;
  /** Parts that the model doesn't have are absent. */
  readonly values: Readonly<Partial<Record<ModulePartName, number>>>;
}

const NAMES = Object.keys(PARTS) as ModulePartName[];

type BarChart = Chart<'bar', number[], string[]>;

const shareText = (share: number): string =>
  share > 0 && share < 0.001 ? '<0.1%' : `${Number((share * 100).toPrecision(share < 0.01 ? 1 : 3))}%`;

/** Writes each share into its bar, on the background's colour: bars are hatched. */
function sharesPlugin(theme: () => Theme): Plugin<'bar'> {
  return {
    id: 'shares',
    afterDatasetsDraw(chart) {
      const { ctx } = chart;
      const colors = theme();
      ctx.save();
      ctx.font = fontOf(colors, 'normal', 10);
      ctx.textAlign = 'center';
      ctx.textBaseline = 'middle';
      chart.data.datasets.forEach((dataset, i) => {
        chart.getDatasetMeta(i).data.forEach((bar, j) => {
          const { x, base, y } = bar.getProps(['x', 'base', 'y'], true) as unknown as Record<
            'x' | 'base' | 'y',
            number
          >;
          if (x - base < ROOM_FOR_SHARE) return;
          const text = `${Math.round(Number(dataset.data[j]))}%`;
          const width = ctx.measureText(text).width + 6;
          const middle = (x + base) / 2;
          ctx.fillStyle = colors.background;
          ctx.fillRect(middle - width / 2, y - 7, width, 14);
          ctx.fillStyle = colors.foreground;
          ctx.fillText(text, middle, y + 0.5);
        });
      });
      ctx.restore();
    },
  };
}

export interface Breakdown {
  readonly element: HTMLElement;
  update(data: OverviewData, label: string, context: ViewContext): void;
}

export function breakdown(): Breakdown {
  const figure = new Figure({
    id: 'breakdown',
    title: 'Parts of a decode step',
    tableOpen: false,
    first: 'Quantity',
    columns: [
      { title: 'Total', numeric: true },
      ...NAMES.map((name) => ({ title: PARTS[name].text, numeric: true })),
    ],
  });
  let chart: BarChart | null = null;
  let theme: Theme;
  let bars: readonly Bar[] = [];

  const create = (): BarChart =>
    new Chart<'bar', number[], string[]>(figure.canvas, {
      type: 'bar',
      data: {
        labels: [],
        datasets: NAMES.map((name) => ({
          label: PARTS[name].text,
          data: [],
          stack: 'share',
          barPercentage: 0.74,
          categoryPercentage: 1,
        })),
      },
      options: {
        indexAxis: 'y',
        interaction: { mode: 'index', axis: 'y', intersect: false },
        scales: {
          x: {
            stacked: true,
            min: 0,
            max: 100,
            title: { display: true },
            ticks: { callback: (value) => `${value}%`, maxRotation: 0 },
          },
          y: { stacked: true, grid: { display: false }, ticks: { autoSkip: false, crossAlign: 'far' } },
        },
        plugins: {
          legend: {
            align: 'start',
            onClick: () => undefined,
            labels: {
              boxWidth: 16,
              boxHeight: 9,
              filter: (item, data) =>
                (data.datasets[item.datasetIndex ?? 0]?.data ?? []).some((value) => Number(value) > 0),
            },
          },
          tooltip: {
            filter: (item) => Number(item.raw) > 0,
            callbacks: {
              title: ([item]) => {
                const bar = bars[item?.dataIndex ?? -1];
                return bar ? `${bar.title}: ${bar.format(bar.total)}` : '';
              },
              label: (item) => {
                const bar = bars[item.dataIndex];
                const name = NAMES[item.datasetIndex];
                if (!bar || !name) return '';
                const value = bar.values[name] ?? 0;
                return `${PARTS[name].text}: ${bar.format(value)} (${shareText(value / bar.total)})`;
              },
            },
          },
        },
      },
      plugins: [sharesPlugin(() => theme)],
    });

  const draw = (): void => {
    applyTheme(theme);
    figure.setHeight(bars.length * BAR_HEIGHT + AXES_HEIGHT);
    chart ??= create();
    figure.chart = chart;
    chart.data.labels = bars.map((bar) => [bar.title, bar.format(bar.total)]);
    for (const [i, name] of NAMES.entries()) {
      const dataset = chart.data.datasets[i];
      if (dataset === undefined) continue;
      const { color, pattern } = PARTS[name];
      dataset.data = bars.map((bar) => (100 * (bar.values[name] ?? 0)) / bar.total);
      dataset.backgroundColor = canvasFill(pattern, theme[color], theme.background);
      dataset.borderColor = theme[color];
      dataset.borderWidth = 1;
    }
    const { x, y } = chart.options.scales ?? {};
    paintScale(x, theme, 'Share of each part');
    paintScale(y, theme);
    chart.update();
  };

  return {
    element: figure.element,
    update(data, label, context) {
      theme = context.theme;
      bars = barsOf(data.parts, context.state.options.targets);
      figure.setNothing(bars.length > 0 ? null : 'Nothing is computed in this model.');
      if (bars.length > 0) draw();
      const where = conditions(context);
      figure.table.update(`Parts of a decode step of ${label}; ${where}.`, bars.map(rowOf));
      figure.describe({
        lead: `Where the weights, work, traffic and dollars of ${label} are; ${where}.`,
        note: 'Weights a step are read once for the whole batch, here of all experts; KV bytes and FLOPs are those of one token.',
        aria:
          `Stacked bar chart of the parts of ${label}, in percent: ${bars.map(({ title }) => title).join(', ')}; ` +
          `${where}. The table below has the numbers.`,
        rows: bars.length,
      });
    },
  };
}

/** Quantities that the model has any of. */
function barsOf(parts: readonly ModulePart[], targets: readonly string[]): Bar[] {
  const dollars = targets
    .filter((target) => parts.some((part) => part.usdPer1M[target] !== undefined))
    .map((target): Quantity => ({
      title: `$ per 1M on ${target}`,
      of: (part) => part.usdPer1M[target] ?? 0,
      format: formatUsd,
    }));
  return [...QUANTITIES, ...dollars].flatMap(({ title, of, format }) => {
    const total = parts.reduce((sum, part) => sum + of(part), 0);
    const values = Object.fromEntries(parts.map((part) => [part.module, of(part)]));
    return total > 0 ? [{ title, format, total, values }] : [];
  });
}

function rowOf({ title, format, total, values }: Bar): Row {
  return {
    key: title,
    name: title,
    cells: [
      { text: format(total), value: total },
      ...NAMES.map((name) => {
        const value = values[name];
        if (value === undefined || value === 0) return { text: '—', value: value ?? null };
        return { text: `${format(value)} (${shareText(value / total)})`, value };
      }),
    ],
  };
}
