import { given, sourced, type Field } from '../reader';
import type { CompressedAttention, CompressedBlock, Selection, Sourced, Tensor } from '../types';

export interface CompressedSpec {
  readonly queryHeads: Field<number>;
  readonly headDim: Field<number>;
  readonly windowSize: Field<number>;
  readonly ratio: Field<number>;
  readonly selection?: Sourced<Selection>;
  /** All weights, the output projection marked `afterCore`. */
  readonly tensors: readonly Tensor[];
}

/** Attention over one latent head, compressed beyond a window (DeepSeek-V4). */
export const compressedAttention = (spec: CompressedSpec): CompressedBlock => ({
  ...sourced<CompressedAttention>({
    kind: given('compressed'),
    queryHeads: spec.queryHeads,
    headDim: spec.headDim,
    windowSize: spec.windowSize,
    ratio: spec.ratio,
  }),
  tensors: spec.tensors,
  selection: spec.selection ?? null,
});
