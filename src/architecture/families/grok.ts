import { denseFfn, moeFfn } from '../blocks';
import { given } from '../reader';
import { norms } from '../tensors';
import { groupLayers } from '../reader';
import type { Layer } from '../types';
import { softmaxAttention, endsOf } from '../blocks';
import { hiddenOf, readHeads, readModel, type Family, type FamilyReader } from './decoder';
import { defaultsOf } from './plain';

/** Mixtures with a dense FFN beside the experts: xAI's Grok-2 (Grok-1 has experts alone) and Snowflake's Arctic. */

const W_NAMES = { gate: 'w1', up: 'w3', down: 'w2' };

/** vLLM's grok1.py, SGLang's grok.py: four norms a layer; `residual_moe` adds the dense FFN. */
const readGrok: FamilyReader = (input) => {
  const { text } = input;
  const layers = text.layers();
  // xAI's Grok-2 has a head of its own and no key that says so.
  const model = readModel(input, layers, !text.has('residual_moe'));
  const hidden = hiddenOf(model);
  const dense = text.size('intermediate_size');
  const experts = moeFfn(text, hidden, {
    experts: text.size(['num_local_experts', 'num_experts']),
    topK: text.size('num_experts_per_tok'),
    intermediate: text.size('moe_intermediate_size', dense),
    prefix: 'block_sparse_moe',
    names: W_NAMES,
  });
  const layer: Layer = {
    attention: [softmaxAttention(hidden, readHeads(text))],
    ffn: text.flag('residual_moe', false).value
      ? [denseFfn(hidden, { intermediate: dense }), experts]
      : [experts],
    extra: norms(['pre_attn_norm', 'post_attn_norm', 'pre_moe_norm', 'post_moe_norm'], hidden),
  };
  return { model, groups: groupLayers(layers, {}, () => layer), ends: endsOf(model) };
};

/**
 * vLLM's arctic.py: each `moe_layer_frequency`-th layer has experts, the others one FFN of their width; with `use_residual` a
 * FFN as wide as the hidden size, with a norm of its own, stands beside the experts.
 */
const readArctic: FamilyReader = (input) => {
  const { text } = input;
  const layers = text.layers();
  const model = readModel(input, layers, false);
  const hidden = hiddenOf(model);
  const width = text.size('intermediate_size');
  const every = text.size('moe_layer_frequency');
  // transformers' first code asks `parallel_attn_mlp_res`, vLLM `use_residual`; the published file has both.
  const hasResidual = text.flag('parallel_attn_mlp_res', text.flag('use_residual', false).value).value;
  const prefix = 'block_sparse_moe';
  const experts = moeFfn(text, hidden, {
    experts: text.size('num_local_experts'),
    topK: text.size('num_experts_per_tok'),
    intermediate: width,
    prefix,
    names: W_NAMES,
  });
  const dense = denseFfn(hidden, { intermediate: width, prefix: `${prefix}.mlp`, names: W_NAMES });
  const residual = denseFfn(hidden, {
    intermediate: given(model.hidden, model.origins.hidden),
    prefix: 'residual_mlp',
    names: W_NAMES,
  });
  const attention = [softmaxAttention(hidden, readHeads(text))];
  const twoNorms = norms(['input_layernorm', 'post_attention_layernorm'], hidden);
  const expertLayer: Layer = {
    attention,
    ffn: hasResidual ? [residual, experts] : [experts],
    extra: hasResidual ? [...twoNorms, ...norms(['residual_layernorm'], hidden)] : twoNorms,
  };
  const denseLayer: Layer = { attention, ffn: [dense], extra: twoNorms };
  const groups = groupLayers(layers, { ffn: text.originOf('moe_layer_frequency') }, (i) =>
    (i + 1) % every.value === 0 ? expertLayer : denseLayer,
  );
  return { model, groups, ends: endsOf(model) };
};

export const grokFamilies: readonly Family[] = [
  {
    name: 'Grok',
    types: ['grok-1', 'grok1', 'grok-2', 'grok', 'git'],
    // Grok-2's file says what transformers calls an image captioner.
    sharedTypes: { git: 'residual_moe' },
    classes: ['Grok1ForCausalLM', 'Grok1ModelForCausalLM'],
    schema: 'grok',
    read: readGrok,
  },
  {
    name: 'Arctic',
    types: ['arctic'],
    classes: ['ArcticForCausalLM'],
    schema: 'arctic',
    defaults: defaultsOf([4096, 32, 32, 32000], {
      intermediate_size: 14336,
      num_local_experts: 8,
      num_experts_per_tok: 1,
      moe_layer_frequency: 2,
    }),
    read: readArctic,
  },
];
