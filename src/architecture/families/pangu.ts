import { endsOf, moeFfn, softmaxAttention } from '../blocks';
import { given } from '../reader';
import {
  hiddenOf,
  readHeads,
  readModel,
  twoNorms,
  uniformAttention,
  type Family,
  type FamilyReader,
} from './decoder';

/**
 * Pangu Pro MoE (report arXiv:2505.21411): experts in every layer, chosen group by group, and shared experts as one
 * wide MLP. Projections have biases unless `attention_bias` (or `bias`) says otherwise, as in openPangu.
 */
const readPangu: FamilyReader = (input) => {
  const { text } = input;
  if (text.has('qk_nope_dim'))
    text.problem(
      'error',
      'config/unsupported',
      'This is the second generation of Pangu (openPangu-R), whose attention Decode Lens does not read yet.',
      ['qk_nope_dim'],
    );
  const layers = text.layers();
  const model = readModel(input, layers, false);
  const hidden = hiddenOf(model);
  const bias = (text.has('bias') ? text.flag('bias', true) : text.flag('attention_bias', true)).value;
  const attention = softmaxAttention(hidden, { ...readHeads(text), bias: { qkv: bias, o: bias } });
  const experts = moeFfn(text, hidden, {
    experts: text.size(['num_experts', 'n_routed_experts']),
    topK: text.size('num_experts_per_tok'),
    intermediate: text.size('moe_intermediate_size'),
    sharedIntermediate: text.optionalSize('shared_expert_intermediate_size', 0) ?? given(0),
    sharedName: 'shared_expert',
  });
  const groups = uniformAttention(layers, attention, twoNorms(hidden), { paths: [] }, () => experts);
  return { model, groups, ends: endsOf(model) };
};

export const panguFamilies: readonly Family[] = [
  {
    name: 'Pangu Pro MoE',
    types: ['PanguProMoE', 'pangu_pro_moe'],
    classes: ['PanguProMoEForCausalLM'],
    schema: 'pangu',
    read: readPangu,
  },
];
