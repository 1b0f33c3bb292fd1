import { denseFfn, endsOf, moeFfn, softmaxAttention } from '../blocks';
import { constant, type Expression } from '../expression';
import { given, groupLayers, type ConfigReader, type Field } from '../reader';
import { norms, symbol, vector } from '../tensors';
import type { AttentionBlock, FfnBlock, Tensor } from '../types';
import {
  checkSharing,
  hiddenOf,
  layer,
  memo,
  readHeads,
  readModel,
  times,
  twoNorms,
  type Family,
  type FamilyReader,
} from './decoder';
import { deepseekMtp } from './deepseek-mtp';
import type { LayerChoice } from './layer-lists';

/**
 * Pangu Pro MoE (report arXiv:2505.21411; vllm-ascend's pangu_moe): experts chosen group by group in every layer, and
 * shared experts as one wide MLP. Its second generation, openPangu-R-72B (Huawei's pangu_pro_moe_v2), has
 * the same name and other keys: heads of a rotated and a plain part, keys normalized, learned keys and values before the
 * first token, dense layers first, a router with a bias.
 */
const readPangu: FamilyReader = (input) => {
  const { text } = input;
  const layers = text.layers();
  const model = readModel(input, layers, false);
  const hidden = hiddenOf(model);
  const isSecond = text.has('qk_nope_dim');
  const attention = isSecond ? sinkAttention(text, hidden) : plainAttention(text, hidden);
  const expertCount = text.size(['n_routed_experts', 'num_experts']);
  const width = text.size('moe_intermediate_size');
  const usesBias = text.flag('router_enable_expert_bias', false).value;
  const experts = moeFfn(text, hidden, {
    experts: expertCount,
    topK: text.size('num_experts_per_tok'),
    intermediate: width,
    sharedIntermediate: text.has('n_shared_experts')
      ? times(text.size('n_shared_experts', 0, 0), width)
      : (text.optionalSize('shared_expert_intermediate_size', 0) ?? given(0)),
    sharedName: text.has('n_shared_experts') ? 'shared_experts' : 'shared_expert',
    correctionBias: usesBias,
  });
  const isDense = denseLayers(text);
  const ffnOf = memo((dense: boolean): FfnBlock =>
    dense ? denseFfn(hidden, { intermediate: text.size('intermediate_size') }) : experts,
  );
  const extra = [
    ...twoNorms(hidden),
    ...(text.flag('sandwich_norm', false).value
      ? norms(['pre_mlp_layernorm', 'post_mlp_layernorm'], hidden)
      : []),
  ];
  const groups = groupLayers(layers, { ffn: isDense.origin }, (i) =>
    layer(attention, ffnOf(isDense.has(i)), extra),
  );
  const mtp = deepseekMtp(text, hidden, layer(attention, experts, extra), true);
  // The first generation's files hold a factor for each expert's weight, all 1 when made.
  const scales = vector('scales of the router', 'router', symbol('E', expertCount), {
    copies: symbol('L', layers),
  });
  return { model, groups, ends: endsOf(model), mtp, storedOnly: isSecond ? [] : [scales] };
};

/** Projections have biases unless `attention_bias` (or `bias`) says otherwise, as in openPangu. */
function plainAttention(text: ConfigReader, hidden: Expression): AttentionBlock {
  const bias = (text.has('bias') ? text.flag('bias', true) : text.flag('attention_bias', true)).value;
  return softmaxAttention(hidden, { ...readHeads(text), bias: { qkv: bias, o: bias } });
}

function sinkAttention(text: ConfigReader, hidden: Expression): AttentionBlock {
  const queryHeads = text.size('num_attention_heads');
  const kvHeads = text.size('num_key_value_heads', queryHeads);
  checkSharing(text, queryHeads, kvHeads);
  const [plain, rotated] = [text.size('qk_nope_dim'), text.size('qk_rope_dim', 0, 0)];
  const headDim: Field<number> = given(plain.value + rotated.value, {
    paths: [...plain.origin.paths, ...rotated.origin.paths],
  });
  const valueDim = text.size('v_channels', headDim);
  const bias = text.flag('attention_bias', false).value || text.flag('bias', false).value;
  const d = symbol('d', headDim);
  return softmaxAttention(hidden, {
    queryHeads,
    kvHeads,
    headDim,
    valueDim,
    names: { qkv: 'qkv_proj' },
    bias: { qkv: text.flag('qkv_bias', bias).value, o: bias },
    extra: [
      vector('self_attn.k_layernorm', 'attention', d),
      ...sinks(text, symbol('n_kv', kvHeads), d, symbol('d_v', valueDim)),
    ],
  });
}

/** Keys, and values unless they are zero, that every token attends to: weights, no cache of a sequence. */
function sinks(text: ConfigReader, kvHeads: Expression, d: Expression, dv: Expression): Tensor[] {
  const count = text.optionalSize('param_sink_number', 0);
  if (!count || count.value === 0) return [];
  const sink = (name: string, width: Expression): Tensor => ({
    name: `self_attn.${name}`,
    module: 'attention',
    role: 'vector',
    shape: [symbol('n_sink', count), kvHeads, width],
    copies: constant(1),
    activated: constant(1),
  });
  const withValue = text.flag('param_sink_with_value', false).value;
  return [sink('param_sink_key', d), ...(withValue ? [sink('param_sink_value', dv)] : [])];
}

/** `mlp_only_layers`, or the first `first_k_dense_replace`. */
function denseLayers(text: ConfigReader): LayerChoice {
  const listed = text.list('mlp_only_layers');
  if (listed) {
    const set = new Set(listed);
    return { has: (i) => set.has(i), origin: text.originOf('mlp_only_layers') };
  }
  const first = text.size('first_k_dense_replace', 0, 0).value;
  return { has: (i) => i < first, origin: text.originOf('first_k_dense_replace') };
}

export const panguFamilies: readonly Family[] = [
  {
    name: 'Pangu Pro MoE',
    types: ['PanguProMoE', 'pangu_pro_moe'],
    classes: ['PanguProMoEForCausalLM', 'PanguProMoEV2ForCausalLM'],
    schema: 'pangu',
    aliases: { num_nextn_predict_layers: ['num_mtp_layers'] },
    defaults: {
      vocab_size: 153_376,
      hidden_size: 5120,
      num_hidden_layers: 48,
      num_attention_heads: 40,
      num_key_value_heads: 8,
      moe_intermediate_size: 1344,
      shared_expert_intermediate_size: 5376,
      num_experts_per_tok: 8,
      num_experts: 64,
    },
    read: readPangu,
  },
];
