import { given, type ClassDefaults, type ConfigReader } from '../reader';
import { product } from '../expression';
import { symbol, vector } from '../tensors';
import { readHeads, type Family, type FamilyInput, type FamilyReader } from './decoder';
import { deepseekMtp } from './deepseek-mtp';
import { defaultsOf, multiHead, readPlain, type PlainDecoder } from './plain';

/**
 * GLM without experts: transformers' glm, glm4, glm4v, glm_ocr; for ChatGLM the modeling_chatglm.py beside the checkpoints and
 * vLLM's chatglm.py.
 */

const TWO_NORMS = ['input_layernorm', 'post_attention_layernorm'];
/** GLM-4-0414 and later norm what a block returns, too. */
const FOUR_NORMS = [...TWO_NORMS, 'post_self_attn_layernorm', 'post_mlp_layernorm'];

interface GlmVariant {
  readonly norms: readonly string[];
  /** Biases of q, k and v (o has none): by `attention_bias`, or fixed in the code. */
  readonly bias: 'by-key' | boolean;
}

const glm = (text: ConfigReader, { norms, bias }: GlmVariant): PlainDecoder => ({
  tied: false,
  attention: {
    ...readHeads(text),
    bias: { qkv: bias === 'by-key' ? text.flag('attention_bias', true).value : bias },
  },
  ffn: { intermediate: text.size('intermediate_size'), names: { gateUp: 'gate_up_proj' } },
  norms,
});

/** An MTP layer (GLM-OCR) is one of the model's own kind, with copies of embedding and head. */
const readGlm =
  (variant: GlmVariant): FamilyReader =>
  (input) => {
    const parts = readPlain(input, glm(input.text, variant));
    const of = parts.groups[0];
    const hidden = symbol('H', input.text.size('hidden_size'));
    return { ...parts, mtp: of ? deepseekMtp(input.text, hidden, of, true) : null };
  };

/** ChatGLM2 and 3, CodeGeeX, GLM-4-9B and 4V-9B as first published: keys of Megatron. */
const readChatGlm: FamilyReader = (input) => {
  const { text } = input;
  if (isFirstChatGlm(text)) return readPlain(input, firstChatGlm(input));
  const biases = text.flag('add_bias_linear', false).value;
  const queryHeads = text.size('num_attention_heads');
  const headDim = text.size('kv_channels');
  const isRms = text.flag('rmsnorm', true).value;
  const parts = readPlain(input, {
    tied: false,
    attention: {
      queryHeads,
      headDim,
      kvHeads: text.flag('multi_query_attention', false).value
        ? text.size('multi_query_group_num')
        : queryHeads,
      prefix: 'self_attention.',
      names: { qkv: 'query_key_value', o: 'dense' },
      bias: { qkv: biases || text.flag('add_qkv_bias', false).value, o: biases },
    },
    ffn: {
      intermediate: text.size('ffn_hidden_size'),
      bias: biases,
      names: { gateUp: 'dense_h_to_4h', down: 'dense_4h_to_h' },
    },
    norms: TWO_NORMS,
    normBias: !isRms,
    ends: {
      finalNorm: text.flag('post_layer_norm', true).value ? (isRms ? 'rms' : 'layer') : 'none',
      names: {
        embedding: 'embedding.word_embeddings',
        norm: 'encoder.final_layernorm',
        head: 'output_layer',
      },
    },
  });
  // Half of a head is rotated, and half of that again are pairs.
  const frequencies = given(Math.floor(headDim.value / 4), headDim.origin);
  return {
    ...parts,
    storedOnly: [vector('rotary frequencies', 'other', product(symbol('d/4', frequencies)))],
  };
};

const isFirstChatGlm = (text: ConfigReader) =>
  !text.has('padded_vocab_size') && !text.has('ffn_hidden_size') && !text.has('kv_channels');

/** ChatGLM-6B, the first: LayerNorms, biases everywhere, an FFN without a gate. */
const firstChatGlm = ({ text }: FamilyInput): PlainDecoder => ({
  tied: true,
  attention: {
    ...multiHead(text),
    prefix: 'attention.',
    names: { qkv: 'query_key_value', o: 'dense' },
    bias: { qkv: true, o: true },
  },
  ffn: {
    intermediate: text.size('inner_hidden_size'),
    gated: false,
    bias: true,
    names: { up: 'dense_h_to_4h', down: 'dense_4h_to_h' },
  },
  norms: TWO_NORMS,
  normBias: true,
  ends: { names: { embedding: 'word_embeddings', norm: 'final_layernorm' } },
});

const family = (
  name: string,
  types: readonly string[],
  className: string,
  defaults: ClassDefaults,
  variant: GlmVariant,
): Family => ({ name, types, classes: [className], schema: 'glm', defaults, read: readGlm(variant) });

const GLM4V = defaultsOf([4096, 40, 32, 151552], { num_key_value_heads: 2, intermediate_size: 13696 });
const GLM4 = { ...GLM4V, head_dim: 128 };

export const glmFamilies: readonly Family[] = [
  {
    name: 'ChatGLM',
    types: ['chatglm'],
    classes: ['ChatGLMModel', 'ChatGLMForConditionalGeneration'],
    schema: 'chatglm',
    aliases: { num_hidden_layers: ['num_layers'], vocab_size: ['padded_vocab_size'] },
    defaults: defaultsOf([4096, 28, 32, 65024], {
      kv_channels: 128,
      multi_query_group_num: 1,
      ffn_hidden_size: 13696,
      inner_hidden_size: 16384,
    }),
    read: readChatGlm,
  },
  family('GLM', ['glm'], 'GlmForCausalLM', GLM4, { norms: TWO_NORMS, bias: 'by-key' }),
  family('GLM-4', ['glm4'], 'Glm4ForCausalLM', GLM4, { norms: FOUR_NORMS, bias: 'by-key' }),
  family('GLM-4V', ['glm4v_text', 'glm4v', 'glm46v'], 'Glm4vForConditionalGeneration', GLM4V, {
    norms: FOUR_NORMS,
    bias: true,
  }),
  family(
    'GLM-OCR',
    ['glm_ocr_text', 'glm_ocr'],
    'GlmOcrForConditionalGeneration',
    defaultsOf([1024, 16, 16, 59392], { num_key_value_heads: 8, intermediate_size: 4096 }),
    { norms: FOUR_NORMS, bias: false },
  ),
];
