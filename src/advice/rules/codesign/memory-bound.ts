import { arithmeticIntensity, bestAfdPair, type DollarCost } from '../../../cost';
import { rooflineRatio } from '../../../hardware';
import { bytes, contextLength, percent, usd } from '../../format';
import type { ModelRule } from '../../rule';
import type { ModelSubject } from '../../subject';
import { attentionOps, coreUsd, firstContext, keyOf, REPORT } from './common';

/** A sixteenth of the lowest ridge: on H20 (74) that is 4.6 FLOPs per FP8 byte, at most two query heads a KV head. */
const FAR_UNDER = 16;
/** Two thirds of all a token costs. */
const NOTABLE_SHARE = 2 / 3;
/** Query heads of one KV head that the remedy for attention without groups proposes. */
const GROUP = 4;

/** Sections 4.2 and 5.1, from the other side: attention whose cost is reading KV. */
export const memoryBoundAttention: ModelRule = {
  code: 'codesign/memory-bound-attention',
  title: 'Reading KV is most of the cost on every target',
  severity: 'information',
  of: 'model',
  what: 'Speaks where the attention does less than a sixteenth of the FLOPs per KV byte that the best-matching target could, and reading KV makes two thirds or more of what a token costs in the cheapest deployment at the first context.',
  why: 'Such attention costs its KV bytes alone: max(F / FLOPS, B / bandwidth) is B / bandwidth. Fewer KV heads lower it one to one, and more query heads on each KV head would cost nothing in the core attention.',
  ignoreWhen:
    'Contexts stay much shorter than the first one of the settings, or quality was measured to need the KV heads.',
  source: `${REPORT}, sections 4.2 (observations 3 and 4) and 5.1.`,
  example: { model: 'Qwen3-32B', changes: { num_key_value_heads: 32 } },
  check: (subject) => {
    const at = firstContext(subject);
    const ops = subject.opsAt(at);
    const [main] = attentionOps(ops);
    const { targets } = subject.context;
    if (!main || targets.length === 0) return [];
    const intensity = arithmeticIntensity(ops).value;
    const nearest = targets.reduce((a, b) =>
      rooflineRatio(b, main.precision) < rooflineRatio(a, main.precision) ? b : a,
    );
    const ridge = rooflineRatio(nearest, main.precision);
    if (intensity === 0 || intensity * FAR_UNDER > ridge) return [];
    const before = cheapest(subject, at);
    const target = targets.find((t) => t.name === before?.pair.attentionOn);
    const core = target && coreUsd(subject, ops, target);
    if (!before || !core || core < NOTABLE_SHARE * before.total.value) return [];
    const remedy = fewerKvHeads(subject);
    const changed = remedy && subject.after(remedy.edits);
    const after = changed && cheapest(changed, at);
    if (!after || after.total.value >= before.total.value) return [];
    const saved = percent(1 - after.total.value / before.total.value);
    return [
      {
        path: remedy.path,
        message: `Attention does ${intensity.toFixed(1)} FLOPs per KV byte where even ${nearest.name} balances at ${Math.round(ridge)}: memory-bound on every target, and reading KV makes ${percent(core / before.total.value)} of the cheapest $${usd(before.total.value)} per 1M tokens at ${contextLength(at)}. ${remedy.to} KV head${remedy.to === 1 ? '' : 's'} instead of ${remedy.from} would take ${saved} off that.`,
        fixes: [
          {
            title: `${keyOf(remedy.edits[0].path)} ${remedy.from} → ${remedy.to}: KV ${bytes(kvPerToken(subject, at))} → ${bytes(kvPerToken(changed, at))} a token, cost -${saved} at ${contextLength(at)}`,
            edits: remedy.edits,
            isPreferred: false,
          },
        ],
      },
    ];
  },
};

const kvPerToken = (subject: ModelSubject, at: number): number =>
  subject.opsAt(at).reduce((sum, op) => sum + op.kv.bytesPerToken.value, 0);

/** The cheapest AFD pair of the targets. */
function cheapest(subject: ModelSubject, at: number) {
  const costs = new Map<string, DollarCost>();
  for (const target of subject.context.targets) {
    const cost = subject.costOn(target, at);
    if (cost) costs.set(target.name, cost);
  }
  return bestAfdPair(costs, at);
}

/** Half the KV heads; for attention without groups, one for every four query heads. */
function fewerKvHeads(subject: ModelSubject) {
  const block = subject.architecture.groups
    .flatMap((group) => group.attention)
    .find((a) => a.kind === 'softmax' && a.cache === 'own' && a.kvHeads > 1);
  if (block?.kind !== 'softmax') return null;
  const { queryHeads, kvHeads: from, origins } = block;
  const to = from === queryHeads && from % GROUP === 0 ? from / GROUP : from / 2;
  if (!Number.isInteger(to) || queryHeads % to !== 0) return null;
  // Where the file leaves the KV heads out there is nothing to change, and a slip in the key is told elsewhere.
  const path = origins.kvHeads?.paths[0];
  if (!path || path.join() === origins.queryHeads?.paths[0]?.join()) return null;
  return { path, edits: [{ path, value: to }] as const, from, to };
}
