import { given } from '../reader';
import { moeBlock, readEnds, uniformAttention, type FamilyReader } from './decoder';
import { plainAttention } from './llama';

/**
 * Pangu Pro MoE (report arXiv:2505.21411): experts in every layer, chosen group by group, and shared experts as one
 * wide MLP. Projections have biases unless `attention_bias` (or `bias`) says otherwise, as in openPangu.
 */
export const readPangu: FamilyReader = (input) => {
  const { text } = input;
  if (text.has('qk_nope_dim'))
    text.problem(
      'error',
      'config/unsupported',
      'This is the second generation of Pangu (openPangu-R), whose attention Decode Lens does not read yet.',
      ['qk_nope_dim'],
    );
  const layers = text.layers();
  const bias = text.has('bias') ? text.flag('bias', true) : text.flag('attention_bias', true);
  const experts = moeBlock(text, {
    experts: text.size(['num_experts', 'n_routed_experts']),
    topK: text.size('num_experts_per_tok'),
    intermediate: text.size('moe_intermediate_size'),
    sharedIntermediate: text.optionalSize('shared_expert_intermediate_size', 0) ?? given(0),
  });
  const groups = uniformAttention(layers, plainAttention(text, bias), { paths: [] }, () => experts);
  return { model: readEnds(input, layers, false), groups, mtp: null };
};
