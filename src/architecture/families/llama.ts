import { given, groupLayers, type ConfigReader, type Field } from '../reader';
import type { AttentionBlock, FfnBlock } from '../types';
import {
  denseBlock,
  moeBlock,
  readEnds,
  readHeads,
  softmaxBlock,
  windowed,
  type FamilyReader,
} from './decoder';

/**
 * The decoder-only transformers that differ from Llama in a few keys and defaults. Sources: the configuration
 * and modelling files of Hugging Face transformers for each model type.
 */
interface LlamaVariant {
  readonly defaults?: { readonly headDim?: number; readonly kvHeads?: number };
  /** Qwen2 always has biases on q, k, v; the others follow `attention_bias`, o_proj included. */
  readonly bias: 'by-key' | 'qkv' | 'none';
  readonly qkNorm: boolean;
  /** Which layers slide when a window is given: all of them, or (Qwen) those from `max_window_layers` on, if `use_sliding_window`. */
  readonly window: 'none' | 'all-layers' | 'upper-layers';
  readonly moe?: {
    readonly expertsKey: readonly string[];
    readonly expertWidthKey: string;
    readonly shared: boolean;
    /** Qwen: `decoder_sparse_step` and `mlp_only_layers` leave some layers dense. */
    readonly interleaved: boolean;
  };
}

const MIXTRAL_EXPERTS = {
  expertsKey: ['num_local_experts'],
  expertWidthKey: 'intermediate_size',
  shared: false,
  interleaved: false,
};
const QWEN_EXPERTS = {
  expertsKey: ['num_experts', 'num_local_experts'],
  expertWidthKey: 'moe_intermediate_size',
  interleaved: true,
};

const VARIANTS = {
  llama: { bias: 'by-key', qkNorm: false, window: 'none' },
  mistral: { bias: 'none', qkNorm: false, window: 'all-layers', defaults: { kvHeads: 8 } },
  mixtral: {
    bias: 'none',
    qkNorm: false,
    window: 'all-layers',
    defaults: { kvHeads: 8 },
    moe: MIXTRAL_EXPERTS,
  },
  qwen2: { bias: 'qkv', qkNorm: false, window: 'upper-layers' },
  qwen2_moe: { bias: 'qkv', qkNorm: false, window: 'upper-layers', moe: { ...QWEN_EXPERTS, shared: true } },
  qwen3: { bias: 'by-key', qkNorm: true, window: 'upper-layers', defaults: { headDim: 128 } },
  qwen3_moe: {
    bias: 'by-key',
    qkNorm: true,
    window: 'upper-layers',
    moe: { ...QWEN_EXPERTS, shared: false },
  },
} satisfies Record<string, LlamaVariant>;

const readLlama =
  (variant: LlamaVariant): FamilyReader =>
  (input) => {
    const { text } = input;
    const layers = text.layers();
    const model = readEnds(input, layers, false);
    const hidden = text.size('hidden_size');
    const bias =
      variant.bias === 'by-key' ? text.flag('attention_bias', false) : given(variant.bias === 'qkv');
    const heads = {
      ...readHeads(text, hidden, variant.defaults),
      qkvBias: bias,
      outputBias: variant.bias === 'qkv' ? given(false) : bias,
      qkNorm: given(variant.qkNorm),
    };
    const full = softmaxBlock(heads);
    const slides = slidingLayers(text, variant, layers);
    const sliding = slides ? windowed(heads, 'sliding', slides.size) : full;
    const ffnOf = readFfn(text, variant);
    const pattern = {
      attention: text.originOf('layer_types', 'max_window_layers'),
      ffn: text.originOf('decoder_sparse_step', 'mlp_only_layers'),
    };
    const groups = groupLayers(layers, pattern, (i) => ({
      attention: slides?.isSliding(i) ? sliding : full,
      ffn: ffnOf(i),
    }));
    return { model, groups, mtp: null };
  };

interface Sliding {
  readonly size: Field<number>;
  readonly isSliding: (layer: number) => boolean;
}

function slidingLayers(text: ConfigReader, variant: LlamaVariant, layers: Field<number>): Sliding | null {
  if (variant.window === 'none') return null;
  const types = text.perLayer('layer_types', layers.value);
  // Qwen's modelling code drops the window unless this says otherwise, whatever `layer_types` says.
  if (variant.window === 'upper-layers' && !text.flag('use_sliding_window', false).value) {
    text.has('sliding_window');
    return null;
  }
  if (types) {
    if (!types.includes('sliding_attention')) return null;
    return { size: text.size('sliding_window'), isSliding: (i) => types[i] === 'sliding_attention' };
  }
  const size = text.optionalSize('sliding_window');
  if (size === null) return null;
  if (variant.window === 'all-layers') return { size, isSliding: () => true };
  const from = text.size('max_window_layers', layers, 0);
  return { size, isSliding: (i) => i >= from.value };
}

function readFfn(text: ConfigReader, variant: LlamaVariant): (layer: number) => FfnBlock {
  const { moe } = variant;
  const dense = () => denseBlock(text.size('intermediate_size'), text.flag('mlp_bias', false));
  if (!moe) {
    const block = dense();
    return () => block;
  }
  const routed = moeBlock(text, {
    experts: text.size(moe.expertsKey),
    topK: text.size('num_experts_per_tok'),
    intermediate: text.size(moe.expertWidthKey),
    ...(moe.shared && {
      sharedIntermediate: text.size('shared_expert_intermediate_size'),
      sharedGate: given(true),
    }),
  });
  if (!moe.interleaved) return () => routed;
  const step = text.size('decoder_sparse_step', 1);
  const denseLayers = new Set(text.list('mlp_only_layers') ?? []);
  if (step.value === 1 && denseLayers.size === 0) return () => routed;
  const plain = dense();
  return (i) => (denseLayers.has(i) || (i + 1) % step.value !== 0 ? plain : routed);
}

export const llamaReaders: Readonly<Record<string, FamilyReader>> = Object.fromEntries(
  Object.entries(VARIANTS).map(([type, variant]) => [type, readLlama(variant)]),
);

/** Llama-shaped attention for families with their own FFN. */
export const plainAttention = (
  text: ConfigReader,
  bias: Field<boolean>,
  defaults?: LlamaVariant['defaults'],
): AttentionBlock =>
  softmaxBlock({ ...readHeads(text, text.size('hidden_size'), defaults), qkvBias: bias, outputBias: bias });
