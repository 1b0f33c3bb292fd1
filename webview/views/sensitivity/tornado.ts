/** Tornado chart: one line a field, a bar to either side for what its next values cost or save. */
import { Chart, type ChartDataset } from 'chart.js';
import type { SensitivityData } from '../../../src/protocol';
import { applyTheme, hatch, paintScale } from '../../charts';
import { Figure } from '../../figure';
import { formatUsd, plural, shorten } from '../../format';
import type { Row } from '../../table';
import type { Theme } from '../../theme';
import { conditions, type ViewContext } from '../view';
import {
  alsoTexts,
  editText,
  effectTexts,
  nameOf,
  signedBytes,
  signedCount,
  signedUsd,
  type Cost,
  type Step,
} from './steps';

export interface Tornado {
  readonly element: HTMLElement;
  update(
    context: ViewContext,
    data: SensitivityData | null,
    steps: readonly Step[],
    cost: Cost,
    chosen: Step | null,
  ): void;
}

const LINE_HEIGHT = 26;
const AXES_HEIGHT = 90;
/** Fields that move nothing are in the table alone. */
const MAX_LINES = 24;
const NAME_LIMIT = 34;

type Bars = Chart<'bar', (number | null)[], string>;
const isBelow = ({ step, field }: Step): boolean => step.to < field.value;
const SIDES = [
  { label: 'Next value below', has: isBelow },
  { label: 'Next value above', has: (step: Step) => !isBelow(step) },
] as const;

export function tornado(onChoose: (step: Step) => void): Tornado {
  const figure = new Figure({
    id: 'field-worth',
    title: 'What each field is worth',
    tableOpen: true,
    first: 'Change',
    sortable: true,
    columns: [
      { title: '$/1M', numeric: true },
      { title: 'KV/token', numeric: true },
      { title: 'Total', numeric: true },
      { title: 'Activated', numeric: true },
      { title: 'Rank', numeric: true },
      { title: 'With it' },
    ],
  });
  let chart: Bars | null = null;
  /** By dataset and line. */
  let drawn: (Step | null)[][] = [];
  const stepAt = (dataset: number, line: number): Step | null => drawn[dataset]?.[line] ?? null;

  const create = (): Bars =>
    new Chart<'bar', (number | null)[], string>(figure.canvas, {
      type: 'bar',
      data: {
        labels: [],
        datasets: SIDES.map(({ label }): ChartDataset<'bar', (number | null)[]> => ({
          label,
          data: [],
          grouped: true,
          borderWidth: 1,
          categoryPercentage: 0.86,
          barPercentage: 0.9,
        })),
      },
      options: {
        indexAxis: 'y',
        onClick: (_event, elements) => {
          const [hit] = elements;
          const step = hit && stepAt(hit.datasetIndex, hit.index);
          if (step) onChoose(step);
        },
        onHover: (event, elements) => {
          const target = event.native?.target;
          if (target instanceof HTMLElement) target.style.cursor = elements.length > 0 ? 'pointer' : '';
        },
        scales: {
          x: {
            grace: '4%',
            title: { display: true },
            ticks: {
              maxRotation: 0,
              callback: (value) => signedUsd(Number(value)),
            },
          },
          y: { grid: { display: false }, ticks: { autoSkip: false } },
        },
        plugins: {
          legend: { align: 'start', onClick: () => undefined, labels: { boxHeight: 9, boxWidth: 18 } },
          tooltip: {
            callbacks: {
              title: (items) =>
                items.map((item) => titleAt(stepAt(item.datasetIndex, item.dataIndex))).join(', '),
              label: (item) => {
                const step = stepAt(item.datasetIndex, item.dataIndex);
                return step
                  ? [...effectTexts(step), ...alsoTexts(step).map((text) => `With it: ${text}`)]
                  : '';
              },
            },
          },
        },
      },
    });

  const draw = (theme: Theme, steps: readonly Step[], chosen: Step | null): void => {
    const fields = [...new Set(steps.filter(({ usd }) => (usd ?? 0) !== 0).map(({ field }) => field))].slice(
      0,
      MAX_LINES,
    );
    drawn = SIDES.map(({ has }) =>
      fields.map((field) => steps.find((step) => step.field === field && has(step)) ?? null),
    );
    figure.setHeight(AXES_HEIGHT + fields.length * LINE_HEIGHT);
    applyTheme(theme);
    chart ??= create();
    figure.chart = chart;
    chart.data.labels = fields.map((field) => `${shorten(nameOf(field), NAME_LIMIT)} ${field.value}`);
    const fills = [theme.attention, hatch(theme.ffn, theme.background)];
    chart.data.datasets.forEach((dataset, i) => {
      const line = drawn[i] ?? [];
      dataset.data = line.map((step) => step?.usd ?? null);
      dataset.backgroundColor = fills[i];
      dataset.borderColor = line.map((step) =>
        step !== null && step === chosen ? theme.foreground : ([theme.attention, theme.ffn][i] ?? ''),
      );
      dataset.borderWidth = line.map((step) => (step !== null && step === chosen ? 2.5 : 1));
    });
    const { x, y } = chart.options.scales ?? {};
    paintScale(x, theme, 'Change of cost, $ per 1M tokens');
    paintScale(y, theme);
    chart.update();
  };

  return {
    element: figure.element,
    update(context, data, steps, cost, chosen) {
      const { subject } = context;
      const moving = steps.filter(({ usd }) => (usd ?? 0) !== 0);
      figure.setNothing(moving.length > 0 ? null : reasonFor(context, data));
      if (moving.length > 0) draw(context.theme, steps, chosen);
      const rows = steps.map((step): Row => {
        const { change } = step.step;
        const also = alsoTexts(step).join('; ');
        return {
          key: step.key,
          name: editText(step),
          kind: subject?.active === true ? 'active' : (subject?.origin ?? 'catalog'),
          hint: `${step.field.what}. Click to see the change and its place in the file.`,
          strong: step === chosen,
          cells: [
            { text: signedUsd(step.usd), value: step.usd },
            { text: signedBytes(change.kvBytesPerToken), value: change.kvBytesPerToken },
            { text: signedCount(change.totalParameters), value: change.totalParameters },
            { text: signedCount(change.activatedParameters), value: change.activatedParameters },
            { text: signedCount(change.effectiveRank), value: change.effectiveRank },
            { text: also, value: also },
          ],
          open: () => {
            onChoose(step);
          },
        };
      });
      const name = subject?.label ?? '';
      const where = conditions(context);
      figure.table.update(`What the neighbouring values of each field of ${name} change; ${where}.`, rows);
      const now = data && cost.of(data.now);
      const [first] = moving;
      figure.describe({
        lead:
          `${name}: what the next value below and above of each field would add to or take off its cost` +
          `${now === null ? '' : ` of ${formatUsd(now)}`}; ${where}. A click on a bar or a change shows the edit and its place.`,
        note:
          'Values are the neighbours that the family’s schema takes, and what has to follow a field changes with it. ' +
          'Rank is query heads times the rank of a head’s QKᵀ form, what the Step-3 report calls the effective attention rank (section 4.2).',
        aria:
          `Tornado chart of ${plural(new Set(steps.map(({ field }) => field)).size, 'field')} of ${name}; ${where}.` +
          `${first ? ` Most is moved by ${editText(first)}: ${signedUsd(first.usd)} per 1M tokens.` : ''} The table below has the numbers.`,
        rows: rows.length,
      });
    },
  };
}

const titleAt = (step: Step | null): string => (step === null ? '' : editText(step));

function reasonFor({ subject }: ViewContext, data: SensitivityData | null): string {
  if (subject === null) return 'No model is shown: choose some above.';
  if (data === null) return `${subject.label} can’t be read: see its findings.`;
  return `No field of ${subject.label} has a neighbouring value that changes its cost on these targets.`;
}
