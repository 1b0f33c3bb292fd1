import { sharedExpertCount, type MoeBlock } from '../../../architecture';
import {
  expertsForSparsity,
  freeExperts,
  hitProbability,
  leastSparsity,
  mainExperts,
  sparsity,
} from '../../../cost';
import type { Fix, JsonPath } from '../../../protocol';
import { parameters, percent, whole } from '../../format';
import type { ModelRule } from '../../rule';
import type { ModelSubject } from '../../subject';
import { byTarget, firstContext, keyOf, placeOf, REPORT } from './common';
import { routingOf, serversOf } from './routing';

/** A tenth of an FFN server's peak is within what a real network loses. */
const NOTABLE = 0.9;

/** Section 5.4 and table 7: experts so sparse that the network is full before the FFN computes at peak. */
export const moeOversparse: ModelRule = {
  code: 'codesign/moe-oversparse',
  title: 'Experts are too sparse for the network',
  severity: 'information',
  of: 'model',
  what: 'Compares the share of experts that a token activates (shared ones counted in) with the least share at which an FFN server of a target computes at its peak before its network is full. It speaks where less than 90% of the peak is within reach, and names how many routed experts would take no longer. With `expertParallel` set, the share is that of one server’s own experts among the tokens it gets.',
  why: 'An FFN at peak needs a batch of FLOPS / (2 · S · bandwidth) tokens, each of which crosses the network with 3 bytes per hidden element (FP8 there, BF16 back) within a stage’s share of the time per output token. So S must be at least H · (FLOPS / bandwidth) · L / (Net · 2/3 · TPOT / stages); below it the FFN reaches at most S / S_min of its peak, and more activated experts cost the FFN servers nothing.',
  ignoreWhen:
    'The model is served on one server, or with expert parallelism over more servers than a token has experts (set `serving.expertParallel`), or on accelerators with a network or a scale-up link faster than assumed.',
  source: `${REPORT}, section 5.4 and table 7; 5.5 for expert parallelism.`,
  example: { model: 'DeepSeek-V3', changes: {}, firesUnchanged: true },
  check: (subject) => {
    const block = mainExperts(subject.architecture);
    if (!block) return [];
    const local = localSparsity(subject, block);
    const short = subject.context.targets
      .map((target) => ({
        target,
        least: leastSparsity(subject.architecture, block, target, subject.context.options)?.value ?? 0,
      }))
      .filter(({ least }) => local < NOTABLE * least)
      .sort((a, b) => b.least - a.least);
    const [worst] = short;
    if (!worst) return [];
    const shared = sharedExpertCount(block);
    // On its own servers the share grows with the experts of the token; over many servers that is not worked out.
    const isWhole = local === sparsity(block).value;
    const free = isWhole ? freeExperts(worst.least, block.experts, shared) : 0;
    const atPeak = expertsForSparsity(worst.least, block.experts, shared);
    const isPossible = free > block.topK && atPeak <= block.experts;
    const { serving } = subject.context.options;
    const path = placeOf(subject, block.origins.topK);
    const list = byTarget(short.map(({ target, least }) => [target, least.toFixed(3)]));
    return [
      {
        path,
        message: `${whole(block.topK)}${shared > 0 ? ` + ${Number(shared.toFixed(1))} shared` : ''} of ${whole(block.experts)} experts are a sparsity of ${local.toFixed(3)}, below what an FFN server needs to compute at peak before its network is full at ${serving.tpotMs} ms TPOT (${list}): on ${worst.target.name} it reaches ${percent(local / worst.least)} of its peak at most${isPossible ? `; up to ${free} experts instead of ${block.topK} would take it no longer, and ${atPeak} compute at peak` : ''}.`,
        fixes:
          isPossible && block.origins.topK?.paths[0] ? [moreExperts(subject, block.topK, free, path)] : [],
      },
    ];
  },
};

/** Of one server's experts, the share that a token it gets activates (section 5.5, workaround 1). */
function localSparsity(subject: ModelSubject, block: MoeBlock): number {
  const servers = serversOf(subject);
  const hit = servers === null ? 1 : (hitProbability(routingOf(subject, block), servers) ?? 1);
  return sparsity(block).value / hit;
}

/** Activating more experts changes the routed FFNs alone: their parameters grow with the number of experts. */
function moreExperts(subject: ModelSubject, from: number, to: number, path: JsonPath): Fix {
  const routed = subject.opsAt(firstContext(subject)).filter((op) => op.kind === 'groupedGemm');
  const activated = routed.reduce((sum, op) => sum + op.flops.value / 2, 0);
  return {
    title: `${keyOf(path)} ${from} → ${to}: as many experts as the network leaves time for, activated parameters +${parameters(activated * (to / from - 1))}`,
    edits: [{ path, value: to }],
    isPreferred: false,
  };
}
