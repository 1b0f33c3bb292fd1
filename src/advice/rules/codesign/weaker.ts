import {
  attentionFit,
  ffnFit,
  layerBudgetSeconds,
  layerLoads,
  rooflineSeconds,
  type AttentionFit,
  type RooflineLoad,
} from '../../../cost';
import type { Accelerator } from '../../../hardware';
import { bytes, contextLength, whole } from '../../format';
import type { ModelRule } from '../../rule';
import type { ModelSubject } from '../../subject';
import { firstContext, isServedDistributed, longestContext, placeOf, REPORT } from './common';

/** The report rules L4 out because the projections alone take “most of” its time. */
const LINEAR_SHARE = 0.5;
/** At 144 accelerators for the FFNs the report begins to worry about imbalance and stability. */
const MOST_FFN_ACCELERATORS = 144;

/** Half the bandwidth: an accelerator of another class, not the same one on a slower board. */
const WEAKER = 0.5;

/** Section 6: accelerators below the targets that are still fast enough for attention-FFN disaggregation. */
export const weakerAccelerator: ModelRule = {
  code: 'codesign/weaker-accelerator',
  title: 'A weaker accelerator still meets the stage budget',
  severity: 'information',
  of: 'model',
  what: 'For models with experts whose weights exceed every target’s memory: of all priced accelerators with at most half the memory bandwidth of the targets, names the weakest that does a layer’s attention and FFN within a pipeline stage’s share of the time per output token. Its attention must be bound by memory there as on the targets, have half of that time left for KV after the attention’s weights, and reach the longest context of the settings; the FFN must take fewer than 144 of them.',
  why: 'With attention and FFN apart, each can be scaled with more and weaker accelerators, as long as each layer is done within TPOT / stages / layers. Attention must read its projections (the output projection shared by a server) and the KV of its batch in that time; the FFN all its weights at half the bandwidth, so that it computes at peak.',
  ignoreWhen:
    'No such accelerators are at hand. Peaks are taken as reached; kernels and links need a margin.',
  source: `${REPORT}, section 6 (L20 and L4).`,
  example: { model: 'Step-3', changes: {}, firesUnchanged: true },
  check: (subject) => {
    const { targets, accelerators } = subject.context;
    if (!isServedDistributed(subject)) return [];
    const least = Math.min(...targets.map((target) => target.bandwidth));
    const weaker = accelerators
      .filter((a) => a.usdPerHour !== null && a.bandwidth <= WEAKER * least)
      .sort((a, b) => a.bandwidth - b.bandwidth || a.peakFlops.bf16 - b.peakFlops.bf16);
    const fits = fitsOf(subject);
    const weakest = weaker.map(fits).find((fit) => fit.isEnough);
    if (!weakest) return [];
    const { name, attention, batches, ffn, seconds } = weakest;
    const { tpotMs, pipelineStages } = subject.context.options.serving;
    const { model } = subject.architecture;
    return [
      {
        path: placeOf(subject, model.origins.layers),
        message: `${name} would do: in ${tpotMs} ms / ${pipelineStages} stages / ${model.layers} layers = ${whole(seconds * 1e6)} µs it reads ${bytes(attention.bytesPerLayer)}, of which ${bytes(attention.linearBytes)} of attention weights leave KV for a batch of ${batches}; the FFNs take ${ffn.accelerators} of them in ${ffn.servers} servers.`,
      },
    ];
  },
};

/** What an accelerator does within the budget, in the layers that fit it least: the stage keeps their pace. */
function fitsOf(subject: ModelSubject) {
  const { architecture, context } = subject;
  const { serving } = context.options;
  const { layers } = architecture.model;
  const seconds = layerBudgetSeconds(serving, layers);
  const contexts = [...new Set([firstContext(subject), longestContext(subject)])];
  const loads = contexts.map((at) =>
    layerLoads(subject.opsAt(at), architecture.groups).filter((load) => load.core.length > 0),
  );
  const ffnBytes = subject
    .opsAt(contexts[0] ?? 0)
    .reduce((sum, op) => sum + (op.role === 'ffn' ? op.weightBytes.value : 0), 0);
  return (accelerator: Accelerator) => {
    const slowest = loads.map((kinds) =>
      kinds
        .map((load) => attentionFit(load, accelerator, seconds, serving.gpusPerServer))
        .reduce((a, b) => (b.batch < a.batch ? b : a), UNBOUNDED),
    );
    const attention = slowest[0] ?? UNBOUNDED;
    const ffn = ffnFit(ffnBytes, layers, accelerator, seconds, serving.gpusPerServer);
    return {
      name: accelerator.name,
      attention,
      batches: slowest.map((fit, i) => `${fit.batch} at ${contextLength(contexts[i] ?? 0)}`).join(' and '),
      ffn,
      seconds,
      isEnough:
        slowest.every((fit) => fit.batch > 0 && fit.linearBytes <= LINEAR_SHARE * fit.bytesPerLayer) &&
        loads.every((kinds) => kinds.every((load) => load.core.every((part) => waits(part, accelerator)))) &&
        ffn.accelerators < MOST_FFN_ACCELERATORS,
    };
  };
}
const UNBOUNDED: AttentionFit = { bytesPerLayer: 0, linearBytes: 0, kvBytes: 0, batch: Infinity };

/** Is it bound by memory there? */
function waits(load: RooflineLoad, accelerator: Accelerator): boolean {
  const { compute, memory } = rooflineSeconds(load, accelerator);
  return memory >= compute;
}
