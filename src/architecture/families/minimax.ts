import { given, groupLayers, sourced, type ConfigReader } from '../reader';
import type { LinearAttention } from '../types';
import { moeBlock, readEnds, readHeads, softmaxBlock, type FamilyReader } from './decoder';

/**
 * MiniMax-Text-01 and M1 (report arXiv:2506.13585; transformers' minimax): lightning attention in most layers, softmax
 * GQA in the others, after `attn_type_list` (0 lightning, 1 softmax) or `layer_types`; experts in every layer.
 */
export const readMiniMax: FamilyReader = (input) => {
  const { text } = input;
  const layers = text.layers();
  const model = readEnds(input, layers, false);
  const heads = readHeads(text, text.size('hidden_size'));
  const softmax = softmaxBlock(heads);
  const lightning = sourced<LinearAttention>({
    kind: given('linear'),
    heads: heads.queryHeads,
    headDim: heads.headDim,
  });
  const experts = moeBlock(text, {
    experts: text.size('num_local_experts'),
    topK: text.size('num_experts_per_tok'),
    intermediate: text.size('intermediate_size'),
    sharedIntermediate: text.optionalSize('shared_intermediate_size', 0) ?? given(0),
  });
  const isSoftmax = softmaxLayers(text, layers.value);
  const groups = groupLayers(layers, { attention: text.originOf('attn_type_list', 'layer_types') }, (i) => ({
    attention: isSoftmax(i) ? softmax : lightning,
    ffn: experts,
  }));
  return { model, groups, mtp: null };
};

function softmaxLayers(text: ConfigReader, layers: number): (layer: number) => boolean {
  const types = text.perLayer('layer_types', layers);
  if (types) return (i) => types[i] === 'full_attention';
  if (!text.has('attn_type_list'))
    text.problem(
      'error',
      'config/missing',
      '"attn_type_list" or "layer_types" is missing: it says which layers are softmax attention.',
    );
  const list = text.perLayer('attn_type_list', layers);
  if (list?.some((type) => type !== 0 && type !== 1))
    text.problem(
      'error',
      'config/layer-list',
      '"attn_type_list" must hold 0 (lightning) or 1 (softmax) for each layer.',
      ['attn_type_list'],
    );
  return (i) => list?.[i] === 1;
}
