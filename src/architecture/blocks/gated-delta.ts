import { product, sum, type Expression } from '../expression';
import { given, type Field } from '../reader';
import { convolution, matrix, symbol, vector } from '../tensors';
import type { RecurrentBlock } from '../types';
import { recurrentMixer, STATE_FLOPS } from './recurrent';

export interface GatedDeltaSpec {
  readonly keyHeads: Field<number>;
  readonly valueHeads: Field<number>;
  readonly keyDim: Field<number>;
  readonly valueDim: Field<number>;
  readonly kernel: Field<number>;
  readonly stateBytesPerElement?: Field<number>;
  /**
   * How the input projections are stored: `fused` as in_proj_qkvz and in_proj_ba (Qwen3-Next), `split` by kind (Qwen3.5),
   * `separate` one matrix each (OLMo hybrid).
   */
  readonly layout: 'fused' | 'split' | 'separate';
}

/**
 * Gated DeltaNet (arXiv:2412.06464; transformers' Qwen3NextGatedDeltaNet): a matrix state for each value head, a causal
 * convolution over queries, keys and values, and an output gate.
 */
export function gatedDeltaMixer(hidden: Expression, spec: GatedDeltaSpec): RecurrentBlock {
  const p = 'linear_attn.';
  const heads = symbol('n_v', spec.valueHeads);
  const keys = product(symbol('n_k', spec.keyHeads), symbol('d_k', spec.keyDim));
  const valueDim = symbol('d_v', spec.valueDim);
  const values = product(heads, valueDim);
  const channels = sum(product(2, keys), values);
  const inputs: Readonly<Record<GatedDeltaSpec['layout'], readonly (readonly [string, Expression])[]>> = {
    fused: [
      ['in_proj_qkvz', sum(channels, values)],
      ['in_proj_ba', product(2, heads)],
    ],
    split: [
      ['in_proj_qkv', channels],
      ['in_proj_z', values],
      ['in_proj_b', heads],
      ['in_proj_a', heads],
    ],
    separate: [
      ['q_proj', keys],
      ['k_proj', keys],
      ['v_proj', values],
      ['a_proj', heads],
      ['b_proj', heads],
      ['g_proj', values],
    ],
  };
  const isSeparate = spec.layout === 'separate';
  const origins = [spec.keyHeads, spec.keyDim, spec.valueHeads, spec.valueDim].map(({ origin }) => origin);
  return recurrentMixer({
    variant: 'gated DeltaNet',
    heads: spec.valueHeads,
    keyDim: spec.keyDim,
    valueDim: spec.valueDim,
    convChannels: given(channels.value, { paths: origins.flatMap(({ paths }) => paths) }),
    convTaps: given(Math.max(0, spec.kernel.value - 1), spec.kernel.origin),
    flopsPerStateElement: STATE_FLOPS.delta,
    ...(spec.stateBytesPerElement && { stateBytesPerElement: spec.stateBytesPerElement }),
    tensors: [
      ...inputs[spec.layout].map(([name, size]) => matrix(p + name, 'attention', size, hidden)),
      convolution(`${p}conv1d`, 'attention', channels, symbol('k_conv', spec.kernel)),
      vector(`${p}dt_bias`, 'attention', heads),
      vector(`${p}A_log`, 'attention', heads),
      vector(p + (isSeparate ? 'o_norm' : 'norm'), 'attention', valueDim),
      matrix(p + (isSeparate ? 'o_proj' : 'out_proj'), 'attention', hidden, values, { afterCore: true }),
    ],
  });
}
