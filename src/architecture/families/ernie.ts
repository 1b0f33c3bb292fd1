import { given } from '../reader';
import { denseBlock, moeBlock, readEnds, times, uniformAttention, type FamilyReader } from './decoder';
import { plainAttention } from './llama';

/** ERNIE 4.5 without experts (transformers' ernie4_5): Llama's layers, one bias switch, tied unless said otherwise. */
export const readErnieDense: FamilyReader = (input) => {
  const { text } = input;
  const layers = text.layers();
  const bias = text.flag('use_bias', false);
  const dense = denseBlock(text.size('intermediate_size'), bias);
  const groups = uniformAttention(layers, plainAttention(text, bias), { paths: [] }, () => dense);
  return { model: readEnds(input, layers, true), groups, mtp: null };
};

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
    const bias = text.flag('use_bias', false);
    const width = text.size('moe_intermediate_size');
    const shared = text.optionalSize('moe_num_shared_experts', 0) ?? given(preRelease ? 0 : 2);
    const experts = moeBlock(text, {
      experts: text.size('moe_num_experts'),
      topK: text.size('moe_k'),
      intermediate: width,
      sharedIntermediate: times(shared, width),
      routerBias: preRelease ? text.flag('moe_use_aux_free', false) : given(true),
    });
    const dense = denseBlock(text.size('intermediate_size'), bias);
    const first = text.size('moe_layer_start_index', 1, 0).value;
    const last = text.raw('moe_layer_end_index');
    const end = typeof last === 'number' && last >= 0 ? last : layers.value - 1;
    const interval = text.size('moe_layer_interval', 1).value;
    const pattern = text.originOf('moe_layer_start_index', 'moe_layer_end_index', 'moe_layer_interval');
    const groups = uniformAttention(layers, plainAttention(text, bias), pattern, (i) =>
      i >= first && i <= end && (i + 1) % interval === 0 ? experts : dense,
    );
    return { model: readEnds(input, layers, !preRelease), groups, mtp: null };
  };

export const readErnie = readErnieMoe(false);
export const readErniePreRelease = readErnieMoe(true);
