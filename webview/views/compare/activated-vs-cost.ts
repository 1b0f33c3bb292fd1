/** Figure 1 of the Step-3 report: activated parameters against AFD cost, with the Pareto frontier. */
import { Chart, type ChartDataset } from 'chart.js';
import type { AfdCost, ComparedModel } from '../../../src/protocol';
import { applyTheme, paintScale, usdTick } from '../../charts';
import { Figure } from '../../figure';
import { post } from '../../host';
import { formatContext, formatCount, formatUsd, plural, shorten } from '../../format';
import { type PointName, type PointNames, pointNamesPlugin, segmentsOf } from '../../point-names';
import { paretoFrontier } from './pareto';
import type { Row, RowKind } from '../../table';
import type { Theme } from '../../theme';
import {
  afdAt,
  conditions,
  countOrDash,
  findingsText,
  formulaNote,
  kindOf,
  modelHint,
  nothingText,
  type Drawing,
  type ViewContext,
} from '../view';

interface ModelPoint {
  readonly x: number;
  readonly y: number;
  readonly cost: number;
  readonly activated: number;
  readonly afd: AfdCost;
  readonly model: ComparedModel;
}

const SERIES = [
  { kind: 'active', label: 'Open config', shape: 'rectRot', radius: 8 },
  { kind: 'document', label: 'Other open configs', shape: 'triangle', radius: 6 },
  { kind: 'catalog', label: 'Catalog', shape: 'circle', radius: 5 },
] as const satisfies readonly { kind: RowKind; label: string; shape: string; radius: number }[];
const FRONTIER = SERIES.length;
const LABEL_LIMIT = 28;
const HEIGHT = 400;

type ScatterChart = Chart<'scatter', ModelPoint[]>;

function pointsOf({ shown, context }: ViewContext): ModelPoint[] {
  return shown.flatMap((model) => {
    const afd = afdAt(model.analysis, context);
    const activated = model.analysis.parameters?.activated;
    if (afd === null || activated === undefined) return [];
    const point = { x: afd.usdPer1M, y: activated / 1e9, cost: afd.usdPer1M, activated, afd, model };
    return Number.isFinite(point.x) && Number.isFinite(point.y) ? [point] : [];
  });
}

/** The active one's name first, away from the frontier. */
function namesIn(chart: Chart<'scatter'>): PointNames {
  const names = SERIES.flatMap(({ kind, radius }, index) =>
    chart.getDatasetMeta(index).data.map(({ x, y }, i): PointName => {
      const point = chart.data.datasets[index]?.data[i] as unknown as ModelPoint;
      return { x, y, radius, text: shorten(point.model.label, LABEL_LIMIT), bold: kind === 'active' };
    }),
  );
  return { names, lines: segmentsOf(chart.getDatasetMeta(FRONTIER).data) };
}

export function activatedVsCost(): Drawing {
  const figure = new Figure({
    id: 'activated-vs-cost',
    title: 'Activated parameters against decode cost',
    tableOpen: true,
    columns: [
      { title: 'Activated', numeric: true },
      { title: 'Total', numeric: true },
      { title: 'Attention', numeric: true },
      { title: 'FFN', numeric: true },
      { title: 'Other', numeric: true },
      { title: 'AFD $/1M', numeric: true },
      { title: 'AFD pair' },
      { title: 'Frontier' },
      { title: 'Findings' },
    ],
  });
  figure.setHeight(HEIGHT);
  let chart: ScatterChart | null = null;
  let theme: Theme;
  const open = (id: string): void => {
    post({ type: 'openModel', id });
  };

  const create = (): ScatterChart =>
    new Chart<'scatter', ModelPoint[]>(figure.canvas, {
      type: 'scatter',
      data: {
        datasets: [
          ...SERIES.map(({ label, shape, radius }): ChartDataset<'scatter', ModelPoint[]> => {
            const style = {
              pointStyle: shape,
              pointRadius: radius,
              pointHoverRadius: radius + 2,
              pointBorderWidth: 1.5,
            };
            return { label, data: [], ...style, order: 1 };
          }),
          { label: 'Pareto frontier', data: [], showLine: true, pointRadius: 0, pointHitRadius: 0, order: 2 },
        ],
      },
      options: {
        layout: { padding: { right: 8, top: 2 } },
        onClick: (_event, elements) => {
          const [hit] = elements;
          const point = hit && chart?.data.datasets[hit.datasetIndex]?.data[hit.index];
          if (point) open(point.model.id);
        },
        scales: {
          x: {
            grace: '8%',
            title: { display: true },
            ticks: { callback: usdTick, maxRotation: 0 },
          },
          y: { grace: '12%', title: { display: true, text: 'Activated parameters, billions' } },
        },
        plugins: {
          legend: {
            align: 'start',
            onClick: () => undefined,
            labels: {
              usePointStyle: true,
              boxHeight: 7,
              filter: (item, data) => (data.datasets[item.datasetIndex ?? 0]?.data.length ?? 0) > 0,
            },
          },
          tooltip: {
            filter: (item) => item.datasetIndex !== FRONTIER,
            callbacks: {
              title: (items) => items.map((item) => (item.raw as ModelPoint).model.label).join(', '),
              label: (item) => {
                const { afd, activated, model } = item.raw as ModelPoint;
                const kv = model.analysis.kv?.atContext.find((k) => k.context === afd.context);
                return [
                  `AFD cost: ${formatUsd(afd.usdPer1M)} per 1M tokens`,
                  `Attention: ${formatUsd(afd.attentionUsdPer1M)} on ${afd.attentionOn}`,
                  `FFN: ${formatUsd(afd.ffnUsdPer1M)} on ${afd.ffnOn}`,
                  `Other (head, routers): ${formatUsd(afd.otherUsdPer1M)} on ${afd.attentionOn}`,
                  `Activated: ${formatCount(activated)} of ${countOrDash(model.analysis.parameters?.total)}`,
                  ...(kv ? [`KV cache: ${formatCount(kv.bytes)}B at ${formatContext(kv.context)}`] : []),
                ];
              },
            },
          },
        },
      },
      plugins: [pointNamesPlugin(namesIn, () => theme)],
    });

  const draw = (
    context: ViewContext,
    points: readonly ModelPoint[],
    frontier: readonly ModelPoint[],
  ): void => {
    applyTheme(theme);
    chart ??= create();
    figure.chart = chart;
    const { datasets } = chart.data;
    for (const [index, { kind }] of SERIES.entries()) {
      const dataset = datasets[index];
      if (dataset === undefined) continue;
      dataset.data = points.filter(({ model }) => kindOf(model) === kind);
      dataset.backgroundColor = theme[kind];
      dataset.borderColor = kind === 'active' ? theme.foreground : theme.background;
    }
    const line = datasets[FRONTIER];
    if (line !== undefined) {
      line.data = [...frontier];
      Object.assign(line, {
        borderColor: theme.frontier,
        borderWidth: 1.5,
        borderDash: [5, 4],
        pointStyle: 'line',
      });
    }
    const { x, y } = chart.options.scales ?? {};
    paintScale(x, theme, `AFD cost, $ per 1M decoded tokens at ${formatContext(context.context)} context`);
    paintScale(y, theme);
    chart.update();
  };

  return {
    element: figure.element,
    update(context) {
      theme = context.theme;
      const points = pointsOf(context);
      const frontier = paretoFrontier(points);
      figure.setNothing(points.length > 0 ? null : nothingText(context));
      if (points.length > 0) draw(context, points, frontier);

      const best = new Set(frontier.map(({ model }) => model.id));
      const rows = context.shown.map((model): Row => {
        const { analysis } = model;
        const afd = afdAt(analysis, context.context);
        const { parameters } = analysis;
        const money = (value: number | undefined) => ({
          text: value === undefined ? '—' : formatUsd(value),
          value: value ?? null,
        });
        const pair = afd === null ? null : `${afd.attentionOn} + ${afd.ffnOn}`;
        return {
          key: model.id,
          name: model.label,
          kind: kindOf(model),
          hint: modelHint(model),
          cells: [
            { text: countOrDash(parameters?.activated), value: parameters?.activated ?? null },
            { text: countOrDash(parameters?.total), value: parameters?.total ?? null },
            money(afd?.attentionUsdPer1M),
            money(afd?.ffnUsdPer1M),
            money(afd?.otherUsdPer1M),
            money(afd?.usdPer1M),
            { text: pair ?? '—', value: pair },
            { text: best.has(model.id) ? 'yes' : '', value: best.has(model.id) ? 'yes' : 'no' },
            { text: findingsText(analysis), value: analysis.findings.length },
          ],
          open: () => {
            open(model.id);
          },
        };
      });
      rows.sort((a, b) => Number(b.kind === 'active') - Number(a.kind === 'active') || costOf(a) - costOf(b));
      const where = conditions(context);
      figure.table.update(`Parameters and AFD cost per 1M decoded tokens; ${where}.`, rows);
      const names = frontier.map(({ model }) => model.label).join(', ');
      figure.describe({
        lead:
          'Cheaper is further left, larger further up. On the frontier, no other model shown activates more ' +
          'parameters for less. AFD runs attention and FFN each on its cheapest target, network time hidden, as in figure 1 of the Step-3 report.',
        note: formulaNote(context.shown, /\bAFD\b/i),
        aria:
          `Scatter chart of ${plural(points.length, 'model')}: AFD cost per 1M decoded tokens against activated ` +
          `parameters; ${where}. On the Pareto frontier: ${names}. The table below has the numbers.`,
        rows: rows.length,
      });
    },
  };
}

const AFD_CELL = 5;
function costOf(row: Row): number {
  const value = row.cells[AFD_CELL]?.value;
  return typeof value === 'number' ? value : Number.MAX_VALUE;
}
