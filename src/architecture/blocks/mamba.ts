import { product, sum, type Expression } from '../expression';
import { given, type Field } from '../reader';
import { convolution, linear, matrix, symbol, vector } from '../tensors';
import type { RecurrentBlock, Tensor } from '../types';
import { recurrentMixer, STATE_FLOPS } from './recurrent';

interface StateSpaceSpec {
  /** Numbers of state for each channel (N). */
  readonly stateSize: Field<number>;
  /** Width of the causal convolution. */
  readonly kernel: Field<number>;
  /** Of in_proj and out_proj. */
  readonly bias?: boolean | { readonly in: boolean; readonly out: boolean };
  readonly convBias?: boolean;
  readonly stateBytesPerElement?: Field<number>;
  readonly prefix: string;
}

export interface MambaSpec extends StateSpaceSpec {
  /** Channels, usually twice the hidden size. */
  readonly inner: Field<number>;
  /** Rank of the projection that makes each channel's time step. */
  readonly rank: Field<number>;
  /** RMSNorms of time step, B and C (Jamba). */
  readonly innerNorms?: boolean;
}

const biasOf = (bias: StateSpaceSpec['bias']) =>
  typeof bias === 'object' ? bias : { in: bias ?? false, out: bias ?? false };

/** Past inputs that a convolution of this width needs. */
const pastInputs = (kernel: Field<number>): Field<number> =>
  given(Math.max(0, kernel.value - 1), kernel.origin);

/** Convolution over time of `channels`, with its bias. */
const timeConvolution = (
  prefix: string,
  channels: Expression,
  kernel: Field<number>,
  bias: boolean,
): Tensor[] => [
  convolution(`${prefix}conv1d`, 'attention', channels, symbol('k_conv', kernel)),
  ...(bias ? [vector(`${prefix}conv1d.bias`, 'attention', channels)] : []),
];

/** Mamba's selective state space (arXiv:2312.00752; transformers' MambaMixer): each channel has N numbers of state. */
export function mambaMixer(hidden: Expression, spec: MambaSpec): RecurrentBlock {
  const p = spec.prefix;
  const bias = biasOf(spec.bias);
  const [inner, state, rank] = [
    symbol('I_ssm', spec.inner),
    symbol('N', spec.stateSize),
    symbol('r_dt', spec.rank),
  ];
  return recurrentMixer({
    variant: 'Mamba',
    heads: given(1),
    keyDim: spec.stateSize,
    valueDim: spec.inner,
    convChannels: spec.inner,
    convTaps: pastInputs(spec.kernel),
    flopsPerStateElement: STATE_FLOPS.mamba,
    ...(spec.stateBytesPerElement && { stateBytesPerElement: spec.stateBytesPerElement }),
    tensors: [
      ...linear(`${p}in_proj`, 'attention', product(2, inner), hidden, bias.in),
      ...timeConvolution(p, inner, spec.kernel, spec.convBias ?? true),
      matrix(`${p}x_proj`, 'attention', sum(rank, product(2, state)), inner),
      ...linear(`${p}dt_proj`, 'attention', inner, rank, true),
      ...(spec.innerNorms
        ? [
            vector(`${p}dt_layernorm`, 'attention', rank),
            vector(`${p}b_layernorm`, 'attention', state),
            vector(`${p}c_layernorm`, 'attention', state),
          ]
        : []),
      vector(`${p}A_log`, 'attention', product(inner, state)),
      vector(`${p}D`, 'attention', inner),
      ...linear(`${p}out_proj`, 'attention', hidden, inner, bias.out, { afterCore: true }),
    ],
  });
}

export interface Mamba2Spec extends StateSpaceSpec {
  readonly heads: Field<number>;
  readonly headDim: Field<number>;
  /** Groups of heads that share B and C. */
  readonly groups: Field<number>;
  /** Gated RMSNorm before out_proj; true unless given. */
  readonly norm?: boolean;
}

/** Mamba-2 (arXiv:2405.21060; transformers' Mamba2Mixer): heads of a matrix state, B and C shared by groups of them. */
export function mamba2Mixer(hidden: Expression, spec: Mamba2Spec): RecurrentBlock {
  const p = spec.prefix;
  const bias = biasOf(spec.bias);
  const heads = symbol('n_ssm', spec.heads);
  const inner = product(heads, symbol('d_ssm', spec.headDim));
  const shared = product(2, symbol('G', spec.groups), symbol('N', spec.stateSize));
  const channels = sum(inner, shared);
  const origins = [spec.heads, spec.headDim, spec.groups, spec.stateSize].map(({ origin }) => origin);
  return recurrentMixer({
    variant: 'Mamba-2',
    heads: spec.heads,
    keyDim: spec.stateSize,
    valueDim: spec.headDim,
    convChannels: given(channels.value, { paths: origins.flatMap(({ paths }) => paths) }),
    convTaps: pastInputs(spec.kernel),
    flopsPerStateElement: STATE_FLOPS.mamba,
    ...(spec.stateBytesPerElement && { stateBytesPerElement: spec.stateBytesPerElement }),
    tensors: [
      ...linear(`${p}in_proj`, 'attention', sum(inner, channels, heads), hidden, bias.in),
      ...timeConvolution(p, channels, spec.kernel, spec.convBias ?? true),
      ...['dt_bias', 'A_log', 'D'].map((name) => vector(p + name, 'attention', heads)),
      ...((spec.norm ?? true) ? [vector(`${p}norm`, 'attention', inner)] : []),
      ...linear(`${p}out_proj`, 'attention', hidden, inner, bias.out, { afterCore: true }),
    ],
  });
}
