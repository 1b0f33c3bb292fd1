import { attentionSummary, type Op } from '../../../cost';
import { rooflineRatio, type Accelerator } from '../../../hardware';
import type { Fix } from '../../../protocol';
import { contextLength, percent, usd, whole } from '../../format';
import type { Advice, ModelRule } from '../../rule';
import type { ModelSubject } from '../../subject';
import { attentionOps, firstContext, intensityOf, keyOf, placeOf, REPORT } from './common';

/** Observation 4 of section 4.2 speaks of a multiple; below half as much again, prices differ more than this says. */
const NOTABLE_RATIO = 1.5;

/** Sections 4.2 and 5.1: attention that computes more per KV byte than an accelerator can. */
export const attentionIntensity: ModelRule = {
  code: 'codesign/attention-intensity',
  title: 'Attention is compute-bound on a target',
  severity: 'information',
  of: 'model',
  what: `Compares the attention's arithmetic intensity, the FLOPs it does for each byte of KV cache, with each target's FLOPS per byte of bandwidth at the KV precision. Speaks where attention is compute-bound on a target and costs at least ${NOTABLE_RATIO} times what the cheapest target takes for it.`,
  why: 'Core attention takes the longer of computing and reading: max(F / FLOPS, B / bandwidth). Above the ratio of the two peaks, saving KV bytes saves nothing, and bandwidth that is paid for idles. The intensity depends on neither batch nor context: for softmax attention it is 2 · query heads / (KV heads · bytes per element), for absorbed MLA about twice the query heads.',
  ignoreWhen:
    'The model is served on the other targets alone, or quality needs the heads: the effective rank falls with their number.',
  source: `${REPORT}, sections 4.2 (observation 4) and 5.1.`,
  example: { model: 'DeepSeek-V3', changes: {}, firesUnchanged: true },
  check: (subject) => {
    const at = firstContext(subject);
    const ops = attentionOps(subject.opsAt(at));
    const op = ops.reduce<Op | null>(
      (most, o) => (most && most.flops.value >= o.flops.value ? most : o),
      null,
    );
    if (!op) return [];
    const intensity = intensityOf(op);
    const { targets } = subject.context;
    const above = targets.filter((target) => intensity > rooflineRatio(target, op.precision));
    if (above.length === 0) return [];
    const usdOn = (target: Accelerator, of = subject) => of.costOn(target, at)?.attention.value ?? NaN;
    const priced = targets.filter((target) => usdOn(target) > 0);
    const best = least(priced, (target) => usdOn(target));
    const worst = least(
      above.filter((target) => priced.includes(target)),
      (target) => -usdOn(target),
    );
    if (!best || !worst || usdOn(worst) < NOTABLE_RATIO * usdOn(best)) return [];
    const ratio = usdOn(worst) / usdOn(best);
    const remedy = halfTheHeads(subject, op, worst, at);
    return [
      {
        path: remedy.path,
        message: `Attention does ${whole(intensity)} FLOPs per KV byte; ${worst.name} balances at ${whole(rooflineRatio(worst, op.precision))}, so it is compute-bound there and costs ${ratio.toFixed(1)} times what ${best.name} does ($${usd(usdOn(worst))} against $${usd(usdOn(best))} per 1M tokens at ${contextLength(at)}).${remedy.sentence}`,
        fixes: remedy.fixes,
      } satisfies Advice,
    ];
  },
};

/** What half the query heads would bring on this target. */
function halfTheHeads(subject: ModelSubject, op: Op, target: Accelerator, at: number) {
  const block = subject.architecture.groups[op.group ?? 0]?.attention.find((a) => 'queryHeads' in a);
  const path = placeOf(subject, block?.origins.queryHeads);
  const none = { path, sentence: '', fixes: [] as Fix[] };
  const heads = block && 'queryHeads' in block ? block.queryHeads : 1;
  if (!block?.origins.queryHeads?.paths[0] || heads % 2 !== 0) return none;
  const edits = [{ path, value: heads / 2 }];
  const changed = subject.after(edits);
  const [before, after] = [subject, changed].map((of) => of?.costOn(target, at)?.attention.value ?? NaN);
  if (!changed || !before || !after || !(after < before)) return none;
  const rank = (of: ModelSubject) => attentionSummary(of.architecture, of.opsAt(at)).effectiveRank;
  const [ranks, ranksAfter] = [rank(subject), rank(changed)];
  return {
    path,
    sentence: ` Half the query heads would take ${percent(1 - after / before)} off that, at an effective rank of ${whole(ranksAfter)} instead of ${whole(ranks)}.`,
    fixes: [
      {
        title: `${keyOf(path)} ${heads} → ${heads / 2}: attention -${percent(1 - after / before)} on ${target.name} at ${contextLength(at)}, effective rank ${whole(ranks)} → ${whole(ranksAfter)}`,
        edits,
        isPreferred: false,
      },
    ],
  };
}

function least<T>(list: readonly T[], of: (item: T) => number): T | null {
  return list.reduce<T | null>((best, item) => (best === null || of(item) < of(best) ? item : best), null);
}
