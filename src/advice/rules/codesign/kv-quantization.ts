import { product } from '../../../architecture';
import { BYTES_PER_ELEMENT, type Op } from '../../../cost';
import { rooflineRatio, type Accelerator } from '../../../hardware';
import { whole } from '../../format';
import type { ModelRule } from '../../rule';
import { attentionOps, coreUsd, firstContext, intensityOf, placeOf, REPORT, shareList } from './common';

/** Half of what attention that only waits for memory would gain. */
const NOTABLE_GAIN = 0.25;

/** Section 5.2: storing KV in fewer bits helps attention that waits for memory, and no other. */
export const kvQuantization: ModelRule = {
  code: 'codesign/kv-quantization',
  title: 'KV in fewer bits would not pay',
  severity: 'information',
  of: 'model',
  what: 'Works out what KV stored in half as many bits, computed at the present precision, would save of the core attention over the KV cache on each target (states of hybrids left out). Speaks where it is less than a quarter on every target: attention that waits for memory alone would save half.',
  why: 'Storing in fewer bits and computing as before halves the bytes and keeps the FLOPs: the intensity doubles. Where that lies above FLOPS / bandwidth, computing takes the time, and the saved bytes save capacity but no time.',
  ignoreWhen:
    'The KV cache is to be smaller so that larger batches or longer contexts fit, or a target computes at the narrower precision too.',
  source: `${REPORT}, section 5.2 (quantization).`,
  example: { model: 'DeepSeek-V3', changes: {}, firesUnchanged: true },
  check: (subject) => {
    const { options, targets } = subject.context;
    const at = firstContext(subject);
    const ops = attentionOps(subject.opsAt(at));
    const [main] = ops;
    // Nothing is narrower than 4 bits, and states keep their own precision.
    if (!main || BYTES_PER_ELEMENT[options.kvPrecision] <= BYTES_PER_ELEMENT.fp4) return [];
    // Where all of it still waits for memory then, half is saved.
    const stillWaits = (target: Accelerator) =>
      ops.every((op) => 2 * intensityOf(op) <= rooflineRatio(target, op.precision));
    if (targets.some(stillWaits)) return [];
    const narrow = ops.map(halfTheBytes);
    const gains = targets.flatMap((target) => {
      const [before, after] = [coreUsd(subject, ops, target), coreUsd(subject, narrow, target)];
      return before && after ? [{ target, gain: 1 - after / before }] : [];
    });
    if (gains.length === 0 || gains.some(({ gain }) => gain >= NOTABLE_GAIN)) return [];
    const intensity = intensityOf(main);
    const most = gains.reduce((a, b) => (b.gain > a.gain ? b : a));
    const block = subject.architecture.groups[main.group ?? 0]?.attention[0];
    const bits = 8 * BYTES_PER_ELEMENT[options.kvPrecision];
    const kvRank = block?.kind === 'latent' ? block.origins.kvRank : undefined;
    const heads = block && 'kvHeads' in block ? block.origins.kvHeads : undefined;
    return [
      {
        path: placeOf(subject, kvRank ?? heads),
        message: `KV stored in ${bits / 2} bits instead of ${bits} would save ${shareList(gains)} of the core attention, where attention that waits for memory saves half: at ${whole(2 * intensity)} FLOPs per byte it would be bound by compute even on ${most.target.name}, which balances at ${whole(rooflineRatio(most.target, main.precision))}.`,
      },
    ];
  },
};

/** KV bytes moved at half the width. */
const halfTheBytes = (op: Op): Op => ({
  ...op,
  kv: { ...op.kv, readBytes: product(0.5, op.kv.readBytes), writeBytes: product(0.5, op.kv.writeBytes) },
});
