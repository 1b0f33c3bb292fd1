import { denseFfn, endsOf, moeFfn, softmaxAttention, type SoftmaxSpec, type Window } from '../blocks';
import type { Expression } from '../expression';
import { groupLayers, type ConfigReader, type Field } from '../reader';
import type { FfnBlock } from '../types';
import {
  hiddenOf,
  layer,
  memo,
  readHeads,
  readModel,
  twoNorms,
  type Family,
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
  readonly qkNorm: SoftmaxSpec['qkNorm'];
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

const readLlama =
  (variant: LlamaVariant): FamilyReader =>
  (input) => {
    const { text } = input;
    const layers = text.layers();
    const model = readModel(input, layers, false);
    const hidden = hiddenOf(model);
    const byKey = variant.bias === 'by-key' && text.flag('attention_bias', false).value;
    const heads: SoftmaxSpec = {
      ...readHeads(text, variant.defaults),
      bias: { qkv: byKey || variant.bias === 'qkv', o: byKey },
      qkNorm: variant.qkNorm ?? 'none',
    };
    const slides = slidingLayers(text, variant, layers);
    const attentionOf = memo((isSliding: boolean) =>
      softmaxAttention(hidden, { ...heads, window: isSliding && slides ? slides.window : null }),
    );
    const ffnOf = readFfn(text, hidden, variant);
    const extra = twoNorms(hidden);
    const pattern = {
      attention: text.originOf('layer_types', 'max_window_layers'),
      ffn: text.originOf('decoder_sparse_step', 'mlp_only_layers'),
    };
    const groups = groupLayers(layers, pattern, (i) =>
      layer(attentionOf(slides?.isSliding(i) ?? false), ffnOf(i), extra),
    );
    return { model, groups, ends: endsOf(model) };
  };

interface Sliding {
  readonly window: Window;
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
  const sliding = (size: Field<number>, isSliding: Sliding['isSliding']): Sliding => ({
    window: { kind: 'sliding', size },
    isSliding,
  });
  if (types) {
    if (!types.includes('sliding_attention')) return null;
    return sliding(text.size('sliding_window'), (i) => types[i] === 'sliding_attention');
  }
  const size = text.optionalSize('sliding_window');
  if (size === null) return null;
  if (variant.window === 'all-layers') return sliding(size, () => true);
  const from = text.size('max_window_layers', layers, 0);
  return sliding(size, (i) => i >= from.value);
}

function readFfn(text: ConfigReader, hidden: Expression, variant: LlamaVariant): (layer: number) => FfnBlock {
  const { moe } = variant;
  const dense = () =>
    denseFfn(hidden, {
      intermediate: text.size('intermediate_size'),
      bias: text.flag('mlp_bias', false).value,
    });
  if (!moe) {
    const block = dense();
    return () => block;
  }
  const routed = moeFfn(text, hidden, {
    experts: text.size(moe.expertsKey),
    topK: text.size('num_experts_per_tok'),
    intermediate: text.size(moe.expertWidthKey),
    ...(moe.shared && {
      sharedIntermediate: text.size('shared_expert_intermediate_size'),
      sharedGate: true,
      sharedName: 'shared_expert',
    }),
  });
  if (!moe.interleaved) return () => routed;
  const step = text.size('decoder_sparse_step', 1);
  const denseLayers = new Set(text.list('mlp_only_layers') ?? []);
  if (step.value === 1 && denseLayers.size === 0) return () => routed;
  const plain = dense();
  return (i) => (denseLayers.has(i) || (i + 1) % step.value !== 0 ? plain : routed);
}

const family = (name: string, type: string, className: string, variant: LlamaVariant): Family => ({
  name,
  types: [type],
  classes: [className],
  schema: 'llama',
  read: readLlama(variant),
});

export const llamaFamilies: readonly Family[] = [
  family('Llama', 'llama', 'LlamaForCausalLM', { bias: 'by-key', qkNorm: 'none', window: 'none' }),
  family('Mistral', 'mistral', 'MistralForCausalLM', {
    bias: 'none',
    qkNorm: 'none',
    window: 'all-layers',
    defaults: { kvHeads: 8 },
  }),
  family('Mixtral', 'mixtral', 'MixtralForCausalLM', {
    bias: 'none',
    qkNorm: 'none',
    window: 'all-layers',
    defaults: { kvHeads: 8 },
    moe: MIXTRAL_EXPERTS,
  }),
  family('Qwen2', 'qwen2', 'Qwen2ForCausalLM', { bias: 'qkv', qkNorm: 'none', window: 'upper-layers' }),
  family('Qwen2-MoE', 'qwen2_moe', 'Qwen2MoeForCausalLM', {
    bias: 'qkv',
    qkNorm: 'none',
    window: 'upper-layers',
    moe: { ...QWEN_EXPERTS, shared: true },
  }),
  family('Qwen3', 'qwen3', 'Qwen3ForCausalLM', {
    bias: 'by-key',
    qkNorm: 'head',
    window: 'upper-layers',
    defaults: { headDim: 128 },
  }),
  family('Qwen3-MoE', 'qwen3_moe', 'Qwen3MoeForCausalLM', {
    bias: 'by-key',
    qkNorm: 'head',
    window: 'upper-layers',
    moe: { ...QWEN_EXPERTS, shared: false },
  }),
];
