import type { ModelSubject } from '../../advice';
import { bestAfdPair, kvBytesHeld, stateBytes, type DollarCost } from '../../cost';
import type { Crossover, ModelSweep, SweepData } from '../../protocol';

/** A model that a view asks about. */
export interface ViewModel {
  readonly id: string;
  readonly subject: ModelSubject;
}

/** Twice as many points as doublings: windows' corners show, lines stay few. */
const POINTS_PER_DOUBLING = 2;

/** Contexts from one to another, evenly on a logarithmic scale, both ends included. */
export function contextsBetween(from: number, to: number): number[] {
  const steps = Math.max(1, Math.round(Math.log2(to / from) * POINTS_PER_DOUBLING));
  const contexts = Array.from({ length: steps + 1 }, (_, i) =>
    i === steps ? to : Math.round(from * (to / from) ** (i / steps)),
  );
  return [...new Set(contexts)];
}

/** KV bytes and dollars of models over contexts, and where the first and each other change places. */
export function sweepOf(models: readonly ViewModel[], from: number, to: number): SweepData {
  const contexts = contextsBetween(from, to);
  const [first, ...others] = models;
  return {
    contexts,
    models: models.map((model) => sweepModel(model, contexts)),
    crossovers: first ? others.flatMap((other) => crossoversOf(first, other, contexts)) : [],
  };
}

function sweepModel({ id, subject }: ViewModel, contexts: readonly number[]): ModelSweep {
  const names = quantitiesOf(subject).filter((name) => name !== 'bytes' && name !== 'afd');
  const over = (quantity: string) => contexts.map((context) => valueAt(subject, quantity, context));
  return {
    id,
    kvBytes: contexts.map((context) => kvBytesHeld(subject.opsAt(context)).value),
    bytesPerSequence: over('bytes'),
    usdPer1M: Object.fromEntries(names.map((name) => [name, over(name)])),
    afdUsdPer1M: names.length > 0 ? over('afd') : [],
  };
}

/** What can be compared over contexts: bytes of a sequence, dollars on priced targets and on the best AFD pair. */
function quantitiesOf({ context }: ModelSubject): string[] {
  const priced = context.targets.filter((target) => target.usdPerHour !== null).map((target) => target.name);
  return ['bytes', ...priced, ...(priced.length > 0 ? ['afd'] : [])];
}

function valueAt(subject: ModelSubject, quantity: string, context: number): number {
  if (quantity === 'bytes') {
    const ops = subject.opsAt(context);
    return kvBytesHeld(ops).value + stateBytes(ops).value;
  }
  const costs = new Map<string, DollarCost>();
  for (const target of subject.context.targets) {
    if (quantity !== 'afd' && target.name !== quantity) continue;
    const cost = subject.costOn(target, context);
    if (cost) costs.set(target.name, cost);
  }
  return quantity === 'afd'
    ? (bestAfdPair(costs, context)?.total.value ?? NaN)
    : (costs.get(quantity)?.total.value ?? NaN);
}

/** Within each step of the sweep in which two models change places, the first context at which they have. */
function crossoversOf(a: ViewModel, b: ViewModel, contexts: readonly number[]): Crossover[] {
  return quantitiesOf(a.subject).flatMap((quantity) => {
    const difference = (context: number) =>
      valueAt(a.subject, quantity, context) - valueAt(b.subject, quantity, context);
    const found: Crossover[] = [];
    /** The last context at which they differed, and how. */
    let last: { readonly context: number; readonly sign: number } | null = null;
    for (const context of contexts) {
      const sign = Math.sign(difference(context));
      if (!Number.isFinite(sign)) return [];
      if (sign === 0) continue;
      if (last && last.sign !== sign) {
        const at = firstChange(difference, last.context, context, sign);
        const [below, above] = sign > 0 ? [a.id, b.id] : [b.id, a.id];
        found.push({ quantity, below, above, context: at, value: valueAt(a.subject, quantity, at) });
      }
      last = { context, sign };
    }
    return found;
  });
}

/** The least whole context in (low, high] at which the difference has this sign, by bisection. */
function firstChange(
  difference: (context: number) => number,
  low: number,
  high: number,
  sign: number,
): number {
  let [before, after] = [low, high];
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (Math.sign(difference(middle)) === sign) after = middle;
    else before = middle;
  }
  return after;
}
