import { denseFfn, endsOf, moeFfn, softmaxAttention } from '../blocks';
import { product, variable, type Expression } from '../expression';
import { given, groupLayers, type ConfigReader, type Field } from '../reader';
import { field, matrix, norms, symbol, vector } from '../tensors';
import type { Architecture, Layer, MtpLayers, Tensor } from '../types';
import {
  checkSharing,
  hiddenOf,
  layer,
  memo,
  readModel,
  twoNorms,
  type Family,
  type FamilyReader,
} from './decoder';
import { expertLayers, type LayerChoice } from './layer-lists';
import { gateOf, outputGate } from './output-gate';
import { readLayerEnum } from './step3';

const SLIDING = 'sliding_attention';

/**
 * Step-3.5 and 3.7 Flash (transformers' step3p7, vLLM's step3p5 and step3p5_mtp): full and sliding GQA layers, the latter
 * with heads of their own (`attention_other_setting`), query-key norm, a gate a head, a shared expert. Lists by layer go on
 * for the MTP layers.
 */
const readStep3p5: FamilyReader = (input) => {
  const { text } = input;
  const layers = text.layers();
  const model = readModel(input, layers, false);
  const hidden = hiddenOf(model);
  const mtpCount = text.optionalSize('num_nextn_predict_layers', 0) ?? given(0);
  const slides = slidingLayers(text, layers.value, mtpCount.value);
  const window = text.optionalSize('sliding_window');
  const bias = text.flag('attention_bias', false).value;
  const gate = text.flag('use_head_wise_attn_gate', true).value ? gateOf(text) : 'none';
  const attentionOf = memo((isSliding: boolean) => {
    const heads = isSliding ? slidingHeads(text) : fullHeads(text);
    return softmaxAttention(hidden, {
      ...heads,
      bias: { qkv: bias, o: bias },
      qkNorm: 'head',
      ...outputGate(gate, hidden, heads.queryHeads, heads.headDim),
      window: isSliding && window ? { kind: 'sliding', size: window } : null,
    });
  });
  const mlpBias = text.flag('mlp_bias', false).value;
  const expertCount = text.size('moe_num_experts');
  const experts = moeFfn(text, hidden, {
    experts: expertCount,
    topK: text.size('moe_top_k'),
    intermediate: text.size('moe_intermediate_size'),
    sharedIntermediate: text.optionalSize('share_expert_dim', 0) ?? given(0),
    sharedBias: mlpBias,
    prefix: 'moe',
    sharedPath: 'share_expert',
    extra: text.flag('use_moe_router_bias', true).value
      ? [vector('moe.router_bias', 'router', symbol('E', expertCount))]
      : [],
  });
  const sparse = moeLayers(text, layers.value);
  const ffnOf = memo((hasExperts: boolean) =>
    hasExperts ? experts : denseFfn(hidden, { intermediate: text.size('intermediate_size'), bias: mlpBias }),
  );
  const extra = twoNorms(hidden);
  const layerOf = (i: number) => layer(attentionOf(slides.has(i)), ffnOf(sparse.has(i)), extra);
  const pattern = { attention: slides.origin, ffn: sparse.origin };
  const groups = groupLayers(layers, pattern, layerOf);
  const mtp = readMtp(text, hidden, mtpCount, layers.value, layerOf);
  return { model, groups, ends: endsOf(model), mtp, storedOnly: mtp ? [headCopies(model, mtp)] : [] };
};

function readMtp(
  text: ConfigReader,
  hidden: Expression,
  { value: count, origin }: Field<number>,
  first: number,
  layerOf: (index: number) => Layer,
): MtpLayers | null {
  if (count === 0) return null;
  const own = layerOf(first);
  for (let i = first + 1; i < first + count; i++) {
    const { attention, ffn } = layerOf(i);
    if (attention[0] !== own.attention[0] || ffn[0] !== own.ffn[0])
      text.problem(
        'warning',
        'config/mtp',
        `MTP layers differ in attention or FFN: all ${count} are counted as the first.`,
        ['num_nextn_predict_layers'],
      );
  }
  return {
    count,
    origin,
    layer: own,
    extra: [
      matrix('eh_proj', 'mtp', hidden, product(2, hidden)),
      ...norms(['enorm', 'hnorm', 'shared_head.norm'], hidden),
    ],
    once: [],
    storesEnds: false,
  };
}

/** Checkpoints hold a copy of the LM head for each MTP layer, and none of the embedding. */
const headCopies = (model: Architecture['model'], mtp: MtpLayers): Tensor =>
  matrix('copies of the LM head in the MTP layers', 'mtp', field(model, 'vocab', 'V'), hiddenOf(model), {
    copies: variable('L_mtp', mtp.count, mtp.origin),
  });

const TYPES = ['full_attention', SLIDING];

/** By `layer_types`, MTP layers included if it goes on for them; all layers are full without it. */
function slidingLayers(text: ConfigReader, layers: number, mtpLayers: number): LayerChoice {
  const key = 'layer_types';
  const list = text.list(key) ?? [];
  const wrong = list.findIndex((type) => typeof type !== 'string' || !TYPES.includes(type));
  if (wrong >= 0)
    text.problem(
      'error',
      'config/unsupported',
      `"${key}" entry ${wrong} must be one of ${TYPES.join(', ')}.`,
      [key, wrong],
    );
  if (text.has(key) && list.length !== layers && list.length !== layers + mtpLayers)
    text.perLayer(key, layers);
  return { has: (i) => list[i] === SLIDING, origin: text.originOf(key, 'attention_other_setting') };
}

function fullHeads(text: ConfigReader) {
  const queryHeads = text.size('num_attention_heads');
  const kvHeads = text.size('num_attention_groups');
  checkSharing(text, queryHeads, kvHeads);
  return { queryHeads, kvHeads, headDim: text.size('head_dim') };
}

/** Sliding layers' own heads: nested in Step's files, `num_sliding_attention_heads` in those of transformers. */
function slidingHeads(text: ConfigReader) {
  const full = fullHeads(text);
  const own = text.nested('attention_other_setting');
  const type = own.raw('attention_type');
  if (type !== undefined && type !== SLIDING)
    text.problem('error', 'config/unsupported', `"attention_other_setting" must be of "${SLIDING}" layers.`, [
      'attention_other_setting',
      'attention_type',
    ]);
  const queryHeads =
    text.optionalSize('num_sliding_attention_heads') ?? own.size('num_attention_heads', full.queryHeads);
  const kvHeads = own.size(['num_attention_groups', 'num_key_value_heads'], full.kvHeads);
  checkSharing(text, queryHeads, kvHeads);
  return { queryHeads, kvHeads, headDim: own.size('head_dim', full.headDim) };
}

/** By `moe_layers_enum`, or the other keys; the first three layers are dense without any. MTP layers are dense unless listed. */
function moeLayers(text: ConfigReader, layers: number): LayerChoice {
  const key = 'moe_layers_enum';
  if (text.has(key)) {
    const listed = readLayerEnum(
      text,
      layers + (text.optionalSize('num_nextn_predict_layers', 0)?.value ?? 0),
    );
    return { has: (i) => listed.has(i), origin: text.originOf(key) };
  }
  const { has, origin } = expertLayers(text, layers);
  return { has: (i) => i < layers && has(i), origin };
}

export const step3p5Families: readonly Family[] = [
  {
    name: 'Step-3.5',
    types: ['step3p5', 'step3p7'],
    classes: ['Step3p5ForCausalLM', 'Step3p7ForConditionalGeneration', 'Step3p7FlashForCausalLM'],
    schema: 'step3p5',
    aliases: {
      num_attention_groups: ['num_key_value_heads'],
      moe_num_experts: ['n_routed_experts', 'num_experts', 'num_local_experts'],
      moe_top_k: ['num_experts_per_tok'],
      share_expert_dim: ['share_expert_dims'],
      num_nextn_predict_layers: ['num_mtp_layers'],
    },
    defaults: {
      vocab_size: 128_815,
      hidden_size: 4096,
      intermediate_size: 11_264,
      num_hidden_layers: 45,
      num_attention_heads: 64,
      num_attention_groups: 8,
      head_dim: 128,
      first_k_dense_replace: 3,
      moe_num_experts: 288,
      moe_top_k: 8,
      moe_intermediate_size: 1280,
      share_expert_dim: 1280,
    },
    read: readStep3p5,
  },
];
