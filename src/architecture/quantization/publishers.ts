import type { Tensor } from '../types';

/**
 * What publishers' checkpoints do that their configs don't say. Each from a list of a checkpoint's tensors with their
 * dtypes, unless another source is named.
 */
export interface Habits {
  /** Bytes of a scale of FP8 weights, where it is not FP32 of `fp8` and the model's dtype of compressed-tensors. */
  readonly scaleBytes?: number;
  /** Bytes of a number of the unpacked shape that compressed-tensors notes. */
  readonly shapeBytes?: number;
  /** Tensors in a dtype of their own: bytes of one element, by name. The first that fits counts. */
  readonly kept?: readonly (readonly [name: RegExp, bytes: number])[];
}

const ROUTER: readonly [RegExp, number] = [/(?:^|\.)gate$/, 4];

/** By model type, the language model's or the wrapper's; the first row that fits counts. */
const PUBLISHERS: readonly (readonly [types: RegExp, habits: Habits])[] = [
  [/^qwen3_5/, { scaleBytes: 2, kept: [[/linear_attn\.(?:A_log|norm)$/, 4]] }],
  [/^qwen/, { scaleBytes: 2 }],
  [/^glm4v?_moe/, { scaleBytes: 4 }],
  // UE8M0 scales of a byte. DeepSeek-V3.1 and V3.2 have such scales too, but as FP32.
  [/^deepseek_(?:v4|ref)$/, { scaleBytes: 1 }],
  [/^deepseek_v32$/, { kept: [[/norm(?:\.bias)?$/, 4]] }],
  [/^kimi_k2/, { shapeBytes: 4 }],
  [/^kimi_k3$/, { kept: [[/(?:conv1d|o_norm)$/, 4]] }],
  [/^kimi_linear$/, { kept: [[/e_score_correction_bias$/, 2]] }],
  [/^(?:minimax_m[23]|mimo_v2$)/, { kept: [ROUTER] }],
  // transformers' `_keep_in_fp32_modules_strict`.
  [/^ernie4_5.*moe/, { kept: [ROUTER] }],
];

export const habitsOf = (modelTypes: readonly string[]): Habits =>
  PUBLISHERS.find(([types]) => modelTypes.some((type) => types.test(type)))?.[1] ?? {};

/** Bytes of one element of a tensor that has a dtype of its own; undefined: the model's dtype, or quantized. */
export function keptBytes({ kept = [] }: Habits, { name, fixedBytes }: Tensor): number | undefined {
  const known = kept.find(([pattern]) => pattern.test(name))?.[1] ?? fixedBytes;
  // Biases that balance the experts' load are FP32 in nearly all checkpoints.
  return known ?? (name.endsWith('e_score_correction_bias') ? 4 : undefined);
}
