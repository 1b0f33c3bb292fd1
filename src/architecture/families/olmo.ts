import { moeFfn } from '../blocks';
import type { ClassDefaults, ConfigReader } from '../reader';
import { readHeads, type Family, type FamilyInput } from './decoder';
import { isNativeOlmo, readNativeOlmo } from './olmo-native';
import { defaultsOf, everywhere, plainReader, readPlain, slidingByType, type PlainDecoder } from './plain';

/** Ai2's OLMo 1 to 3 and their mixtures: transformers' olmo, olmo2, olmo3, olmoe, flex_olmo. */

const PRE_NORMS = ['input_layernorm', 'post_attention_layernorm'];
/** OLMo 2 and later norm what a block returns instead of what it reads. */
const POST_NORMS = ['post_attention_layernorm', 'post_feedforward_layernorm'];

const dense = (text: ConfigReader) => ({ intermediate: text.size('intermediate_size') });

function olmo(text: ConfigReader): PlainDecoder {
  const bias = text.flag('attention_bias', false).value;
  return {
    tied: false,
    attention: { ...readHeads(text), bias: { qkv: bias, o: bias } },
    ffn: dense(text),
    norms: PRE_NORMS,
  };
}

/** The norms of OLMo 1 have no weights. */
const readOlmo1 = ({ text }: FamilyInput): PlainDecoder => ({
  ...olmo(text),
  norms: [],
  ends: { finalNorm: 'none' },
});

const readOlmo2 = ({ text }: FamilyInput): PlainDecoder => {
  const plain = olmo(text);
  return { ...plain, attention: { ...plain.attention, qkNorm: 'full' }, norms: POST_NORMS };
};

const readOlmo3 = (input: FamilyInput): PlainDecoder => ({
  ...readOlmo2(input),
  sliding: slidingByType(input.text, { period: 4, window: 4096 }),
});

const experts = (text: ConfigReader) =>
  everywhere((hidden) =>
    moeFfn(text, hidden, {
      experts: text.size(['num_experts', 'num_local_experts']),
      topK: text.size('num_experts_per_tok'),
      intermediate: text.size('intermediate_size'),
    }),
  );

function readOlmoe({ text }: FamilyInput): PlainDecoder {
  const plain = olmo(text);
  return {
    ...plain,
    attention: { ...plain.attention, qkNorm: 'full' },
    ffn: experts(text),
  };
}

const readFlexOlmo = (input: FamilyInput): PlainDecoder => ({
  ...readOlmo2(input),
  ffn: experts(input.text),
});

const family = (
  name: string,
  type: string,
  className: string,
  defaults: ClassDefaults,
  describe: (input: FamilyInput) => PlainDecoder,
): Family => ({
  name,
  types: [type],
  classes: [className],
  schema: 'olmo',
  defaults,
  read: plainReader(describe),
});

const OLMO = defaultsOf([4096, 32, 32, 50304], { intermediate_size: 11008 });

export const olmoFamilies: readonly Family[] = [
  {
    ...family('OLMo', 'olmo', 'OlmoForCausalLM', OLMO, readOlmo1),
    // The first checkpoints have the keys of Ai2's own code under the same name.
    read: (input) => (isNativeOlmo(input.text) ? readNativeOlmo(input) : readPlain(input, readOlmo1(input))),
  },
  family('OLMo 2', 'olmo2', 'Olmo2ForCausalLM', OLMO, readOlmo2),
  family('OLMo 3', 'olmo3', 'Olmo3ForCausalLM', OLMO, readOlmo3),
  family(
    'OLMoE',
    'olmoe',
    'OlmoeForCausalLM',
    defaultsOf([2048, 16, 16, 50304], { intermediate_size: 2048, num_experts: 64, num_experts_per_tok: 8 }),
    readOlmoe,
  ),
  family(
    'FlexOlmo',
    'flex_olmo',
    'FlexOlmoForCausalLM',
    { ...OLMO, vocab_size: 100352, num_experts: 7, num_experts_per_tok: 5 },
    readFlexOlmo,
  ),
];
