import { denseFfn, endsOf, softmaxAttention } from '../blocks';
import { constant } from '../expression';
import { groupLayers, type ConfigReader } from '../reader';
import { vector } from '../tensors';
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

/** Rows of the embedding table for the image token and its neighbours, which the LM head does not have. */
const EXTRA_ROWS = 8;

/**
 * Llama 3.2 Vision (transformers' mllama): Llama's layers, and among them `cross_attention_layers` that attend to the
 * image instead of the text: query-key norm by head, and a tanh gate on either part. Their keys and values are made once
 * an image and cost no cache a token.
 */
const readMllama: FamilyReader = (input) => {
  const { text } = input;
  const layers = text.layers();
  const model = readModel(input, layers, false);
  const hidden = hiddenOf(model);
  const heads = readHeads(text);
  const attentionOf = memo((isCross: boolean) =>
    isCross
      ? softmaxAttention(hidden, { ...heads, qkNorm: 'head', cache: 'cross', prefix: 'cross_attn.' })
      : softmaxAttention(hidden, heads),
  );
  const ffn = denseFfn(hidden, { intermediate: text.size('intermediate_size') });
  const plain = twoNorms(hidden);
  const gated = [
    ...plain,
    vector('cross_attn_attn_gate', 'other', constant(1)),
    vector('cross_attn_mlp_gate', 'other', constant(1)),
  ];
  const isCross = crossLayers(text);
  const groups = groupLayers(layers, { attention: text.originOf('cross_attention_layers') }, (i) =>
    layer(attentionOf(isCross.has(i)), ffn, isCross.has(i) ? gated : plain),
  );
  return { model, groups, ends: endsOf(model, { extraRows: EXTRA_ROWS }) };
};

function crossLayers(text: ConfigReader): ReadonlySet<unknown> {
  const key = 'cross_attention_layers';
  const list = text.list(key);
  if (list?.some((i) => typeof i !== 'number' || !Number.isInteger(i) || i < 0))
    text.problem('error', 'config/layer-list', `"${key}" must list layers from 0 on.`, [key]);
  return new Set(list ?? [3, 8, 13, 18, 23, 28, 33, 38]);
}

export const mllamaFamilies: readonly Family[] = [
  {
    name: 'Llama 3.2 Vision',
    types: ['mllama_text_model', 'mllama'],
    classes: ['MllamaForConditionalGeneration', 'MllamaForCausalLM'],
    schema: 'mllama',
    defaults: {
      vocab_size: 128_256,
      hidden_size: 4096,
      num_hidden_layers: 40,
      num_attention_heads: 32,
      num_key_value_heads: 8,
      intermediate_size: 14_336,
    },
    read: readMllama,
  },
];
