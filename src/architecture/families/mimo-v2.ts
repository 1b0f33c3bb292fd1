import { denseFfn, endsOf, moeFfn, softmaxAttention } from '../blocks';
import { product } from '../expression';
import { given, groupLayers, type ConfigReader, type Field } from '../reader';
import { matrix, norms } from '../tensors';
import {
  checkSharing,
  hiddenOf,
  layer,
  memo,
  readModel,
  times,
  twoNorms,
  type Family,
  type FamilyReader,
} from './decoder';
import { expertLayers, leadingPerLayer, windowLayers, type LayerChoice } from './layer-lists';

/**
 * MiMo-V2 (transformers' mimo_v2_flash; vLLM's mimo_v2 and mimo_v2_mtp): full layers, and sliding ones with head counts
 * and dims of their own and attention sinks; values narrower than keys; experts without a shared one.
 */
const readMimoV2: FamilyReader = (input) => {
  const { text } = input;
  const layers = text.layers();
  const model = readModel(input, layers, false);
  const hidden = hiddenOf(model);
  const slides = slidingLayers(text, layers.value);
  const bias = { qkv: text.flag('attention_bias', false).value };
  const names = text.text('attention_projection_layout') === 'fused_qkv' ? { qkv: 'qkv_proj' } : {};
  const sinks = {
    sliding: text.flag('add_swa_attention_sink_bias', true).value,
    full: text.flag('add_full_attention_sink_bias', false).value,
  };
  const window = text.optionalSize('sliding_window');
  const attentionOf = memo((isSliding: boolean) =>
    softmaxAttention(hidden, {
      ...(isSliding ? slidingHeads(text) : fullHeads(text)),
      bias,
      names,
      sinks: isSliding ? sinks.sliding : sinks.full,
      window: isSliding && window ? { kind: 'sliding', size: window } : null,
    }),
  );
  const width = text.size('moe_intermediate_size');
  const method = text.text('topk_method');
  const experts = moeFfn(text, hidden, {
    experts: text.size('n_routed_experts'),
    topK: text.size('num_experts_per_tok'),
    intermediate: width,
    sharedIntermediate: times(text.optionalSize('n_shared_experts', 0), width),
    correctionBias: method === null || method === 'noaux_tc',
  });
  const dense = denseFfn(hidden, { intermediate: text.size('intermediate_size') });
  const sparse = expertLayers(text, layers.value);
  const extra = twoNorms(hidden);
  const groups = groupLayers(layers, { attention: slides.origin, ffn: sparse.origin }, (i) =>
    layer(attentionOf(slides.has(i)), sparse.has(i) ? experts : dense, extra),
  );
  const count = text.optionalSize('num_nextn_predict_layers', 0);
  const mtp =
    count && count.value > 0
      ? {
          count: count.value,
          origin: count.origin,
          layer: layer(attentionOf(true), dense, extra),
          extra: [
            matrix('eh_proj', 'mtp', hidden, product(2, hidden)),
            ...norms(['enorm', 'hnorm', 'final_layernorm'], hidden),
          ],
          once: [],
          storesEnds: false,
        }
      : null;
  return { model, groups, ends: endsOf(model), mtp };
};

/** `hybrid_layer_pattern` (1 slides), or `layer_types`; without either the class's full layers: the first and each sixth. */
function slidingLayers(text: ConfigReader, layers: number): LayerChoice {
  // Repeats the window.
  text.has('attention_chunk_size');
  const key = 'hybrid_layer_pattern';
  const pattern = leadingPerLayer(text, key, layers);
  if (pattern) {
    if (pattern.some((x) => x !== 0 && x !== 1))
      text.problem(
        'error',
        'config/layer-list',
        `"${key}" must hold 0 (full) or 1 (sliding) for each layer.`,
        [key],
      );
    return { has: (i) => pattern[i] === 1, origin: text.originOf(key) };
  }
  const { has, origin } = windowLayers(text, layers, 6);
  return { has: text.has('layer_types') ? has : (i) => i > 0 && has(i), origin };
}

function fullHeads(text: ConfigReader) {
  const queryHeads = text.size('num_attention_heads');
  const kvHeads = text.size('num_key_value_heads');
  checkSharing(text, queryHeads, kvHeads);
  const headDim = text.size('head_dim');
  return { queryHeads, kvHeads, headDim, valueDim: text.size('v_head_dim', headDim) };
}

/** Files of transformers have no keys for sliding layers: twice the KV heads, all else equal. */
function slidingHeads(text: ConfigReader) {
  const full = fullHeads(text);
  const own = (key: string, fallback: Field<number>) => text.size(`swa_${key}`, fallback);
  const queryHeads = own('num_attention_heads', full.queryHeads);
  const kvHeads = own('num_key_value_heads', given(2 * full.kvHeads.value, full.kvHeads.origin));
  checkSharing(text, queryHeads, kvHeads);
  return {
    queryHeads,
    kvHeads,
    headDim: own('head_dim', full.headDim),
    valueDim: own('v_head_dim', full.valueDim),
  };
}

export const mimoV2Families: readonly Family[] = [
  {
    name: 'MiMo-V2',
    types: ['mimo_v2_flash', 'mimo_v2'],
    classes: ['MiMoV2FlashForCausalLM', 'MiMoV2ForCausalLM'],
    schema: 'mimoV2',
    aliases: {
      n_routed_experts: ['num_local_experts'],
      sliding_window: ['sliding_window_size'],
      num_nextn_predict_layers: ['num_mtp_layers'],
    },
    defaults: {
      vocab_size: 152_576,
      hidden_size: 4096,
      intermediate_size: 16_384,
      num_hidden_layers: 48,
      num_attention_heads: 64,
      num_key_value_heads: 4,
      head_dim: 192,
      v_head_dim: 128,
      sliding_window: 128,
      first_k_dense_replace: 1,
      moe_intermediate_size: 2048,
      num_experts_per_tok: 8,
      n_routed_experts: 256,
    },
    read: readMimoV2,
  },
];
