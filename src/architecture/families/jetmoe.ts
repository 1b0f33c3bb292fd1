import { endsOf, moeFfn, softmaxAttention } from '../blocks';
import { product, type Expression } from '../expression';
import { given, type ConfigReader } from '../reader';
import { matrix, norms, symbol, vector } from '../tensors';
import type { AttentionBlock } from '../types';
import { hiddenOf, readModel, uniformAttention, type Family, type FamilyReader } from './decoder';

/**
 * JetMoE (transformers' jetmoe): experts in attention too. Each projects queries and outputs of as many heads as there are
 * KV heads, top-k of them for a token; keys and values are common to all. Either mixture has one bias, on its output.
 */
const readJetMoe: FamilyReader = (input) => {
  const { text } = input;
  const layers = text.layers();
  const model = readModel(input, layers, true);
  const hidden = hiddenOf(model);
  const experts = moeFfn(text, hidden, {
    experts: text.size('num_local_experts'),
    topK: text.size('num_experts_per_tok'),
    intermediate: text.size('intermediate_size'),
    routerName: 'router.layer',
    names: { gateUp: 'input_linear', down: 'output_linear' },
    extra: [vector('mlp.bias', 'routedFfn', hidden)],
  });
  const extra = norms(['input_layernorm', 'post_attention_layernorm'], hidden);
  const groups = uniformAttention(
    layers,
    mixtureOfAttention(text, hidden),
    extra,
    { paths: [] },
    () => experts,
  );
  return { model, groups, ends: endsOf(model) };
};

function mixtureOfAttention(text: ConfigReader, hidden: Expression): AttentionBlock {
  const count = text.size('num_local_experts');
  const topK = text.size('num_experts_per_tok');
  const kvHeads = text.size('num_key_value_heads');
  const headDim = text.size('head_dim');
  // The modelling code asks for these only; `num_attention_heads` repeats their product.
  const paths = [...kvHeads.origin.paths, ...topK.origin.paths];
  const note = 'num_key_value_heads x num_experts_per_tok';
  const queryHeads = given(kvHeads.value * topK.value, { paths, note });
  const width = product(symbol('n_kv', kvHeads), symbol('d', headDim));
  const copies = { copies: symbol('E', count), activated: symbol('k', topK) };
  return {
    ...softmaxAttention(hidden, { queryHeads, kvHeads, headDim }),
    tensors: [
      matrix('self_attention.experts.router.layer', 'attention', symbol('E', count), hidden),
      matrix('self_attention.experts.input_linear', 'attention', width, hidden, copies),
      matrix('self_attention.kv_proj', 'attention', product(2, width), hidden),
      matrix('self_attention.experts.output_linear', 'attention', hidden, width, {
        ...copies,
        afterCore: true,
      }),
      vector('self_attention.experts.bias', 'attention', hidden),
    ],
  };
}

export const jetMoeFamilies: readonly Family[] = [
  {
    name: 'JetMoE',
    types: ['jetmoe'],
    classes: ['JetMoEForCausalLM', 'JetMoeForCausalLM'],
    schema: 'jetmoe',
    aliases: {
      head_dim: ['kv_channels'],
      num_local_experts: ['moe_num_experts'],
      num_experts_per_tok: ['moe_top_k'],
      num_hidden_layers: ['num_layers'],
      intermediate_size: ['ffn_hidden_size'],
    },
    defaults: {
      vocab_size: 32_000,
      hidden_size: 2048,
      num_hidden_layers: 12,
      num_key_value_heads: 16,
      head_dim: 128,
      intermediate_size: 5632,
      num_local_experts: 8,
      num_experts_per_tok: 2,
    },
    read: readJetMoe,
  },
];
