import type { ModelFigures, WhatIf } from '../protocol';
import type { AnalyzedConfig } from './analyze';
import { bytes, change, contextLength, parameters, usd, whole } from './format';
import { escapeMarkdown, markdownTable } from './markdown';
import { alsoText, carriedText, type FieldWhatIfs } from './what-if';

/** Columns of dollars that a hover has room for. */
const MAX_TARGETS = 4;

interface Column {
  readonly head: string;
  /** For the line that says what stays. */
  readonly name: string;
  readonly of: (figures: ModelFigures) => number;
  readonly show: (value: number) => string;
}

/** A field's neighbouring values with the change each brings, in Markdown: columns in which nothing changes are left out. */
export function whatIfSections({ settings }: AnalyzedConfig, { field, base, steps }: FieldWhatIfs): string[] {
  if (steps.length === 0) return [];
  const [context = 1] = settings.options.contexts;
  const columns = columnsOf(base, settings.options.contexts);
  const changes = (column: Column) => steps.map((step) => change(column.of(base), column.of(step.figures)));
  const [perToken] = columns;
  const shown = columns.filter((column) => {
    const texts = changes(column);
    // What is held grows as what a token adds, unless a window caps it.
    const isRepeated = column.name === 'KV cache' && perToken && String(texts) === String(changes(perToken));
    return texts.some((text) => text !== '=') && !isRepeated;
  });
  const same = columns
    .filter((column) => changes(column).every((text) => text === '='))
    .map((column) => column.name);
  const row = (first: string, cell: (column: Column) => string) => [first, ...shown.map(cell)];
  const table = markdownTable(
    ['what if', ...shown.map((column) => column.head)],
    [
      ...steps
        .filter((step) => step.to < field.value)
        .map((step) => row(String(step.to), (c) => change(c.of(base), c.of(step.figures)))),
      row(`${field.value} now`, (c) => c.show(c.of(base))),
      ...steps
        .filter((step) => step.to > field.value)
        .map((step) => row(String(step.to), (c) => change(c.of(base), c.of(step.figures)))),
    ],
  );
  const notes = [
    ...(base.cost.length > 0 ? [`$ per 1M tokens at ${contextLength(context)}`] : []),
    ...(same.length > 0 ? [`unchanged: ${[...new Set(same)].join(', ')}`] : []),
    ...followers(steps),
  ];
  return [table, ...(notes.length > 0 ? [`_${escapeMarkdown(notes.join('; '))}_`] : [])];
}

function columnsOf(base: ModelFigures, contexts: readonly number[]): Column[] {
  const [context] = contexts;
  const longest = contexts.indexOf(Math.max(...contexts));
  const now = base.cost.filter((cost) => cost.context === context);
  const cheapest = [...now].sort((a, b) => a.totalUsdPer1M - b.totalUsdPer1M).slice(0, MAX_TARGETS);
  const costOf = (target: string) => (figures: ModelFigures) =>
    figures.cost.find((cost) => cost.target === target && cost.context === context)?.totalUsdPer1M ?? 0;
  return [
    { head: 'KV/token', name: 'KV per token', of: (f) => f.kvBytesPerToken, show: bytes },
    {
      head: `KV ${contextLength(contexts[longest] ?? 1)}`,
      name: 'KV cache',
      of: (f) => f.kvAtContext[longest]?.bytes ?? 0,
      show: bytes,
    },
    ...(base.stateBytes > 0
      ? [{ head: 'state', name: 'state', of: (f: ModelFigures) => f.stateBytes, show: bytes }]
      : []),
    ...now
      .filter((cost) => cheapest.includes(cost))
      .map(({ target }) => ({ head: `$ ${target}`, name: 'cost', of: costOf(target), show: usd })),
    { head: 'params', name: 'parameters', of: (f) => f.totalParameters, show: parameters },
    { head: 'active', name: 'activated parameters', of: (f) => f.activatedParameters, show: parameters },
    { head: 'rank', name: 'effective rank', of: (f) => f.effectiveRank, show: whole },
  ];
}

/** What has to change with the field, or changes by itself; said once where it is the same for several values. */
function followers(steps: readonly WhatIf[]): string[] {
  const byText = new Map<string, number[]>();
  for (const { to, edits, also } of steps) {
    const text = [...edits.slice(1).map(carriedText), ...also.map(alsoText)].join(', ');
    if (text !== '') byText.set(text, [...(byText.get(text) ?? []), to]);
  }
  return [...byText].map(([text, values]) =>
    values.length === steps.length ? text : `${values.join(', ')}: ${text}`,
  );
}
