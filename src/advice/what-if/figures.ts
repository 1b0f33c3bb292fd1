import { constant, countParameters } from '../../architecture';
import {
  accountingOf,
  attentionSummary,
  bestAfdPair,
  cacheStreams,
  costRow,
  isRecurrent,
  kvBytesHeld,
  kvBytesPerToken,
  stateBytes,
  streamSize,
  type DollarCost,
} from '../../cost';
import type { AfdCost, Cost, ModelFigures } from '../../protocol';
import type { ModelSubject } from '../subject';

const known = new WeakMap<ModelSubject, ModelFigures>();

/** What architects weigh: the same numbers as an analysis of the config shows. Worked out once. */
export function figuresOf(subject: ModelSubject): ModelFigures {
  let figures = known.get(subject);
  if (!figures) {
    figures = compute(subject);
    known.set(subject, figures);
  }
  return figures;
}

function compute(subject: ModelSubject): ModelFigures {
  const { architecture, context } = subject;
  const { contexts } = context.options;
  const first = subject.opsAt(contexts[0] ?? 1);
  const cost: Cost[] = [];
  const afdCost: AfdCost[] = [];
  for (const at of contexts) {
    const costs = new Map<string, DollarCost>();
    for (const target of context.targets) {
      const dollars = subject.costOn(target, at);
      if (!dollars) continue;
      costs.set(target.name, dollars);
      cost.push(costRow(target.name, at, dollars));
    }
    const afd = bestAfdPair(costs, at);
    if (afd) afdCost.push(afd.pair);
  }
  const { total, activated } = countParameters(architecture);
  const { effectiveRank, arithmeticIntensity } = attentionSummary(architecture, first);
  return {
    kvBytesPerToken: kvBytesPerToken(first).value,
    kvAtContext: contexts.map((at) => ({ context: at, bytes: kvBytesHeld(subject.opsAt(at)).value })),
    stateBytes: stateBytes(first).value,
    totalParameters: total,
    activatedParameters: activated,
    effectiveRank,
    attendedTokens: attendedTokens(subject, Math.max(1, ...contexts)),
    arithmeticIntensity,
    cost,
    afdCost,
  };
}

/** Tokens that one token attends to at this context, over all layers: what windows and top-k selections limit. */
function attendedTokens({ architecture, context: { options } }: ModelSubject, context: number): number {
  const accounting = accountingOf(options.accounting);
  let tokens = 0;
  for (const { attention, indices } of architecture.groups)
    for (const block of attention) {
      if (isRecurrent(block)) continue;
      // An index key is looked at to choose, not attended to.
      const streams = cacheStreams(block, accounting);
      const main = block.selection && block.selection.indexDim > 0 ? streams.slice(0, -1) : streams;
      for (const stream of main)
        tokens += indices.length * streamSize(stream, constant(context), options).attended.value;
    }
  return tokens;
}
