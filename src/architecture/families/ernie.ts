import { denseFfn, endsOf, moeFfn, softmaxAttention } from '../blocks';
import { given } from '../reader';
import {
  hiddenOf,
  readHeads,
  readModel,
  times,
  twoNorms,
  uniformAttention,
  type Family,
  type FamilyReader,
} from './decoder';

/**
 * ERNIE 4.5 with experts (transformers' ernie4_5_moe): experts from `moe_layer_start_index` to `moe_layer_end_index` at
 * every `moe_layer_interval`. Files of before the release say model_type "ernie", leave `tie_word_embeddings` out and
 * store an LM head, and have no shared experts unless a key says so.
 */
const readErnieMoe =
  (preRelease: boolean): FamilyReader =>
  (input) => {
    const { text } = input;
    const layers = text.layers();
    const model = readModel(input, layers, !preRelease);
    const hidden = hiddenOf(model);
    const bias = text.flag('use_bias', false).value;
    const attention = softmaxAttention(hidden, { ...readHeads(text), bias: { qkv: bias, o: bias } });
    const width = text.size('moe_intermediate_size');
    const shared = text.optionalSize('moe_num_shared_experts', 0) ?? given(preRelease ? 0 : 2);
    const experts = moeFfn(text, hidden, {
      experts: text.size('moe_num_experts'),
      topK: text.size('moe_k'),
      intermediate: width,
      sharedIntermediate: times(shared, width),
      correctionBias: preRelease ? text.flag('moe_use_aux_free', false).value : true,
    });
    const dense = denseFfn(hidden, { intermediate: text.size('intermediate_size'), bias });
    const first = text.size('moe_layer_start_index', 1, 0).value;
    const last = text.raw('moe_layer_end_index');
    const end = typeof last === 'number' && last >= 0 ? last : layers.value - 1;
    const interval = text.size('moe_layer_interval', 1).value;
    const pattern = text.originOf('moe_layer_start_index', 'moe_layer_end_index', 'moe_layer_interval');
    const groups = uniformAttention(layers, attention, twoNorms(hidden), pattern, (i) =>
      i >= first && i <= end && (i + 1) % interval === 0 ? experts : dense,
    );
    return { model, groups, ends: endsOf(model) };
  };

export const ernieFamilies: readonly Family[] = [
  {
    name: 'ERNIE 4.5 MoE',
    types: ['ernie4_5_moe'],
    classes: ['Ernie4_5_MoeForCausalLM'],
    schema: 'ernie',
    read: readErnieMoe(false),
  },
  {
    name: 'ERNIE 4.5 MoE (pre-release)',
    types: ['ernie'],
    // transformers has a BERT-like encoder of the same name, without experts.
    sharedTypes: { ernie: 'moe_num_experts' },
    schema: 'ernie',
    read: readErnieMoe(true),
  },
];
