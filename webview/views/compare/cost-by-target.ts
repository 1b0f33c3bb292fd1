/** Figure 2 of the Step-3 report: decode cost per accelerator and of the best AFD pair, by part. */
import { Chart, type Plugin } from 'chart.js';
import type { ComparedModel } from '../../../src/protocol';
import { applyTheme, fontOf, hatch, paintScale, usdTick } from '../../charts';
import { Figure } from '../../figure';
import { post } from '../../host';
import { formatContext, formatUsd, plural, shorten } from '../../format';
import type { Row } from '../../table';
import type { Theme } from '../../theme';
import {
  afdAt,
  conditions,
  findingsText,
  formulaNote,
  kindOf,
  modelHint,
  nothingText,
  type Drawing,
  type ViewContext,
} from '../view';

/** One bar: a model on an accelerator, or on its best AFD pair. */
interface Bar {
  readonly model: ComparedModel;
  readonly target: string;
  readonly afd: boolean;
  readonly attention: number;
  readonly ffn: number;
  readonly other: number;
  readonly total: number;
  readonly limit: string;
}

/** A line of the chart: a model's name or a bar under it. */
type Line = { readonly heading: ComparedModel } | { readonly bar: Bar };

const PARTS = [
  { key: 'attention', label: 'Attention' },
  { key: 'ffn', label: 'FFN' },
  { key: 'other', label: 'Other (head, routers)' },
] as const;
const LINE_HEIGHT = 16;
const AXES_HEIGHT = 84;
const NAME_LIMIT = 48;
/** The totals stand right of the bars' ends. */
const ROOM_FOR_TOTALS = 1.17;

type BarChart = Chart<'bar', (number | null)[], string>;

function barsOf(model: ComparedModel, { state, context }: ViewContext): Bar[] {
  const { analysis } = model;
  const bars = state.options.targets.flatMap((target): Bar[] => {
    const cost = analysis.cost.find((c) => c.target === target && c.context === context);
    if (cost === undefined) return [];
    return [
      {
        model,
        target,
        afd: false,
        attention: cost.attentionUsdPer1M,
        ffn: cost.ffnUsdPer1M,
        other: cost.otherUsdPer1M,
        total: cost.totalUsdPer1M,
        limit: cost.attentionBoundBy,
      },
    ];
  });
  const afd = afdAt(analysis, context);
  if (afd === null) return bars;
  const core = analysis.cost.find((c) => c.target === afd.attentionOn && c.context === context);
  return [
    ...bars,
    {
      model,
      target: `AFD ${afd.attentionOn} + ${afd.ffnOn}`,
      afd: true,
      attention: afd.attentionUsdPer1M,
      ffn: afd.ffnUsdPer1M,
      other: afd.otherUsdPer1M,
      total: afd.usdPer1M,
      limit: core?.attentionBoundBy ?? '',
    },
  ];
}

/** Each model's name over its bars and a rule above, a band behind the active one, each bar's total at its end. */
function annotationPlugin(lines: () => readonly Line[], theme: () => Theme): Plugin<'bar'> {
  return {
    id: 'annotations',
    beforeDatasetsDraw(chart) {
      const { ctx, chartArea } = chart;
      const scale = chart.scales.y;
      if (scale === undefined) return;
      const rows = lines();
      const height = (scale.bottom - scale.top) / rows.length;
      const colors = theme();
      ctx.save();
      const band = rows.flatMap((line, i) => (modelOf(line).active ? [scale.getPixelForValue(i)] : []));
      if (band.length > 0) {
        const top = Math.round(Math.min(...band) - height / 2);
        ctx.fillStyle = colors.highlight;
        ctx.fillRect(scale.left, top, chartArea.right - scale.left, Math.round(band.length * height));
      }
      rows.forEach((line, i) => {
        const top = Math.round(scale.getPixelForValue(i) - height / 2);
        ctx.fillStyle = 'heading' in line ? colors.grid : colors.axis;
        if ('heading' in line) ctx.fillRect(scale.left, top, chartArea.right - scale.left, 1);
        else ctx.fillRect(chartArea.left - 1, top, 1, Math.ceil(height));
      });
      ctx.restore();
    },
    afterDatasetsDraw(chart) {
      const { ctx } = chart;
      const { x, y } = chart.scales;
      if (x === undefined || y === undefined) return;
      const colors = theme();
      ctx.save();
      ctx.textBaseline = 'middle';
      lines().forEach((line, i) => {
        const middle = y.getPixelForValue(i) + 0.5;
        ctx.fillStyle = colors.foreground;
        if ('heading' in line) {
          ctx.font = fontOf(colors, 'bold', 12);
          ctx.fillText(shorten(line.heading.label, NAME_LIMIT), y.left, middle);
        } else {
          ctx.font = fontOf(colors, line.bar.afd ? 'bold' : 'normal', 10);
          ctx.fillText(formatUsd(line.bar.total), x.getPixelForValue(line.bar.total) + 5, middle);
        }
      });
      ctx.restore();
    },
  };
}

function modelOf(line: Line): ComparedModel {
  return 'heading' in line ? line.heading : line.bar.model;
}

export function costByTarget(): Drawing {
  const figure = new Figure({
    id: 'cost-by-target',
    title: 'Decode cost by accelerator',
    tableOpen: false,
    columns: [
      { title: 'Target' },
      { title: 'Attention', numeric: true },
      { title: 'FFN', numeric: true },
      { title: 'Other', numeric: true },
      { title: 'Total $/1M', numeric: true },
      { title: 'Attention bound by' },
      { title: 'Findings' },
    ],
  });
  let chart: BarChart | null = null;
  let theme: Theme;
  let lines: readonly Line[] = [];
  const barAt = (index: number | undefined): Bar | null => {
    const line = index === undefined ? undefined : lines[index];
    return line !== undefined && 'bar' in line ? line.bar : null;
  };

  const create = (): BarChart =>
    new Chart<'bar', (number | null)[], string>(figure.canvas, {
      type: 'bar',
      data: {
        labels: [],
        datasets: PARTS.map(({ label }) => ({
          label,
          data: [],
          stack: 'cost',
          barPercentage: 0.8,
          categoryPercentage: 1,
        })),
      },
      options: {
        indexAxis: 'y',
        interaction: { mode: 'index', axis: 'y', intersect: false },
        onClick: (_event, elements) => {
          const bar = barAt(elements[0]?.index);
          if (bar !== null) post({ type: 'openModel', id: bar.model.id });
        },
        scales: {
          x: {
            stacked: true,
            beginAtZero: true,
            title: { display: true },
            ticks: { callback: usdTick, includeBounds: false, maxRotation: 0 },
          },
          y: {
            stacked: true,
            grid: { display: false },
            border: { display: false },
            ticks: {
              autoSkip: false,
              crossAlign: 'far',
              font: ({ index }) => ({ weight: barAt(index)?.afd === true ? 'bold' : 'normal' }),
            },
          },
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
            filter: (item, index) => index === 0 && barAt(item.dataIndex) !== null,
            callbacks: {
              title: ([item]) => {
                const bar = barAt(item?.dataIndex);
                return bar === null ? '' : `${bar.model.label}: ${bar.target}`;
              },
              label: (item) => {
                const bar = barAt(item.dataIndex);
                if (bar === null) return '';
                return [
                  `Attention: ${formatUsd(bar.attention)}${bar.limit === '' ? '' : ` (core bound by ${bar.limit})`}`,
                  `FFN: ${formatUsd(bar.ffn)}`,
                  ...(bar.other === 0 ? [] : [`Other: ${formatUsd(bar.other)}`]),
                  `Total: ${formatUsd(bar.total)} per 1M tokens`,
                ];
              },
            },
          },
        },
      },
      plugins: [
        annotationPlugin(
          () => lines,
          () => theme,
        ),
      ],
    });

  const draw = (context: ViewContext): void => {
    applyTheme(theme);
    figure.setHeight(lines.length * LINE_HEIGHT + AXES_HEIGHT);
    chart ??= create();
    figure.chart = chart;
    chart.data.labels = lines.map((line) => ('bar' in line ? line.bar.target : ''));
    for (const [index, { key }] of PARTS.entries()) {
      const dataset = chart.data.datasets[index];
      if (dataset === undefined) continue;
      dataset.data = lines.map((line) => ('bar' in line ? line.bar[key] : null));
      dataset.backgroundColor = key === 'ffn' ? hatch(theme.ffn, theme.background) : theme[key];
      dataset.borderColor = theme[key];
      dataset.borderWidth = 1;
    }
    const { x, y } = chart.options.scales ?? {};
    paintScale(x, theme, `$ per 1M decoded tokens at ${formatContext(context.context)} context`);
    paintScale(y, theme);
    if (x) {
      // At zero stands the plugin's own line, which leaves the names free.
      const grid = ({ tick }: { tick?: { value: number } }) =>
        tick?.value === 0 ? 'transparent' : theme.grid;
      const most = Math.max(...lines.map((line) => ('bar' in line ? line.bar.total : 0)));
      Object.assign(x.grid ?? {}, { color: grid });
      Object.assign(x, { max: most > 0 ? most * ROOM_FOR_TOTALS : 1 });
    }
    chart.update();
  };

  return {
    element: figure.element,
    update(context) {
      theme = context.theme;
      const groups = context.shown.map((model) => ({ model, bars: barsOf(model, context) }));
      const least = (bars: readonly Bar[]): number =>
        Math.min(Number.MAX_VALUE, ...bars.map(({ total }) => total));
      groups.sort((a, b) => Number(b.model.active) - Number(a.model.active) || least(a.bars) - least(b.bars));
      const priced = groups.filter(({ bars }) => bars.length > 0);
      lines = priced.flatMap(({ model, bars }): Line[] => [
        { heading: model },
        ...bars.map((bar) => ({ bar })),
      ]);
      figure.setNothing(lines.length > 0 ? null : nothingText(context));
      if (lines.length > 0) draw(context);

      const rows = groups.flatMap(({ model, bars }): Row[] => {
        const row = (key: string, repeated: boolean, strong: boolean, cells: Row['cells']): Row => ({
          key: `${model.id}\n${key}`,
          name: model.label,
          kind: kindOf(model),
          hint: modelHint(model),
          repeated,
          strong,
          cells: [
            ...cells,
            { text: repeated ? '' : findingsText(model.analysis), value: model.analysis.findings.length },
          ],
          open: () => {
            post({ type: 'openModel', id: model.id });
          },
        });
        const dash = { text: '—', value: null };
        if (bars.length === 0) return [row('', false, false, [dash, dash, dash, dash, dash, dash])];
        return bars.map((bar, i) =>
          row(bar.afd ? 'AFD' : bar.target, i > 0, bar.afd, [
            { text: bar.target, value: bar.target },
            ...[bar.attention, bar.ffn, bar.other, bar.total].map((v) => ({ text: formatUsd(v), value: v })),
            { text: bar.limit, value: bar.limit },
          ]),
        );
      });
      const where = conditions(context);
      figure.table.update(`Decode cost per 1M tokens by target and part; ${where}.`, rows);
      figure.describe({
        lead:
          'All of a model on one accelerator, and last, in bold, its best AFD pair: attention on the one, ' +
          'FFN on the other. Theory: price over peak, as in figure 2 of the Step-3 report.',
        note: formulaNote(context.shown, /^cost on /i),
        aria:
          `Stacked bar chart of ${plural(priced.length, 'model')} on ${context.state.options.targets.join(', ')} and the ` +
          `best AFD pair: attention, FFN and other cost per 1M decoded tokens; ${where}. The table below has the numbers.`,
        rows: rows.length,
      });
    },
  };
}
