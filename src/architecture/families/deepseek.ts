import { given, sourced } from '../reader';
import type { LatentAttention } from '../types';
import { denseBlock, moeBlock, readEnds, times, uniformAttention, type FamilyReader } from './decoder';

/** DeepseekV2Config and DeepseekV3Config of transformers. */
const CLASS_DEFAULT_QUERY_RANK = 1536;

/**
 * DeepSeek-V2 and V3, and what has their layout (Kimi-K2): MLA, `first_k_dense_replace` dense layers, then experts.
 * `num_key_value_heads` and `head_dim` mean nothing here: the cache holds one latent vector a token.
 */
export const readDeepSeek: FamilyReader = (input) => {
  const { text } = input;
  if (text.raw('use_mla') === false)
    text.problem(
      'error',
      'config/unsupported',
      'This DeepSeek config has no latent attention; Decode Lens does not read that kind yet.',
      ['use_mla'],
    );
  const layers = text.layers();
  const model = readEnds(input, layers, false);
  // Null means one full query matrix; the absent key has the class default.
  const queryRank =
    text.raw('q_lora_rank') === null ? null : text.size('q_lora_rank', CLASS_DEFAULT_QUERY_RANK);
  const attention = sourced<LatentAttention>({
    kind: given('latent'),
    queryHeads: text.size('num_attention_heads'),
    queryRank: queryRank ?? given(null),
    kvRank: text.size('kv_lora_rank'),
    nopeDim: text.size('qk_nope_head_dim'),
    ropeDim: text.size('qk_rope_head_dim'),
    valueDim: text.size('v_head_dim'),
    bias: text.flag('attention_bias', false),
  });
  const width = text.size('moe_intermediate_size');
  const experts = moeBlock(text, {
    experts: text.size('n_routed_experts'),
    topK: text.size('num_experts_per_tok'),
    intermediate: width,
    sharedIntermediate: times(text.optionalSize('n_shared_experts', 0), width),
    routerBias: given(text.text('topk_method') === 'noaux_tc', text.originOf('topk_method')),
  });
  const dense = denseBlock(text.size('intermediate_size'));
  const firstDense = text.size('first_k_dense_replace', 0, 0);
  const every = text.size('moe_layer_freq', 1);
  const groups = uniformAttention(
    layers,
    attention,
    text.originOf('first_k_dense_replace', 'moe_layer_freq'),
    (i) => (i >= firstDense.value && i % every.value === 0 ? experts : dense),
  );
  const mtp = text.optionalSize('num_nextn_predict_layers', 0);
  return {
    model,
    groups,
    mtp: mtp && mtp.value > 0 ? { count: mtp.value, origin: mtp.origin, attention, ffn: experts } : null,
  };
};
