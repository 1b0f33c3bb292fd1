import type { Expression } from '../../expression';
import type { ClassDefaults, ConfigReader } from '../../reader';
import { norms, symbol, vector } from '../../tensors';
import type { Family } from '../decoder';
import { rotaryFrequencies } from './stored';
import { biasBy, llamaLike, type LlamaVariant } from './variant';
import { slidingByTypes, smolWindow } from './window';

/** LlamaConfig. */
export const LLAMA: ClassDefaults = {
  vocab_size: 32_000,
  hidden_size: 4096,
  intermediate_size: 11_008,
  num_hidden_layers: 32,
  num_attention_heads: 32,
};

/** Biases of a plain MLP by one key. */
export const mlpBiasBy = (key: string) => (text: ConfigReader) => ({ bias: text.flag(key, false).value });

export const llama: LlamaVariant = {
  defaults: LLAMA,
  attention: biasBy('attention_bias'),
  dense: mlpBiasBy('mlp_bias'),
  storedOnly: rotaryFrequencies,
};

/** LayerNorms with biases in place of RMSNorms. */
export const layerNorms = (hidden: Expression) =>
  norms(['input_layernorm', 'post_attention_layernorm'], hidden, true);

export const plainFamilies: readonly Family[] = [
  llamaLike(
    {
      name: 'Llama',
      types: [
        'llama',
        'code_llama',
        // Llama under names of their own; Solar Pro's window is inert.
        'solar',
        'Yi',
        'skywork',
        'teleflm',
        // LLaVA and its kin keep the language model's keys at the root; so do the wrappers whose `text_config` names none.
        'llava',
        'llava_llama',
        'llava_next',
        'llava_next_video',
        'deepseek_vl',
        'deepseek_vl_hybrid',
        'janus',
        'vipllava',
        'video_llava',
        'cambrian_llama',
        'share4v',
        'voxtral',
        'perception_lm',
        'idefics3',
        'smolvlm',
      ],
      classes: [
        'LlamaForCausalLM',
        'LLaMAForCausalLM',
        'LlamaModel',
        'LlamaForSequenceClassification',
        'YiForCausalLM',
        'SolarForCausalLM',
        'SkyworkForCausalLM',
        'TeleFLMForCausalLM',
        'LlavaLlamaForCausalLM',
        'LlavaLlamaModel',
      ],
    },
    llama,
  ),
  llamaLike(
    { name: 'Aquila', types: ['aquila'], classes: ['AquilaForCausalLM', 'AquilaModel'] },
    { defaults: { ...LLAMA, vocab_size: 100_008 }, storedOnly: rotaryFrequencies },
  ),
  llamaLike(
    { name: 'SmolLM3', types: ['smollm3'], classes: ['SmolLM3ForCausalLM'] },
    {
      defaults: {
        vocab_size: 128_256,
        hidden_size: 2048,
        intermediate_size: 11_008,
        num_hidden_layers: 36,
        num_attention_heads: 16,
        num_key_value_heads: 4,
        no_rope_layer_interval: 4,
        tie_word_embeddings: true,
      },
      attention: biasBy('attention_bias'),
      dense: mlpBiasBy('mlp_bias'),
      window: smolWindow,
    },
  ),
  llamaLike(
    { name: 'Seed-OSS', types: ['seed_oss'], classes: ['SeedOssForCausalLM'] },
    {
      defaults: {
        vocab_size: 155_136,
        hidden_size: 4096,
        intermediate_size: 27_648,
        num_hidden_layers: 64,
        num_attention_heads: 80,
        num_key_value_heads: 8,
        head_dim: 128,
        attention_bias: true,
      },
      attention: (text) => ({
        bias: {
          qkv: text.flag('attention_bias', false).value,
          o: text.flag('attention_out_bias', false).value,
        },
      }),
      dense: mlpBiasBy('mlp_bias'),
    },
  ),
  llamaLike(
    { name: 'Helium', types: ['helium'], classes: ['HeliumForCausalLM'] },
    {
      defaults: {
        vocab_size: 48_000,
        hidden_size: 2560,
        intermediate_size: 7040,
        num_hidden_layers: 24,
        num_attention_heads: 20,
        num_key_value_heads: 20,
        head_dim: 128,
      },
      attention: (text) => ({ bias: { qkv: text.flag('attention_bias', false).value } }),
      dense: mlpBiasBy('mlp_bias'),
    },
  ),
  llamaLike(
    { name: 'Orion', types: ['orion'], classes: ['OrionForCausalLM'] },
    {
      defaults: {
        ...LLAMA,
        vocab_size: 84_608,
        intermediate_size: 15_360,
        num_hidden_layers: 40,
        num_attention_heads: 40,
        num_key_value_heads: 40,
      },
      norms: layerNorms,
      ends: () => ({ finalNorm: 'layer' }),
    },
  ),
  llamaLike(
    { name: 'CWM', types: ['cwm'], classes: ['CwmForCausalLM'] },
    {
      defaults: {
        vocab_size: 128_256,
        hidden_size: 6144,
        intermediate_size: 21_504,
        num_hidden_layers: 64,
        num_attention_heads: 48,
        num_key_value_heads: 8,
        head_dim: 128,
        sliding_window: 8192,
      },
      dense: mlpBiasBy('mlp_bias'),
      window: slidingByTypes((i) => i % 4 !== 0),
    },
  ),
  llamaLike(
    { name: 'DiffLlama', types: ['diffllama'], classes: ['DiffLlamaForCausalLM'] },
    {
      defaults: {
        vocab_size: 32_000,
        hidden_size: 2048,
        intermediate_size: 8192,
        num_hidden_layers: 16,
        num_attention_heads: 32,
      },
      attention: (text, { headDim }) => ({
        ...biasBy('attention_bias')(text),
        extra: ['q1', 'k1', 'q2', 'k2'].map((name) =>
          vector(`self_attn.lambda_${name}`, 'attention', headDim),
        ),
      }),
    },
  ),
  llamaLike(
    { name: 'BitNet', types: ['bitnet'], classes: ['BitNetForCausalLM', 'BitnetForCausalLM'] },
    {
      defaults: {
        vocab_size: 128_256,
        hidden_size: 2560,
        intermediate_size: 6912,
        num_hidden_layers: 30,
        num_attention_heads: 20,
        num_key_value_heads: 5,
      },
      attention: (text, { hidden }) => ({
        ...biasBy('attention_bias')(text),
        extra: [vector('self_attn.attn_sub_norm', 'attention', hidden)],
      }),
      dense: (_text, intermediate) => ({
        extra: [vector('mlp.ffn_sub_norm', 'denseFfn', symbol('I', intermediate))],
      }),
    },
  ),
  llamaLike(
    { name: 'Emu3', types: ['emu3_text_model'], classes: ['Emu3ForCausalLM'] },
    {
      defaults: { ...LLAMA, vocab_size: 184_622, intermediate_size: 14_336, num_key_value_heads: 8 },
      attention: biasBy('attention_bias'),
      dense: mlpBiasBy('mlp_bias'),
    },
  ),
];
