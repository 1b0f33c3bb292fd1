/** What longer contexts do to models: figure 3 of the Step-3 report. */
import { el } from '../../dom';
import { recallView, rememberView } from '../../host';
import { ask } from '../../requests';
import { dropdown } from '../../toolkit';
import type { View, ViewContext } from '../view';
import { type Axes, overContexts, type Sweep } from './over-contexts';
import { BYTES, costOn, costTitle } from './quantities';

const ID = 'context';
const FROM = 1024;
const TO = 1 << 20;

interface Memory {
  readonly axes: Axes;
  /** `afd` or a target's name. */
  readonly cost: string;
}

function recallMemory(): Memory {
  const { axes, cost } = (recallView(ID) ?? {}) as Partial<Record<keyof Memory, unknown>>;
  return {
    axes: axes === 'linear' ? 'linear' : 'logarithmic',
    cost: typeof cost === 'string' ? cost : 'afd',
  };
}

/** From 1K to 1M, and as far as the chosen context, in powers of two. */
function rangeOf({ context }: ViewContext): { from: number; to: number } {
  return {
    from: Math.min(FROM, 2 ** Math.floor(Math.log2(context))),
    to: Math.max(TO, 2 ** Math.ceil(Math.log2(context))),
  };
}

export function context(): View {
  let memory = recallMemory();
  let last: Sweep | null = null;
  const bytes = overContexts(
    'bytes-by-context',
    'Bytes of a sequence against context',
    'What a decoded sequence keeps in memory: KV cache, windows capped, and states of recurrent layers.',
  );
  const cost = overContexts(
    'cost-by-context',
    'Decode cost against context',
    'What a decoded token costs at a context, as in figure 3 of the Step-3 report.',
  );
  const choose = (changed: Partial<Memory>): void => {
    memory = { ...memory, ...changed };
    rememberView(ID, memory);
    if (last !== null) draw(last);
  };
  const axes = dropdown<Axes>('context-axes', 'Axes', 'Both axes of both charts', (value) => {
    choose({ axes: value });
  });
  const costs = dropdown(
    'context-cost',
    'Cost',
    'On the best AFD pair, or with all on one target',
    (value) => {
      choose({ cost: value });
    },
  );
  const draw = (sweep: Sweep): void => {
    const { targets } = sweep.context.state.options;
    const priced = targets.filter((target) => sweep.data.models.some((model) => target in model.usdPer1M));
    const names = ['afd', ...priced];
    const chosen = names.includes(memory.cost) ? memory.cost : 'afd';
    axes.set(
      [
        { value: 'logarithmic', text: 'Logarithmic' },
        { value: 'linear', text: 'Linear' },
      ],
      memory.axes,
    );
    costs.set(
      names.map((value) => ({ value, text: costTitle(value) })),
      chosen,
    );
    bytes.update(sweep, BYTES, memory.axes);
    cost.update(sweep, costOn(chosen), memory.axes);
  };
  return {
    id: ID,
    title: 'Context',
    element: el(
      'div',
      {},
      el('div', { class: 'dropdowns view-choices' }, axes.element, costs.element),
      el('div', { class: 'figures pair' }, bytes.element, cost.element),
    ),
    async update(current, isCurrent) {
      const ids = current.shown.map(({ id }) => id);
      const data = await ask('sweep', { ids, ...rangeOf(current) });
      if (!isCurrent()) return;
      last = { context: current, data };
      draw(last);
    },
  };
}
