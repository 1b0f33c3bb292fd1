import type { ConfigReader } from '../reader';
import { symbol, vector } from '../tensors';
import type { Family, FamilyInput } from './decoder';
import { both, C_NAMES, GPT_ENDS, gptFamily, H4_NAMES, positionTable } from './gpt';
import { defaultsOf, multiHead, timesHidden, type PlainDecoder, type Sliding } from './plain';

/** EleutherAI's GPT-Neo and GPT-NeoX, and the Japanese one: transformers' gpt_neo, gpt_neox, gpt_neox_japanese. */

/**
 * GPT-NeoX: Pythia, Dolly, RedPajama-INCITE. Both norms stand in a layer whether it is parallel or not.
 */
const readNeoX = ({ text }: FamilyInput): PlainDecoder => ({
  tied: false,
  attention: {
    ...multiHead(text),
    prefix: 'attention.',
    names: { qkv: 'query_key_value', o: 'dense' },
    bias: both(text.flag('attention_bias', true).value),
  },
  ffn: { intermediate: text.size('intermediate_size'), gated: false, bias: true, names: H4_NAMES },
  norms: ['input_layernorm', 'post_attention_layernorm'],
  normBias: true,
  ends: { names: { embedding: 'embed_in', norm: 'final_layer_norm', head: 'embed_out' } },
});

/** NeoX for Japanese: no biases but one, of the last layer's attention output. */
const readNeoXJapanese = ({ text }: FamilyInput): PlainDecoder => ({
  tied: true,
  attention: {
    ...multiHead(text),
    prefix: 'attention.',
    names: { qkv: 'query_key_value', o: 'dense' },
  },
  ffn: {
    intermediate: timesHidden(text, text.size('intermediate_multiple_size').value),
    gated: false,
    names: H4_NAMES,
  },
  norms: ['input_layernorm', 'post_attention_layernorm'],
  normBias: true,
  ends: {
    names: { embedding: 'embed_in', norm: 'final_layer_norm', head: 'embed_out' },
    extra: [vector('attention.dense_bias', 'attention', symbol('H', text.size('hidden_size')))],
  },
});

/** GPT-Neo: layers attend to all or to a window in turns (`attention_types`); only o_proj and the FFN have biases. */
const readNeo = ({ text }: FamilyInput): PlainDecoder => ({
  tied: true,
  attention: {
    ...multiHead(text),
    prefix: 'attn.attention.',
    names: { o: 'out_proj' },
    bias: { o: true },
  },
  sliding: localLayers(text),
  ffn: {
    intermediate: text.size('intermediate_size', timesHidden(text, 4)),
    gated: false,
    bias: true,
    names: C_NAMES,
  },
  norms: ['ln_1', 'ln_2'],
  normBias: true,
  ends: { ...GPT_ENDS, ...positionTable(text) },
});

/** `attention_layers` names each layer's kind; `attention_types` has the same as `[[kinds, repeats], ...]`. */
function localLayers(text: ConfigReader): Sliding {
  const layers = text.layers().value;
  const kinds = text.has('attention_types')
    ? expanded(text.list('attention_types') ?? [], layers)
    : (text.list('attention_layers') ?? expanded([[['global', 'local'], Math.ceil(layers / 2)]], layers));
  if (kinds.length !== layers || kinds.some((kind) => kind !== 'global' && kind !== 'local'))
    text.problem(
      'error',
      'config/per-layer',
      `"attention_types" must say "global" or "local" for each of ${layers} layers.`,
      [text.has('attention_types') ? 'attention_types' : 'attention_layers'],
    );
  return {
    window: { kind: 'sliding', size: text.size('window_size') },
    isSliding: (i) => kinds[i] === 'local',
    origin: text.originOf('attention_types', 'attention_layers'),
  };
}

/** Stops one entry past the layers: repeats are the user's number. */
function expanded(types: readonly unknown[], layers: number): unknown[] {
  const kinds: unknown[] = [];
  for (const item of types) {
    const [names, repeats] = Array.isArray(item) ? (item as unknown[]) : [];
    if (!Array.isArray(names) || names.length === 0) continue;
    for (let n = 0; n < Number(repeats) && kinds.length <= layers; n++) kinds.push(...(names as unknown[]));
  }
  return kinds;
}

export const gptNeoFamilies: readonly Family[] = [
  gptFamily(
    'GPT-NeoX',
    'gpt_neox',
    ['GPTNeoXForCausalLM'],
    defaultsOf([6144, 44, 64, 50432], { intermediate_size: 24576 }),
    readNeoX,
  ),
  gptFamily(
    'GPT-NeoX Japanese',
    'gpt_neox_japanese',
    ['GPTNeoXJapaneseForCausalLM'],
    defaultsOf([2560, 32, 32, 32000], { intermediate_multiple_size: 4 }),
    readNeoXJapanese,
  ),
  gptFamily(
    'GPT-Neo',
    'gpt_neo',
    ['GPTNeoForCausalLM'],
    defaultsOf([2048, 24, 16, 50257], { max_position_embeddings: 2048, window_size: 256 }),
    readNeo,
  ),
];
