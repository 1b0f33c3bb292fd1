/** What bounds attention and each operation: figure 5 of the Step-3 report and the classic roofline. */
import type { RooflineData } from '../../../src/protocol';
import { el } from '../../dom';
import { formatContext, shorten } from '../../format';
import { recallView, rememberView } from '../../host';
import { ask } from '../../requests';
import { dropdown } from '../../toolkit';
import type { View, ViewContext } from '../view';
import { attentionSlopes, type Axes } from './attention-slopes';
import { operationsOnRoofline } from './operations';

const ID = 'roofline';
const CONTEXTS: readonly number[] = Array.from({ length: 11 }, (_, i) => 1024 * 2 ** i);
const BATCHES: readonly number[] = Array.from({ length: 13 }, (_, i) => 2 ** i);
const NAME_LIMIT = 26;

interface Memory {
  readonly axes: Axes;
  readonly from: number;
  readonly to: number;
  readonly batch: number;
  /** A model's id and an accelerator's name; empty: the open config, the first target. */
  readonly model: string;
  readonly accelerator: string;
}

/** As in figure 5 of the report: 8K to 32K. */
const FIRST: Memory = { axes: 'linear', from: 8192, to: 32768, batch: 64, model: '', accelerator: '' };

/** What is not as expected (an older version's) is as at first. */
function recallMemory(): Memory {
  const kept = (recallView(ID) ?? {}) as Partial<Record<keyof Memory, unknown>>;
  const among = (value: unknown, list: readonly number[], first: number) =>
    list.find((each) => each === value) ?? first;
  const text = (value: unknown) => (typeof value === 'string' ? value : '');
  const [from, to] = [among(kept.from, CONTEXTS, FIRST.from), among(kept.to, CONTEXTS, FIRST.to)];
  return {
    axes: kept.axes === 'logarithmic' ? 'logarithmic' : FIRST.axes,
    ...(to > from ? { from, to } : { from: FIRST.from, to: FIRST.to }),
    batch: among(kept.batch, BATCHES, FIRST.batch),
    model: text(kept.model),
    accelerator: text(kept.accelerator),
  };
}

const numbers = (list: readonly number[], format: (value: number) => string) =>
  list.map((value) => ({ value: String(value), text: format(value) }));

export function roofline(): View {
  let memory = recallMemory();
  let last: { readonly context: ViewContext; readonly data: RooflineData } | null = null;
  const slopes = attentionSlopes();
  const operations = operationsOnRoofline();

  let asked = 0;
  const choose = (changed: Partial<Memory>): void => {
    memory = { ...memory, ...changed };
    rememberView(ID, memory);
    if (last === null) return;
    const { context } = last;
    const mine = ++asked;
    // A failure is told by the panel, as of every promise that nobody waits for.
    void refresh(context, () => mine === asked);
  };
  const axes = dropdown<Axes>('roofline-axes', 'Axes', 'Both axes', (value) => {
    choose({ axes: value });
  });
  const from = dropdown('roofline-from', 'From context', 'Where the lines of models begin', (value) => {
    const tokens = Number(value);
    choose({ from: tokens, to: Math.max(memory.to, tokens * 2) });
  });
  const to = dropdown('roofline-to', 'To context', 'Where the lines of models end', (value) => {
    const tokens = Number(value);
    choose({ to: tokens, from: Math.min(memory.from, tokens / 2) });
  });
  const model = dropdown('roofline-model', 'Model', 'Whose operations', (value) => {
    choose({ model: value });
  });
  const accelerator = dropdown('roofline-accelerator', 'Accelerator', 'Whose roofline', (value) => {
    choose({ accelerator: value });
  });
  const batch = dropdown('roofline-batch', 'Batch', 'Sequences decoded together', (value) => {
    choose({ batch: Number(value) });
  });

  const modelIn = ({ shown, subject }: ViewContext) =>
    shown.find(({ id }) => id === memory.model) ?? shown[0] ?? subject;
  const acceleratorIn = ({ state: { accelerators, options } }: ViewContext) =>
    accelerators.find(({ name }) => name === memory.accelerator) ??
    accelerators.find(({ name }) => name === options.targets[0]) ??
    accelerators[0];

  const draw = (context: ViewContext, data: RooflineData): void => {
    last = { context, data };
    axes.set(
      [
        { value: 'linear', text: 'Linear' },
        { value: 'logarithmic', text: 'Logarithmic' },
      ],
      memory.axes,
    );
    from.set(numbers(CONTEXTS.slice(0, -1), formatContext), String(memory.from));
    to.set(numbers(CONTEXTS.slice(1), formatContext), String(memory.to));
    batch.set(numbers(BATCHES, String), String(memory.batch));
    model.set(
      context.shown.map(({ id, label }) => ({ value: id, text: shorten(label, NAME_LIMIT) })),
      modelIn(context)?.id ?? '',
    );
    const on = acceleratorIn(context);
    accelerator.set(
      context.state.accelerators.map(({ name }) => ({ value: name, text: name })),
      on?.name ?? '',
    );
    slopes.update(context, data, memory.axes);
    if (on) operations.update(context, data, on);
  };
  const refresh = async (context: ViewContext, isCurrent: () => boolean): Promise<void> => {
    const data = await ask('roofline', {
      ids: context.shown.map(({ id }) => id),
      from: memory.from,
      to: memory.to,
      id: modelIn(context)?.id ?? '',
      context: context.context,
      batch: memory.batch,
    });
    if (isCurrent()) draw(context, data);
  };

  const choices = (...controls: readonly { readonly element: HTMLElement }[]) =>
    el('div', { class: 'dropdowns view-choices' }, ...controls.map(({ element }) => element));
  return {
    id: ID,
    title: 'Roofline',
    element: el(
      'div',
      { class: 'figures pair' },
      el('div', {}, choices(from, to, axes), slopes.element),
      el('div', {}, choices(model, accelerator, batch), operations.element),
    ),
    update(context, isCurrent) {
      const mine = ++asked;
      return refresh(context, () => isCurrent() && mine === asked);
    },
  };
}
