import { denseFfn, endsOf, moeFfn, softmaxAttention } from '../blocks';
import { given, groupLayers, type ConfigReader, type Field } from '../reader';
import type { AttentionBlock } from '../types';
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
import { expertLayers, windowLayers, type LayerChoice } from './layer-lists';
import { gateOf, outputGate } from './output-gate';

/**
 * Laguna (transformers' laguna): query heads layer by layer, more of them in sliding layers; query-key norm, an output
 * gate, a router with a bias and a shared expert.
 */
const readLaguna: FamilyReader = (input) => {
  const { text } = input;
  const layers = text.layers();
  const model = readModel(input, layers, false);
  const hidden = hiddenOf(model);
  const headsOf = text.sizePerLayer(
    'num_attention_heads_per_layer',
    layers.value,
    text.size('num_attention_heads'),
  );
  const kvHeads = text.size('num_key_value_heads');
  const headDim = text.size('head_dim');
  const bias = text.flag('attention_bias', false).value;
  const gate = gateOf(text);
  const window = text.optionalSize('sliding_window');
  const made = new Map<string, AttentionBlock>();
  const attentionOf = (queryHeads: Field<number>, isSliding: boolean): AttentionBlock => {
    const key = `${queryHeads.value} ${isSliding}`;
    const known = made.get(key);
    if (known) return known;
    checkSharing(text, queryHeads, kvHeads);
    const block = softmaxAttention(hidden, {
      queryHeads,
      kvHeads,
      headDim,
      bias: { qkv: bias, o: bias },
      qkNorm: 'head',
      ...outputGate(gate, hidden, queryHeads, headDim),
      window: isSliding && window ? { kind: 'sliding', size: window } : null,
    });
    made.set(key, block);
    return block;
  };
  const experts = moeFfn(text, hidden, {
    experts: text.size('num_experts'),
    topK: text.size('num_experts_per_tok'),
    intermediate: text.size('moe_intermediate_size'),
    sharedIntermediate: text.optionalSize('shared_expert_intermediate_size', 0) ?? given(0),
    sharedName: 'shared_expert',
    correctionBias: true,
  });
  const ffnOf = memo((isSparse: boolean) =>
    isSparse ? experts : denseFfn(hidden, { intermediate: text.size('intermediate_size') }),
  );
  const slides = windowLayers(text, layers.value, 1);
  const sparse = sparseLayers(text, layers.value);
  const extra = twoNorms(hidden);
  const groups = groupLayers(layers, { attention: slides.origin, ffn: sparse.origin }, (i) =>
    layer(attentionOf(headsOf(i), slides.has(i)), ffnOf(sparse.has(i)), extra),
  );
  return { model, groups, ends: endsOf(model) };
};

/** `mlp_layer_types`, or `mlp_only_layers` as in the first files; the first layer is dense without either. */
function sparseLayers(text: ConfigReader, layers: number): LayerChoice {
  const dense = text.list('mlp_only_layers');
  if (text.has('mlp_layer_types') || dense === null) return expertLayers(text, layers);
  const set = new Set(dense);
  return { has: (i) => !set.has(i), origin: text.originOf('mlp_only_layers') };
}

export const lagunaFamilies: readonly Family[] = [
  {
    name: 'Laguna',
    types: ['laguna'],
    classes: ['LagunaForCausalLM'],
    schema: 'laguna',
    aliases: { num_experts: ['num_local_experts'] },
    defaults: {
      vocab_size: 100_352,
      hidden_size: 2048,
      intermediate_size: 8192,
      num_hidden_layers: 40,
      num_attention_heads: 48,
      num_key_value_heads: 8,
      head_dim: 128,
      sliding_window: 512,
      moe_intermediate_size: 512,
      shared_expert_intermediate_size: 512,
      num_experts: 256,
      num_experts_per_tok: 8,
      first_k_dense_replace: 1,
    },
    read: readLaguna,
  },
];
