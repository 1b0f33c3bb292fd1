import { Chart, type Plugin } from 'chart.js';
import { applyTheme, fontOf, paintScale, usdTick } from '../../charts';
import { Figure } from '../../figure';
import { formatContext, formatUsd, plural, shorten } from '../../format';
import { post } from '../../host';
import { canvasFill } from '../../patterns';
import type { Row } from '../../table';
import type { Theme } from '../../theme';
import {
  conditions,
  countOrDash,
  formulaNote,
  kindOf,
  modelHint,
  nothingText,
  type ViewContext,
} from '../view';
import { pairsOf, type CostPair } from './costs';

const SERIES = [
  { key: 'decode', text: 'Decode', color: 'attention', pattern: 'solid' },
  { key: 'training', text: 'Train', color: 'ffn', pattern: 'rising' },
] as const;
const GROUP_HEIGHT = 40;
const AXES_HEIGHT = 84;
const NAME_LIMIT = 22;
/** The values stand right of the bars' ends: pixels. */
const ROOM_FOR_VALUES = 44;

type BarChart = Chart<'bar', number[], string>;

/** A band behind the active model, and each bar's dollars at its end. */
function valuesPlugin(pairs: () => readonly CostPair[], theme: () => Theme): Plugin<'bar'> {
  return {
    id: 'values',
    beforeDatasetsDraw(chart) {
      const { y } = chart.scales;
      const list = pairs();
      if (y === undefined) return;
      const height = (y.bottom - y.top) / list.length;
      chart.ctx.save();
      chart.ctx.fillStyle = theme().highlight;
      list.forEach(({ model }, i) => {
        if (!model.active) return;
        const top = y.getPixelForValue(i) - height / 2;
        chart.ctx.fillRect(y.left, top, chart.width - y.left, height);
      });
      chart.ctx.restore();
    },
    afterDatasetsDraw(chart) {
      const { ctx } = chart;
      const colors = theme();
      ctx.save();
      ctx.textBaseline = 'middle';
      ctx.font = fontOf(colors, 'normal', 10);
      ctx.fillStyle = colors.foreground;
      SERIES.forEach(({ key }, i) => {
        chart.getDatasetMeta(i).data.forEach((bar, j) => {
          const pair = pairs()[j];
          if (pair) ctx.fillText(formatUsd(pair[key]), bar.x + 5, bar.y + 0.5);
        });
      });
      ctx.restore();
    },
  };
}

export interface DecodeVsTrain {
  readonly element: HTMLElement;
  update(context: ViewContext, target: string | null): void;
}

export function decodeVsTrain(): DecodeVsTrain {
  const figure = new Figure({
    id: 'decode-vs-train',
    title: 'Decode against train',
    tableOpen: true,
    sortable: true,
    columns: [
      { title: 'Decode $/1M', numeric: true },
      { title: 'Train $/1M', numeric: true },
      { title: 'Decode / train', numeric: true },
      { title: 'Activated', numeric: true },
    ],
  });
  let chart: BarChart | null = null;
  let theme: Theme;
  let pairs: readonly CostPair[] = [];
  const open = (pair: CostPair | undefined): void => {
    if (pair) post({ type: 'openModel', id: pair.model.id });
  };

  const create = (): BarChart =>
    new Chart<'bar', number[], string>(figure.canvas, {
      type: 'bar',
      data: {
        labels: [],
        datasets: SERIES.map(({ text }) => ({
          label: text,
          data: [],
          barPercentage: 0.92,
          categoryPercentage: 0.78,
        })),
      },
      options: {
        indexAxis: 'y',
        layout: { padding: { right: ROOM_FOR_VALUES } },
        interaction: { mode: 'index', axis: 'y', intersect: false },
        onClick: (_event, elements) => {
          open(pairs[elements[0]?.index ?? -1]);
        },
        scales: {
          x: {
            beginAtZero: true,
            title: { display: true },
            ticks: { callback: usdTick, includeBounds: false, maxRotation: 0 },
          },
          y: {
            grid: { display: false },
            ticks: {
              autoSkip: false,
              crossAlign: 'far',
              font: ({ index }) => ({ weight: pairs[index]?.model.active === true ? 'bold' : 'normal' }),
            },
          },
        },
        plugins: {
          legend: { align: 'start', onClick: () => undefined, labels: { boxWidth: 16, boxHeight: 9 } },
          tooltip: {
            filter: (_item, index) => index === 0,
            callbacks: {
              title: ([item]) => pairs[item?.dataIndex ?? -1]?.model.label ?? '',
              label: (item) => {
                const pair = pairs[item.dataIndex];
                if (pair === undefined) return '';
                return [
                  `Decode: ${formatUsd(pair.decode)} per 1M tokens`,
                  `Train: ${formatUsd(pair.training)} per 1M tokens at ${formatContext(pair.trainingContext)}`,
                  `Decode / train: ${ratioText(pair.ratio)}`,
                ];
              },
            },
          },
        },
      },
      plugins: [
        valuesPlugin(
          () => pairs,
          () => theme,
        ),
      ],
    });

  const draw = (target: string): void => {
    applyTheme(theme);
    figure.setHeight(pairs.length * GROUP_HEIGHT + AXES_HEIGHT);
    chart ??= create();
    figure.chart = chart;
    chart.data.labels = pairs.map(({ model }) => shorten(model.label, NAME_LIMIT));
    SERIES.forEach(({ key, color, pattern }, i) => {
      const dataset = chart?.data.datasets[i];
      if (dataset === undefined) return;
      dataset.data = pairs.map((pair) => pair[key]);
      dataset.backgroundColor = canvasFill(pattern, theme[color], theme.background);
      dataset.borderColor = theme[color];
      dataset.borderWidth = 1;
    });
    const { x, y } = chart.options.scales ?? {};
    paintScale(x, theme, `$ per 1M tokens on ${target}`);
    paintScale(y, theme);
    chart.update();
  };

  return {
    element: figure.element,
    update(context, target) {
      theme = context.theme;
      pairs = target === null ? [] : pairsOf(context, target);
      figure.setNothing(pairs.length > 0 ? null : nothingText(context));
      if (target !== null && pairs.length > 0) draw(target);
      const where = conditions(context);
      const trained = formatContext(pairs[0]?.trainingContext ?? 0);
      figure.table.update(
        `Cost of decoding and of training 1M tokens on ${target ?? 'no target'}; ${where}.`,
        pairs.map(rowOf),
      );
      figure.describe({
        lead:
          `Both on ${target ?? 'no target'}, per 1M tokens: decoding ${where}; training as 3 times the FLOPs of a decoded token at ${trained} ` +
          'context, at 100% MFU, as in figure 4 of the Step-3 report.',
        note: formulaNote(context.shown, /^training cost on /i),
        aria:
          `Bar chart of ${plural(pairs.length, 'model')} on ${target ?? 'no target'}: cost of decoding and of training 1M tokens; ` +
          `${where}. The table below has the numbers.`,
        rows: pairs.length,
      });
    },
  };

  function rowOf(pair: CostPair): Row {
    const { model, decode, training, ratio } = pair;
    const activated = model.analysis.parameters?.activated;
    return {
      key: model.id,
      name: model.label,
      kind: kindOf(model),
      hint: modelHint(model),
      cells: [
        { text: formatUsd(decode), value: decode },
        { text: formatUsd(training), value: training },
        { text: ratioText(ratio), value: ratio },
        { text: countOrDash(activated), value: activated ?? null },
      ],
      open: () => {
        open(pair);
      },
    };
  }
}

const ratioText = (ratio: number): string => `${Number(ratio.toPrecision(3))}×`;
