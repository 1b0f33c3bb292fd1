import { denseFfn, type MoeSpec } from '../../blocks';
import { product } from '../../expression';
import type { ClassDefaults, ConfigReader } from '../../reader';
import { matrix, norms } from '../../tensors';
import { layer, twoNorms, type Family } from '../decoder';
import { qwenExperts } from './ffn';
import { biasBy, llamaLike, type AttentionTraits, type LlamaVariant } from './variant';
import { qwenAllLayers, qwenOtherLayers, qwenUpperLayers } from './window';

/** Qwen2's q, k and v always have biases, o never; no key says so. */
const qkvBias = (): AttentionTraits => ({ bias: { qkv: true } });
const perHeadNorms = (text: ConfigReader): AttentionTraits => ({
  ...biasBy('attention_bias')(text),
  qkNorm: 'head',
});

/** Qwen2Config, which Qwen3Config repeats. */
const QWEN2: ClassDefaults = {
  vocab_size: 151_936,
  hidden_size: 4096,
  intermediate_size: 22_016,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  num_key_value_heads: 32,
  sliding_window: 4096,
  max_window_layers: 28,
};
/** Qwen2VLTextConfig, Qwen2_5_VLTextConfig. */
const QWEN2_VL: ClassDefaults = {
  vocab_size: 152_064,
  hidden_size: 8192,
  intermediate_size: 29_568,
  num_hidden_layers: 80,
  num_attention_heads: 64,
  num_key_value_heads: 8,
  sliding_window: 4096,
  max_window_layers: 80,
};
/** Qwen2_5OmniTextConfig. */
const QWEN2_OMNI: ClassDefaults = {
  vocab_size: 152_064,
  hidden_size: 3584,
  intermediate_size: 18_944,
  num_hidden_layers: 28,
  num_attention_heads: 28,
  num_key_value_heads: 4,
  sliding_window: 32_768,
  max_window_layers: 28,
};
/** Qwen2MoeConfig; Qwen3VLMoeTextConfig repeats it. */
const QWEN2_MOE: ClassDefaults = {
  vocab_size: 151_936,
  hidden_size: 2048,
  intermediate_size: 5632,
  num_hidden_layers: 24,
  num_attention_heads: 16,
  num_key_value_heads: 16,
  sliding_window: 4096,
  max_window_layers: 28,
};
const QWEN3_MOE: ClassDefaults = {
  ...QWEN2_MOE,
  intermediate_size: 6144,
  num_attention_heads: 32,
  num_key_value_heads: 4,
};
/** Qwen3OmniMoeTextConfig. */
const QWEN3_OMNI: ClassDefaults = {
  vocab_size: 3584,
  hidden_size: 2048,
  intermediate_size: 18_944,
  num_hidden_layers: 28,
  num_attention_heads: 28,
  num_key_value_heads: 4,
};

const qwen2With = (defaults: ClassDefaults): LlamaVariant => ({
  defaults,
  attention: qkvBias,
  window: qwenUpperLayers,
});

export const qwen2 = qwen2With(QWEN2);
export const qwen3: LlamaVariant = {
  defaults: { ...QWEN2, head_dim: 128 },
  attention: perHeadNorms,
  window: qwenUpperLayers,
};

/** Qwen2MoeConfig, Qwen3MoeConfig. */
const FEW: ClassDefaults = { num_experts: 60, num_experts_per_tok: 4, moe_intermediate_size: 1408 };
const MANY: ClassDefaults = { num_experts: 128, num_experts_per_tok: 8, moe_intermediate_size: 768 };

const routedExperts = (text: ConfigReader): MoeSpec => ({
  experts: text.size(['num_experts', 'num_local_experts']),
  topK: text.size('num_experts_per_tok'),
  intermediate: text.size('moe_intermediate_size'),
});

const qwen3Moe = (defaults: ClassDefaults): LlamaVariant => ({
  defaults,
  attention: perHeadNorms,
  experts: qwenExperts(routedExperts),
});

export const qwenFamilies: readonly Family[] = [
  llamaLike(
    {
      name: 'Qwen2',
      types: [
        'qwen2',
        // Wrappers whose `text_config` may say nothing, and those that keep Qwen2's keys at the root.
        'qwen2_audio',
        'internvl',
        'llava_onevision',
        'llava_qwen',
        'llava_qwen2',
        'bunny-qwen2',
        'dots_ocr',
        'GOT',
        'got_ocr2',
        'fast_vlm',
        'ovis2',
        'video_llama_3',
        'videollama2_qwen2',
        'videollama3_qwen2',
        'audioflamingo3',
        'vita-Qwen2',
      ],
      classes: [
        'Qwen2ForCausalLM',
        'Qwen2Model',
        'Qwen2ForSequenceClassification',
        'Qwen2ForRewardModel',
        'LlavaQwenForCausalLM',
        'LlavaQwen2ForCausalLM',
      ],
    },
    qwen2,
  ),
  llamaLike(
    {
      name: 'Qwen2-VL',
      types: ['qwen2_vl', 'qwen2_vl_text', 'qwen2_5_vl', 'qwen2_5_vl_text'],
      classes: ['Qwen2VLForConditionalGeneration', 'Qwen2_5_VLForConditionalGeneration'],
    },
    qwen2With(QWEN2_VL),
  ),
  llamaLike(
    { name: 'Qwen2.5-Omni', types: ['qwen2_5_omni_text', 'qwen2_5_omni', 'qwen2_5_omni_thinker'] },
    qwen2With(QWEN2_OMNI),
  ),
  llamaLike(
    { name: 'Qwen2-MoE', types: ['qwen2_moe'], classes: ['Qwen2MoeForCausalLM', 'Qwen2MoeModel'] },
    {
      defaults: { ...QWEN2_MOE, ...FEW, shared_expert_intermediate_size: 5632, qkv_bias: true },
      attention: (text) => ({ bias: { qkv: text.flag('qkv_bias', true).value } }),
      window: qwenOtherLayers,
      experts: qwenExperts((text) => ({
        ...routedExperts(text),
        sharedIntermediate: text.size('shared_expert_intermediate_size', undefined, 0),
        sharedGate: true,
        sharedName: 'shared_expert',
      })),
    },
  ),
  // The MTP layer is a Qwen2 layer; its norms and projection are those of vLLM's mimo_mtp.py.
  llamaLike(
    { name: 'MiMo', types: ['mimo'], classes: ['MiMoForCausalLM'] },
    {
      ...qwen2,
      mtp: ({ text }, hidden, attention) => {
        const count = text.optionalSize('num_nextn_predict_layers', 0);
        if (!count || count.value === 0) return null;
        const ffn = denseFfn(hidden, { intermediate: text.size('intermediate_size') });
        return {
          count: count.value,
          origin: count.origin,
          layer: layer(attention, ffn, twoNorms(hidden)),
          extra: [
            matrix('input_proj', 'mtp', hidden, product(2, hidden)),
            ...norms(['token_layernorm', 'hidden_layernorm', 'final_layernorm'], hidden),
          ],
          once: [],
          storesEnds: false,
        };
      },
    },
  ),
  llamaLike(
    {
      name: 'Qwen3',
      types: ['qwen3', 'lighton_ocr', 'qianfan_ocr'],
      classes: ['Qwen3ForCausalLM', 'Qwen3Model', 'Qwen3ForSequenceClassification'],
    },
    qwen3,
  ),
  llamaLike(
    { name: 'Qwen3-VL', types: ['qwen3_vl_text', 'qwen3_vl'] },
    { defaults: { ...QWEN2, head_dim: 128 }, attention: perHeadNorms },
  ),
  llamaLike(
    { name: 'Qwen3-MoE', types: ['qwen3_moe'], classes: ['Qwen3MoeForCausalLM', 'Qwen3MoeModel'] },
    { ...qwen3Moe({ ...QWEN3_MOE, ...MANY }), window: qwenAllLayers },
  ),
  llamaLike(
    { name: 'Qwen3-VL-MoE', types: ['qwen3_vl_moe_text', 'qwen3_vl_moe'] },
    qwen3Moe({ ...QWEN2_MOE, ...FEW }),
  ),
  llamaLike(
    {
      name: 'Qwen3-Omni',
      types: ['qwen3_omni_moe_text', 'qwen3_omni_moe', 'qwen3_omni_moe_thinker'],
    },
    qwen3Moe({ ...QWEN3_OMNI, ...MANY }),
  ),
];
