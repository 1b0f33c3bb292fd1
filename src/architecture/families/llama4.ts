import { groupLayers, type ConfigReader } from '../reader';
import {
  denseBlock,
  moeBlock,
  readEnds,
  readHeads,
  softmaxBlock,
  windowed,
  type FamilyReader,
} from './decoder';
import { readLlama4Vision } from './llama4-vision';

/**
 * Llama 4 (transformers' llama4): layers with rotary positions attend within chunks, every fourth layer has none and
 * attends to everything; one shared expert as wide as a routed one; `intermediate_size` is the experts' width,
 * `intermediate_size_mlp` the dense layers'. Its query-key norm has no weights.
 */
export const readLlama4: FamilyReader = (input) => {
  const { text } = input;
  const layers = text.layers();
  const model = readEnds(input, layers, false);
  const bias = text.flag('attention_bias', false);
  const heads = { ...readHeads(text, text.size('hidden_size')), qkvBias: bias, outputBias: bias };
  const full = softmaxBlock(heads);
  const chunk = text.optionalSize('attention_chunk_size');
  const chunked = chunk ? windowed(heads, 'chunked', chunk) : full;
  const hasRotary = rotaryLayers(text, layers.value);

  const width = text.size('intermediate_size');
  const experts = moeBlock(text, {
    experts: text.size('num_local_experts'),
    topK: text.size('num_experts_per_tok', 1),
    intermediate: width,
    sharedIntermediate: width,
  });
  const isExpertLayer = expertLayers(text, layers.value);
  const anyDense = Array.from({ length: layers.value }, (_, i) => i).some((i) => !isExpertLayer(i));
  const dense = anyDense ? denseBlock(text.size('intermediate_size_mlp')) : experts;

  const pattern = {
    attention: text.originOf(
      'no_rope_layers',
      'no_rope_layer_interval',
      'nope_layer_interval',
      'layer_types',
    ),
    ffn: text.originOf('moe_layers', 'interleave_moe_layer_step'),
  };
  const groups = groupLayers(layers, pattern, (i) => ({
    attention: hasRotary(i) ? chunked : full,
    ffn: isExpertLayer(i) ? experts : dense,
  }));
  return { model, groups, mtp: null, vision: readLlama4Vision(input.root, model) };
};

/** `layer_types`, or `no_rope_layers` (1 = rotary), or every `no_rope_layer_interval`-th layer without rotary positions. */
function rotaryLayers(text: ConfigReader, layers: number): (layer: number) => boolean {
  const types = text.perLayer('layer_types', layers);
  if (types) return (i) => types[i] === 'chunked_attention';
  const list = text.list('no_rope_layers');
  if (list && list.length > 0) {
    const flags = text.perLayer('no_rope_layers', layers);
    return (i) => flags?.[i] === 1;
  }
  const interval = text.size(['no_rope_layer_interval', 'nope_layer_interval'], 4);
  return (i) => (i + 1) % interval.value !== 0;
}

/** `moe_layers`, or every `interleave_moe_layer_step`-th layer. */
function expertLayers(text: ConfigReader, layers: number): (layer: number) => boolean {
  const list = text.list('moe_layers');
  if (list) {
    if (list.some((i) => typeof i !== 'number' || !Number.isInteger(i) || i < 0 || i >= layers))
      text.problem('error', 'config/layer-list', `"moe_layers" must list layers from 0 to ${layers - 1}.`, [
        'moe_layers',
      ]);
    const set = new Set(list);
    return (i) => set.has(i);
  }
  const step = text.size('interleave_moe_layer_step', 1);
  return (i) => (i + 1) % step.value === 0;
}
