import { denseFfn, endsOf, moeFfn, softmaxAttention, type SoftmaxSpec } from '../blocks';
import { groupLayers, type ConfigReader } from '../reader';
import {
  hiddenOf,
  layer,
  memo,
  readHeads,
  readModel,
  twoNorms,
  type Family,
  type FamilyReader,
} from './decoder';

/**
 * Llama 4 (transformers' llama4): layers with rotary positions attend within chunks, every fourth layer has none and
 * attends to everything; one shared expert as wide as a routed one; `intermediate_size` is the experts' width,
 * `intermediate_size_mlp` the dense layers'. Its query-key norm has no weights.
 */
const readLlama4: FamilyReader = (input) => {
  const { text } = input;
  const layers = text.layers();
  const model = readModel(input, layers, false);
  const hidden = hiddenOf(model);
  const bias = text.flag('attention_bias', false).value;
  const heads: SoftmaxSpec = { ...readHeads(text), bias: { qkv: bias, o: bias } };
  const chunk = text.optionalSize('attention_chunk_size');
  const attentionOf = memo((isChunked: boolean) =>
    softmaxAttention(hidden, {
      ...heads,
      window: isChunked && chunk ? { kind: 'chunked', size: chunk } : null,
    }),
  );
  const hasRotary = rotaryLayers(text, layers.value);

  const width = text.size('intermediate_size');
  const experts = moeFfn(text, hidden, {
    experts: text.size('num_local_experts'),
    topK: text.size('num_experts_per_tok', 1),
    intermediate: width,
    sharedIntermediate: width,
    prefix: 'feed_forward',
    routerName: 'router',
    sharedName: 'shared_expert',
  });
  const isExpertLayer = expertLayers(text, layers.value);
  const anyDense = Array.from({ length: layers.value }, (_, i) => i).some((i) => !isExpertLayer(i));
  const dense = anyDense
    ? denseFfn(hidden, { intermediate: text.size('intermediate_size_mlp'), prefix: 'feed_forward' })
    : experts;

  const pattern = {
    attention: text.originOf(
      'no_rope_layers',
      'no_rope_layer_interval',
      'nope_layer_interval',
      'layer_types',
    ),
    ffn: text.originOf('moe_layers', 'interleave_moe_layer_step'),
  };
  const extra = twoNorms(hidden);
  const groups = groupLayers(layers, pattern, (i) =>
    layer(attentionOf(chunk !== null && hasRotary(i)), isExpertLayer(i) ? experts : dense, extra),
  );
  return { model, groups, ends: endsOf(model) };
};

export const llama4Families: readonly Family[] = [
  {
    name: 'Llama 4',
    types: ['llama4_text', 'llama4'],
    classes: ['Llama4ForConditionalGeneration', 'Llama4ForCausalLM'],
    schema: 'llama4',
    defaults: {
      vocab_size: 202_048,
      hidden_size: 5120,
      intermediate_size: 8192,
      intermediate_size_mlp: 16_384,
      num_hidden_layers: 48,
      num_attention_heads: 40,
      num_key_value_heads: 8,
      head_dim: 128,
      num_local_experts: 16,
      num_experts_per_tok: 1,
      attention_chunk_size: 8192,
    },
    read: readLlama4,
  },
];

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
