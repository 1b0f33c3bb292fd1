import { given, sourced, type Field } from '../reader';
import type { RecurrentBlock, RecurrentMixer, Tensor } from '../types';

/** FLOPs of one token per state element. Each multiplication and each addition counts. */
export const STATE_FLOPS = {
  /** Decay (1), outer product of k and v (1), addition (1), q times the state (2). */
  lightning: 5,
  /** Decay (1), prediction k S (2), outer product of k and the error (1), addition (1), q S (2): the delta rule. */
  delta: 7,
  /** Decay (1), outer product of dt x and B (1), addition (1), C times the state (2). */
  mamba: 5,
  /** One channel's own gate: decay (1), scaled input (1), addition (1). */
  diagonal: 3,
} as const;

export interface RecurrentSpec {
  readonly variant: string;
  readonly heads: Field<number>;
  readonly keyDim: Field<number>;
  readonly valueDim: Field<number>;
  readonly convChannels?: Field<number>;
  readonly convTaps?: Field<number>;
  readonly flopsPerStateElement: number;
  /** FP32 unless the modelling code keeps its state otherwise. */
  readonly stateBytesPerElement?: Field<number>;
  /** All weights, the output projection marked `afterCore`. */
  readonly tensors: readonly Tensor[];
}

/** A linear-attention, state-space or convolution block with its weights. */
export const recurrentMixer = (spec: RecurrentSpec): RecurrentBlock => ({
  ...sourced<RecurrentMixer>({
    kind: given('recurrent'),
    variant: given(spec.variant),
    heads: spec.heads,
    keyDim: spec.keyDim,
    valueDim: spec.valueDim,
    convChannels: spec.convChannels ?? given(0),
    convTaps: spec.convTaps ?? given(0),
    flopsPerStateElement: given(spec.flopsPerStateElement),
    stateBytesPerElement: spec.stateBytesPerElement ?? given(4),
  }),
  tensors: spec.tensors,
});
