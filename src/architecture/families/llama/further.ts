import type { ClassDefaults, ConfigReader } from '../../reader';
import { constant, product, type Expression } from '../../expression';
import { linear, matrix, norms, symbol, vector } from '../../tensors';
import type { Tensor } from '../../types';
import type { Family } from '../decoder';
import { expertsByTypes, expertsEverywhere, sharedOf } from './ffn';
import { LLAMA, mlpBiasBy } from './llama';
import { biasBy, llamaLike } from './variant';
import { slidingByTypes, slidingEverywhere } from './window';

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

const DOGE: ClassDefaults = {
  vocab_size: 32_768,
  hidden_size: 1024,
  intermediate_size: 2048,
  num_hidden_layers: 32,
  num_attention_heads: 8,
  num_experts: 16_384,
  num_experts_per_tok: 64,
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
    { name: 'Aria', types: ['aria_text', 'aria'], classes: ['AriaTextForCausalLM'] },
    {
      defaults: {
        ...LLAMA,
        intermediate_size: 4096,
        moe_num_experts: 8,
        moe_topk: 2,
        moe_num_shared_experts: 2,
      },
      attention: biasBy('attention_bias'),
      experts: expertsEverywhere((text) => {
        const width = text.size('intermediate_size');
        return {
          experts: text.size('moe_num_experts'),
          topK: text.size('moe_topk'),
          intermediate: width,
          sharedIntermediate: sharedOf(text, 'moe_num_shared_experts', width),
          sharedBias: text.flag('mlp_bias', false).value,
          routerName: 'router',
        };
      }),
    },
  ),
  // LayerNorms of its own for every head.
  llamaLike(
    { name: 'Chameleon', types: ['chameleon'], classes: ['ChameleonForConditionalGeneration'] },
    {
      defaults: { ...LLAMA, vocab_size: 65_536, num_key_value_heads: 32 },
      attention: (text) => ({ ...biasBy('attention_bias')(text), qkNorm: 'heads', qkNormBias: true }),
      dense: mlpBiasBy('mlp_bias'),
    },
  ),
  // A mask made of the values, scaled residuals, and with `is_moe` experts of one row beside the FFN.
  llamaLike(
    { name: 'Doge', types: ['doge'], classes: ['DogeForCausalLM'] },
    {
      defaults: DOGE,
      attention: (text, { headDim, kvHeads }) => ({
        ...biasBy('attention_bias')(text),
        qkNorm: 'head',
        extra: [
          vector('self_attn.A', 'attention', kvHeads),
          ...linear(
            'self_attn.dt_proj',
            'attention',
            kvHeads,
            product(kvHeads, headDim),
            text.flag('attention_bias', false).value,
          ),
        ],
      }),
      window: slidingEverywhere,
      dense: (text, _intermediate, hidden) => ({
        ...mlpBiasBy('mlp_bias')(text),
        extra: dogeExperts(text, hidden),
      }),
      norms: (hidden) => [
        ...norms(TWO, hidden),
        ...norms(['input_residual', 'post_attention_residual'], hidden),
      ],
    },
  ),
  // Queries and keys are normalized without weights; a gate as wide as all heads; four norms a layer.
  llamaLike(
    {
      name: 'Muse Glimmer',
      types: ['muse_glimmer_text', 'muse_glimmer'],
      classes: ['MuseGlimmerForCausalLM', 'MuseGlimmerForConditionalGeneration'],
    },
    {
      defaults: {
        vocab_size: 202_048,
        hidden_size: 6656,
        intermediate_size: 19_968,
        num_hidden_layers: 52,
        num_attention_heads: 32,
        num_key_value_heads: 2,
        head_dim: 128,
        sliding_window: 2048,
      },
      attention: (text, { hidden, queryHeads, headDim }) => ({
        ...biasBy('attention_bias')(text),
        extra: [matrix('self_attn.gate_proj', 'attention', product(queryHeads, headDim), hidden)],
      }),
      // The last layer attends to everything, and each fourth before it.
      window: slidingByTypes((i, layers) => (layers - 1 - i) % 4 !== 0),
      norms: (hidden) => norms([...TWO, 'pre_feedforward_layernorm', 'post_feedforward_layernorm'], hidden),
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

/** Pairs of rows, found by a router over the two halves of their numbers (DogeCDMoE). */
function dogeExperts(text: ConfigReader, hidden: Expression): Tensor[] {
  const [count, topK] = [text.size('num_experts'), text.size('num_experts_per_tok')];
  if (!text.flag('is_moe', false).value) return [];
  const rows = { copies: symbol('E', count), activated: symbol('k', topK) };
  return [
    matrix('mlp.router_gate', 'router', constant(2 * Math.floor(Math.sqrt(count.value))), hidden),
    ...['down_embed', 'up_embed'].map((name) =>
      matrix(`mlp.${name}`, 'routedFfn', constant(1), hidden, rows),
    ),
  ];
}
