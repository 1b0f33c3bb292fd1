/** All that is compared, in a table: each model's numbers, and how they stand against one of them. */
import type { ComparedModel } from '../../../src/protocol';
import { el } from '../../dom';
import { formatBytes, formatContext, formatCount, formatUsd } from '../../format';
import { post, recallView, rememberView } from '../../host';
import { type Cell, DataTable, type Row } from '../../table';
import { tableActions } from '../../figure-actions';
import { dropdown } from '../../toolkit';
import { deltaText } from './delta';
import { afdAt, type Drawing, findingsText, kindOf, modelHint, type ViewContext } from '../view';

/** One number of a model; null where it has none. */
interface Measure {
  readonly title: (context: ViewContext) => string;
  readonly of: (model: ComparedModel, context: ViewContext) => number | null;
  readonly show: (value: number) => string;
}

const MEASURES: readonly Measure[] = [
  { title: () => 'Total', of: ({ analysis }) => analysis.parameters?.total ?? null, show: formatCount },
  {
    title: () => 'Activated',
    of: ({ analysis }) => analysis.parameters?.activated ?? null,
    show: formatCount,
  },
  {
    title: () => 'KV per token',
    of: ({ analysis }) => analysis.kv?.bytesPerToken ?? null,
    show: formatBytes,
  },
  {
    title: ({ context }) => `KV at ${formatContext(context)}`,
    of: ({ analysis }, { context }) => {
      const kv = analysis.kv?.atContext.find((at) => at.context === context);
      return kv && analysis.kv ? kv.bytes + analysis.kv.stateBytesPerSequence : null;
    },
    show: formatBytes,
  },
  {
    title: () => 'Intensity',
    of: ({ analysis }) => analysis.attention?.arithmeticIntensity ?? null,
    show: (value) => value.toPrecision(3),
  },
  {
    title: () => 'Effective rank',
    of: ({ analysis }) => analysis.attention?.effectiveRank ?? null,
    show: (value) => value.toLocaleString('en-US'),
  },
];
const ID = 'side-by-side';

/** The measures and, by target, dollars: what the state decides of the columns. */
function measuresOf({ state }: ViewContext): Measure[] {
  return [
    ...MEASURES,
    ...state.options.targets.map((target): Measure => ({
      title: () => target,
      of: ({ analysis }, { context }) =>
        analysis.cost.find((cost) => cost.target === target && cost.context === context)?.totalUsdPer1M ??
        null,
      show: formatUsd,
    })),
    {
      title: () => 'AFD',
      of: ({ analysis }, { context }) => afdAt(analysis, context)?.usdPer1M ?? null,
      show: formatUsd,
    },
  ];
}

export function sideBySide(): Drawing {
  const remembered = recallView(ID);
  let wanted = typeof remembered === 'string' ? remembered : '';
  let last: ViewContext | null = null;
  const baseline = dropdown<string>(
    'baseline',
    'Baseline',
    'The model that all others are compared with',
    (id) => {
      wanted = id;
      rememberView(ID, id);
      if (last) update(last);
    },
  );
  const holder = el('div', {
    class: 'table-scroll',
    role: 'region',
    'aria-label': 'Side by side, table',
    tabindex: '0',
  });
  const nothing = el('p', { class: 'nothing' }, 'No model is shown: choose some above.');
  let table: DataTable | null = null;
  let columns = '';
  const heading = el('h2', { id: `title-${ID}` }, 'Side by side');
  const actions = el('div');
  const element = el(
    'section',
    { class: 'figure', id: ID, 'aria-labelledby': heading.id },
    heading,
    el(
      'p',
      { class: 'lead' },
      'Click a heading to sort; each second line is the difference from the baseline.',
    ),
    el('div', { class: 'dropdowns' }, baseline.element),
    nothing,
    holder,
    actions,
  );

  /** Columns follow targets and context; the table is kept while they stay. */
  function tableFor(titles: readonly string[]): DataTable {
    if (table && columns === titles.join('\n')) return table;
    columns = titles.join('\n');
    table = new DataTable(
      `table-${ID}`,
      [...titles.map((title) => ({ title, numeric: true })), { title: 'Findings' }],
      { sortable: true },
    );
    holder.replaceChildren(table.element);
    actions.replaceChildren(tableActions(table, 'Side by side'));
    return table;
  }

  function update(context: ViewContext): void {
    last = context;
    const { shown } = context;
    nothing.hidden = shown.length > 0;
    holder.hidden = actions.hidden = baseline.element.hidden = shown.length === 0;
    const base = shown.find(({ id }) => id === wanted) ?? shown[0];
    if (!base) return;
    baseline.set(
      shown.map(({ id, label }) => ({ value: id, text: label })),
      base.id,
    );
    const measures = measuresOf(context);
    const against = measures.map((measure) => measure.of(base, context));
    const cellOf = (measure: Measure, i: number, model: ComparedModel): Cell => {
      const value = measure.of(model, context);
      if (value === null) return { text: '—', value: null };
      const from = against[i];
      const text = measure.show(value);
      return model === base || from === null || from === undefined
        ? { text, value }
        : { text, value, note: deltaText(value, from) };
    };
    tableFor(measures.map((measure) => measure.title(context))).update(
      `Models side by side, against ${base.label}`,
      shown.map((model): Row => ({
        key: model.id,
        name: model.label,
        kind: kindOf(model),
        hint: modelHint(model),
        strong: model === base,
        cells: [
          ...measures.map((measure, i) => cellOf(measure, i, model)),
          { text: findingsText(model.analysis), value: model.analysis.findings.length },
        ],
        open() {
          post({ type: 'openModel', id: model.id });
        },
      })),
    );
  }
  return { element, update };
}
