import { isFullAttention, type SoftmaxBlock } from '../../../architecture';
import { attentionSeconds, kvBytesMoved, layerLoads, type Op } from '../../../cost';
import type { Accelerator } from '../../../hardware';
import { contextLength, percent, whole } from '../../format';
import type { ModelRule } from '../../rule';
import type { ModelSubject } from '../../subject';
import { isHybrid, isServedDistributed, keyOf, lastPlaceOf, longestContext, REPORT } from './common';

/** With so few KV heads, or a latent, a full layer's KV is as small as the report asks of hybrids. */
const LEAN_KV_HEADS = 2;

/** Section 4.3: full-attention layers that outweigh what the other layers save. */
export const hybridFullAttention: ModelRule = {
  code: 'codesign/hybrid-full-attention',
  title: 'Full-attention layers outweigh the rest of a hybrid',
  severity: 'information',
  of: 'model',
  what: 'In models that mix full attention with windows, chunks, linear attention or states: speaks where the full-attention layers, fewer than the others and with more than two KV heads, move more KV bytes than all others together at the longest context of the settings, and tells from which context on.',
  why: 'KV of full-attention layers grows with the context, the rest does not: beyond the crossing, further savings in the other layers save little, and the KV heads and precision of the few full layers decide the cost.',
  ignoreWhen: 'Contexts stay below the crossing, or the full layers are as lean as they can be.',
  source: `${REPORT}, section 4.3 and figure 3.`,
  example: { model: 'Llama-4-Maverick', changes: {}, firesUnchanged: true },
  check: (subject) => {
    const { groups } = subject.architecture;
    if (!isHybrid(subject.architecture)) return [];
    const at = longestContext(subject);
    const moved = { full: 0, rest: 0, perToken: 0 };
    for (const op of subject.opsAt(at)) {
      if (op.role !== 'attention') continue;
      const bytes = op.kv.readBytes.value + op.kv.writeBytes.value;
      if (!isFull(subject, op)) moved.rest += bytes;
      else {
        moved.full += bytes;
        moved.perToken += op.kv.readBytes.value / at;
      }
    }
    const full = groups.filter((group) => group.attention.some(isFullAttention));
    const count = full.reduce((sum, group) => sum + group.indices.length, 0);
    const { layers } = subject.architecture.model;
    const block = full[0]?.attention.find(isFullAttention);
    if (moved.full <= moved.rest || count * 2 >= layers || moved.perToken === 0) return [];
    if (block?.kind !== 'softmax' || block.kvHeads <= LEAN_KV_HEADS) return [];
    const crossing = moved.rest / moved.perToken;
    const remedy = halfTheKvHeads(subject, block, at);
    return [
      {
        path: lastPlaceOf(subject, full[0]?.origins.attention),
        message: `${count} of ${layers} layers attend to everything and move ${percent(moved.full / (moved.full + moved.rest))} of the KV and state bytes at ${contextLength(at)}, more than all others from ${whole(crossing)} tokens on${remedy ? `: ${remedy.sentence}` : ''}.`,
        fixes: remedy?.fixes ?? [],
      },
    ];
  },
};

/** What half the KV heads would save of all KV and state bytes. */
function halfTheKvHeads(subject: ModelSubject, block: SoftmaxBlock, at: number) {
  const path = block.origins.kvHeads?.paths[0];
  const { kvHeads } = block;
  if (!path || kvHeads % 2 !== 0 || path.join() === block.origins.queryHeads?.paths[0]?.join()) return null;
  const edits = [{ path, value: kvHeads / 2 }];
  const changed = subject.after(edits);
  if (!changed) return null;
  const saved = 1 - kvBytesMoved(changed.opsAt(at)).value / kvBytesMoved(subject.opsAt(at)).value;
  if (!(saved > 0)) return null;
  return {
    sentence: `${kvHeads / 2} KV head${kvHeads === 2 ? '' : 's'} instead of ${kvHeads} would take ${percent(saved)} off all of them`,
    fixes: [
      {
        title: `${keyOf(path)} ${kvHeads} → ${kvHeads / 2}: KV and state bytes -${percent(saved)} at ${contextLength(at)}`,
        edits,
        isPreferred: false,
      },
    ],
  };
}

/** Is the operation that of a full-attention mixer? A layer may have a recurrent one beside it. */
function isFull(subject: ModelSubject, op: Op): boolean {
  const group = op.group === null ? undefined : subject.architecture.groups[op.group];
  return op.kind === 'attention' && group?.attention.some(isFullAttention) === true;
}

/** Slower layer kinds leave half of the stages' time unused: bubbles cost as much as the work itself. */
const NOTABLE_USE = 0.5;

/** Section 4.3: layers of different cost unbalance a distributed pipeline. */
export const hybridImbalance: ModelRule = {
  code: 'codesign/hybrid-imbalance',
  title: 'Layers of unequal cost unbalance the pipeline',
  severity: 'information',
  of: 'model',
  what: 'For hybrids with experts whose weights exceed every target’s memory: the attention time of each layer kind at the roofline of the target that is cheapest for attention, at the longest context of the settings. Speaks where a pipeline paced by the slowest kind would use less than half of its attention stages’ time.',
  why: 'Attention-FFN disaggregation hides the network in a pipeline of equal stages. Each stage has the time of the slowest layer, so layers that need less leave bubbles: the use is the mean time over the longest.',
  ignoreWhen:
    'The model is served on one server, or the serving engine gives layer kinds pools or schedules of their own.',
  source: `${REPORT}, section 4.3 (“try to make every layer hybrid”).`,
  example: { model: 'MiniMax-M1', changes: {}, firesUnchanged: true },
  check: (subject) => {
    if (!isHybrid(subject.architecture) || !isServedDistributed(subject)) return [];
    const at = longestContext(subject);
    const target = cheapestForAttention(subject, at);
    if (!target) return [];
    const loads = layerLoads(subject.opsAt(at), subject.architecture.groups);
    const times = loads
      .filter((load) => load.core.length > 0)
      .map((load) => ({
        load,
        seconds: attentionSeconds(load, target),
        layers: load.group.indices.length,
      }));
    const slowest = times.reduce((a, b) => (b.seconds > a.seconds ? b : a));
    const layers = times.reduce((sum, t) => sum + t.layers, 0);
    const mean = times.reduce((sum, t) => sum + t.seconds * t.layers, 0) / layers;
    const use = mean / slowest.seconds;
    if (!(use < NOTABLE_USE)) return [];
    const slow = times.filter((t) => t.seconds > 0.9 * slowest.seconds);
    const count = slow.reduce((sum, t) => sum + t.layers, 0);
    return [
      {
        path: lastPlaceOf(subject, slowest.load.group.origins.attention),
        message: `${count} of ${layers} layers take ${(slowest.seconds / mean).toFixed(1)} times the average layer’s attention on ${target.name} at ${contextLength(at)}: a pipeline at their pace uses ${percent(use)} of its attention stages; layers of equal cost would need ${percent(use)} of the attention servers.`,
      },
    ];
  },
};

function cheapestForAttention(subject: ModelSubject, at: number): Accelerator | null {
  const usdOn = (target: Accelerator) => subject.costOn(target, at)?.attention.value ?? Infinity;
  return subject.context.targets.reduce<Accelerator | null>(
    (best, target) => (best === null || usdOn(target) < usdOn(best) ? target : best),
    null,
  );
}
