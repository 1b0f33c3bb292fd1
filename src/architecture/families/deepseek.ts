import { denseFfn, endsOf, latentAttention, moeFfn } from '../blocks';
import { product } from '../expression';
import { given, type ConfigReader } from '../reader';
import { matrix, norms } from '../tensors';
import type { AttentionBlock, Layer, MtpLayers } from '../types';
import type { Expression } from '../expression';
import {
  hiddenOf,
  layer,
  readModel,
  times,
  twoNorms,
  uniformAttention,
  type Family,
  type FamilyReader,
} from './decoder';

/** DeepseekV2Config and DeepseekV3Config of transformers. */
const CLASS_DEFAULT_QUERY_RANK = 1536;

/** MLA under DeepSeek's keys. Null `q_lora_rank` means one full query matrix; the absent key has the class default. */
export const readLatent = (text: ConfigReader, hidden: Expression): AttentionBlock =>
  latentAttention(hidden, {
    queryHeads: text.size('num_attention_heads'),
    queryRank:
      text.raw('q_lora_rank') === null ? given(null) : text.size('q_lora_rank', CLASS_DEFAULT_QUERY_RANK),
    kvRank: text.size('kv_lora_rank'),
    nopeDim: text.size('qk_nope_head_dim'),
    ropeDim: text.size('qk_rope_head_dim'),
    valueDim: text.size('v_head_dim'),
    bias: text.flag('attention_bias', false).value,
  });

/**
 * DeepSeek's MTP modules: a full layer, eh_proj and the three norms enorm, hnorm, shared_head.norm (DeepSeek-V3 report,
 * section 2.2).
 */
export function deepseekMtp(
  text: ConfigReader,
  hidden: Expression,
  of: Layer,
  storesEnds: boolean,
): MtpLayers | null {
  const count = text.optionalSize('num_nextn_predict_layers', 0);
  if (!count || count.value === 0) return null;
  return {
    count: count.value,
    origin: count.origin,
    layer: of,
    extra: [
      matrix('eh_proj', 'mtp', hidden, product(2, hidden)),
      ...norms(['enorm', 'hnorm', 'shared_head.norm'], hidden),
    ],
    once: [],
    storesEnds,
  };
}

/**
 * DeepSeek-V2 and V3, and what has their layout (Kimi-K2): MLA, `first_k_dense_replace` dense layers, then experts.
 * `num_key_value_heads` and `head_dim` mean nothing here: the cache holds one latent vector a token.
 */
const readDeepSeek: FamilyReader = (input) => {
  const { text } = input;
  if (text.raw('use_mla') === false)
    text.problem(
      'error',
      'config/unsupported',
      'This DeepSeek config has no latent attention; Decode Lens does not read that kind yet.',
      ['use_mla'],
    );
  const layers = text.layers();
  const model = readModel(input, layers, false);
  const hidden = hiddenOf(model);
  const attention = readLatent(text, hidden);
  const width = text.size('moe_intermediate_size');
  const experts = moeFfn(text, hidden, {
    experts: text.size('n_routed_experts'),
    topK: text.size('num_experts_per_tok'),
    intermediate: width,
    sharedIntermediate: times(text.optionalSize('n_shared_experts', 0), width),
    correctionBias: text.text('topk_method') === 'noaux_tc',
  });
  const dense = denseFfn(hidden, { intermediate: text.size('intermediate_size') });
  const firstDense = text.size('first_k_dense_replace', 0, 0);
  const every = text.size('moe_layer_freq', 1);
  const extra = twoNorms(hidden);
  const groups = uniformAttention(
    layers,
    attention,
    extra,
    text.originOf('first_k_dense_replace', 'moe_layer_freq'),
    (i) => (i >= firstDense.value && i % every.value === 0 ? experts : dense),
  );
  const mtp = deepseekMtp(text, hidden, layer(attention, experts, extra), true);
  return { model, groups, ends: endsOf(model), mtp };
};

export const deepseekFamilies: readonly Family[] = [
  {
    name: 'DeepSeek-V2',
    types: ['deepseek_v2'],
    classes: ['DeepseekV2ForCausalLM'],
    schema: 'deepseek',
    read: readDeepSeek,
  },
  {
    name: 'DeepSeek-V3',
    types: ['deepseek_v3'],
    classes: ['DeepseekV3ForCausalLM'],
    schema: 'deepseek',
    read: readDeepSeek,
  },
  { name: 'Kimi-K2', types: ['kimi_k2'], schema: 'deepseek', read: readDeepSeek },
];
