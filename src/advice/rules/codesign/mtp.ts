import { product } from '../../../architecture';
import { dollarCost, type Op } from '../../../cost';
import type { Accelerator } from '../../../hardware';
import { contextLength, percent } from '../../format';
import type { ModelRule } from '../../rule';
import type { ModelSubject } from '../../subject';
import { firstContext, placeOf, REPORT, shareList } from './common';

/** DeepSeek-V3 publishes that 85 to 90% of its second tokens are accepted (its report, section 5.4.3). */
const ACCEPTANCE = 0.85;
/** Attention that waits for memory and is most of the cost would save up to 46% at that acceptance. */
const NOTABLE_SAVING = 0.1;

/** Section 5.2: predicting several tokens a step helps attention that waits for memory; FFNs pay for every guess. */
export const mtpGain: ModelRule = {
  code: 'codesign/mtp',
  title: 'Multi-token prediction hardly lowers the cost',
  severity: 'information',
  of: 'model',
  what: `For models with multi-token-prediction layers that verify one more token a step: what a token costs then, with ${percent(ACCEPTANCE)} of the predicted tokens accepted, against what it costs without. Speaks where that saves less than ${percent(NOTABLE_SAVING)} on every target at the first context. The prediction layers’ own work is left out.`,
  why: 'Verifying two tokens reads the KV cache once and computes twice: the attention’s intensity doubles. Attention that waits for memory does the second token for nothing; attention that computes at peak, and all GEMMs of a large batch, cost twice whether the guess is right or not.',
  ignoreWhen: 'MTP serves training, or latency at small batches, where accelerators idle anyway.',
  source: `${REPORT}, section 5.2 (MTP); acceptance: DeepSeek-V3 report (arXiv:2412.19437), section 5.4.3.`,
  example: { model: 'DeepSeek-V3', changes: {}, firesUnchanged: true },
  check: (subject) => {
    const { mtp } = subject.architecture;
    if (!mtp || mtp.count === 0) return [];
    const at = firstContext(subject);
    const gains = subject.context.targets.flatMap((target) => {
      const cost = costOfTwo(subject, target, at);
      return cost === null ? [] : [{ target, gain: 1 - cost / (1 + ACCEPTANCE) }];
    });
    if (gains.length === 0 || gains.some(({ gain }) => gain >= NOTABLE_SAVING)) return [];
    const better = gains.filter(({ gain }) => gain > 0);
    const worse = gains.filter(({ gain }) => gain <= 0).map(({ target, gain }) => ({ target, gain: -gain }));
    const effects = [
      ...(better.length > 0 ? [`takes ${shareList(better)} off what a token costs`] : []),
      ...(worse.length > 0
        ? [`adds ${shareList(worse)}${better.length > 0 ? '' : ' to what a token costs'}`]
        : []),
    ];
    return [
      {
        path: placeOf(subject, mtp.origin),
        message: `Verifying two tokens a step ${effects.join(' and ')} at ${contextLength(at)} with ${percent(ACCEPTANCE)} of guesses accepted: attention that computes more than it waits for KV, and all GEMMs, pay for every guess.`,
      },
    ];
  },
};

/** A step of two tokens in steps of one; null without a price. */
function costOfTwo(subject: ModelSubject, target: Accelerator, at: number): number | null {
  const { accounting } = subject.context.options;
  const one = subject.costOn(target, at)?.total.value;
  const two = dollarCost(subject.opsAt(at).map(twoTokens), target, accounting)?.total.value;
  return one && two ? two / one : null;
}

/** The operation for two tokens of one sequence: KV and states are read once, everything else is done twice. */
const twoTokens = (op: Op): Op => ({
  ...op,
  flops: product(2, op.flops),
  weightBytes: op.kind === 'lookup' ? product(2, op.weightBytes) : op.weightBytes,
  kv: { ...op.kv, writeBytes: op.kind === 'attention' ? product(2, op.kv.writeBytes) : op.kv.writeBytes },
});
