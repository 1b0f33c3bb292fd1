import { constant, type Expression } from '../../expression';
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

/** An FFN of two matrices and an activation without a gate. */
const ungated = (text: ConfigReader) => ({ ...mlpBiasBy('mlp_bias')(text), gated: false });

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
  // ReLU squared has no gate.
  llamaLike(
    { name: 'Arcee', types: ['arcee'], classes: ['ArceeForCausalLM'] },
    {
      defaults: { ...LLAMA, hidden_size: 2560, intermediate_size: 18_432 },
      attention: biasBy('attention_bias'),
      dense: ungated,
    },
  ),
  // xIELU has two learned scalars a layer; its beta and eps are saved beside them, but learned by nobody.
  llamaLike(
    { name: 'Apertus', types: ['apertus'], classes: ['ApertusForCausalLM'] },
    {
      defaults: { ...LLAMA, vocab_size: 131_072, intermediate_size: 14_336 },
      attention: (text) => ({ ...biasBy('attention_bias')(text), qkNorm: 'head' }),
      dense: () => ({
        gated: false,
        extra: [
          vector('mlp.act_fn.alpha_p', 'denseFfn', constant(1)),
          vector('mlp.act_fn.alpha_n', 'denseFfn', constant(1)),
        ],
      }),
      norms: (hidden) => norms(['attention_layernorm', 'feedforward_layernorm'], hidden),
      storedOnly: (_input, _headDim, layers) =>
        ['beta', 'eps'].map((name) =>
          vector(`mlp.act_fn.${name}`, 'other', constant(1), { copies: symbol('L', layers) }),
        ),
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
    { name: 'Jais 2', types: ['jais2'], classes: ['Jais2ForCausalLM'] },
    {
      defaults: {
        vocab_size: 150_272,
        hidden_size: 3328,
        intermediate_size: 26_624,
        num_hidden_layers: 32,
        num_attention_heads: 26,
        attention_bias: true,
        mlp_bias: true,
      },
      attention: biasBy('attention_bias'),
      dense: (text) => ({ ...mlpBiasBy('mlp_bias')(text), gated: false }),
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
  // Norms of queries, keys and layers have no weights.
  llamaLike(
    { name: 'NanoChat', types: ['nanochat'], classes: ['NanoChatForCausalLM'] },
    {
      defaults: {
        vocab_size: 50_304,
        hidden_size: 768,
        intermediate_size: 8192,
        num_hidden_layers: 12,
        num_attention_heads: 6,
      },
      attention: biasBy('attention_bias'),
      dense: () => ({ gated: false, names: { up: 'fc1', down: 'fc2' } }),
      norms: () => [],
      ends: () => ({ finalNorm: 'none' }),
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
