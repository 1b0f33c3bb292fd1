import type { ClassDefaults } from '../../reader';
import { norms } from '../../tensors';
import type { Family } from '../decoder';
import { expertsByTypes } from './ffn';
import { LLAMA, mlpBiasBy } from './llama';
import { biasBy, llamaLike } from './variant';
import { slidingByTypes } from './window';

/** Ernie4_5Config, PaddleOCRTextConfig. */
const ERNIE: ClassDefaults = {
  vocab_size: 103_424,
  hidden_size: 1024,
  intermediate_size: 3072,
  num_hidden_layers: 18,
  num_attention_heads: 16,
  num_key_value_heads: 2,
  head_dim: 128,
  tie_word_embeddings: true,
};
const MELLUM: ClassDefaults = {
  vocab_size: 98_304,
  hidden_size: 2304,
  intermediate_size: 7168,
  num_hidden_layers: 28,
  num_attention_heads: 32,
  num_key_value_heads: 4,
  head_dim: 128,
  sliding_window: 1024,
  num_experts: 64,
  num_experts_per_tok: 8,
  moe_intermediate_size: 896,
};

const TWO = ['input_layernorm', 'post_attention_layernorm'];

export const furtherFamilies: readonly Family[] = [
  llamaLike(
    {
      name: 'Pangu Embedded',
      types: ['PanguEmbedded', 'pangu_embedded'],
      classes: ['PanguEmbeddedForCausalLM'],
    },
    {
      defaults: {
        ...LLAMA,
        vocab_size: 153_376,
        intermediate_size: 12_800,
        num_hidden_layers: 34,
        num_key_value_heads: 8,
        attention_bias: true,
      },
      attention: (text) => biasBy(text.has('bias') ? 'bias' : 'attention_bias')(text),
    },
  ),
  llamaLike(
    {
      name: 'ERNIE 4.5',
      types: ['ernie4_5', 'paddleocr_vl_text', 'paddleocr_vl'],
      classes: ['Ernie4_5ForCausalLM', 'Ernie4_5_ForCausalLM'],
    },
    { defaults: ERNIE, attention: biasBy('use_bias'), dense: mlpBiasBy('use_bias') },
  ),
  llamaLike(
    { name: 'HyperCLOVA X', types: ['hyperclovax'], classes: ['HyperCLOVAXForCausalLM'] },
    {
      defaults: LLAMA,
      attention: biasBy('attention_bias'),
      dense: mlpBiasBy('mlp_bias'),
      norms: (hidden, text) =>
        norms(text.flag('use_post_norm', true).value ? [...TWO, 'post_norm1', 'post_norm2'] : TWO, hidden),
    },
  ),
  llamaLike(
    { name: 'Mellum', types: ['mellum'], classes: ['MellumForCausalLM'] },
    {
      defaults: MELLUM,
      attention: (text) => ({ ...biasBy('attention_bias')(text), qkNorm: 'head' }),
      window: slidingByTypes(() => false),
      experts: expertsByTypes((text) => ({
        experts: text.size(['num_experts', 'num_local_experts']),
        topK: text.size('num_experts_per_tok'),
        intermediate: text.size('moe_intermediate_size'),
      })),
    },
  ),
];
