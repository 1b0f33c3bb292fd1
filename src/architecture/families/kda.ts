import { recurrentMixer, STATE_FLOPS } from '../blocks';
import { product, type Expression } from '../expression';
import { given, type Field } from '../reader';
import { convolution, matrix, symbol, vector } from '../tensors';
import type { RecurrentBlock, Tensor } from '../types';

export interface DeltaSpec {
  readonly heads: Field<number>;
  /** Of keys and values alike. */
  readonly headDim: Field<number>;
  readonly kernel: Field<number>;
  /** The gates that decide what is forgotten and what is let out: through head_dim channels, or at once. */
  readonly forgetGate: 'low-rank' | 'full-rank';
  readonly outputGate: 'low-rank' | 'full-rank';
  readonly prefix: string;
  /** Convolutions and output norm are stored in FP32, too. */
  readonly inFp32?: boolean;
}

const FP32 = { fixedBytes: 4 };

/**
 * Kimi Delta Attention (Kimi Linear report, section 3): the delta rule with a forget gate for each channel. Each head
 * keeps a state of head_dim x head_dim, and short convolutions the last inputs of q, k and v.
 */
export function kimiDeltaAttention(hidden: Expression, spec: DeltaSpec): RecurrentBlock {
  const { prefix: p, headDim, heads, kernel } = spec;
  const [n, d, k] = [symbol('n', heads), symbol('d_k', headDim), symbol('k_conv', kernel)];
  const inner = product(n, d);
  const precise = spec.inFp32 ? FP32 : {};
  const gate = (letter: string, rank: DeltaSpec['forgetGate']): Tensor[] =>
    rank === 'full-rank'
      ? [matrix(`${p}${letter}_proj`, 'attention', inner, hidden)]
      : [
          matrix(`${p}${letter}_a_proj`, 'attention', d, hidden),
          matrix(`${p}${letter}_b_proj`, 'attention', inner, d),
        ];
  const letters = ['q', 'k', 'v'];
  return recurrentMixer({
    variant: 'KDA',
    heads,
    keyDim: headDim,
    valueDim: headDim,
    convChannels: given(letters.length * inner.value, {
      paths: [...heads.origin.paths, ...headDim.origin.paths],
    }),
    convTaps: given(kernel.value - 1, kernel.origin),
    flopsPerStateElement: STATE_FLOPS.delta,
    tensors: [
      ...letters.map((letter) => matrix(`${p}${letter}_proj`, 'attention', inner, hidden)),
      ...letters.map((letter) => convolution(`${p}${letter}_conv1d`, 'attention', inner, k, precise)),
      vector(`${p}A_log`, 'attention', n, FP32),
      vector(`${p}dt_bias`, 'attention', inner, FP32),
      matrix(`${p}b_proj`, 'attention', n, hidden),
      ...gate('f', spec.forgetGate),
      ...gate('g', spec.outputGate),
      vector(`${p}o_norm`, 'attention', d, precise),
      matrix(`${p}o_proj`, 'attention', hidden, inner, { afterCore: true }),
    ],
  });
}
