import { denseFfn, moeFfn } from '../blocks';
import { given, type ConfigReader } from '../reader';
import { readHeads, times, type Family, type FamilyInput } from './decoder';
import {
  defaultsOf,
  plainReader,
  slidingByType,
  type FfnPattern,
  type PlainDecoder,
  type Sliding,
} from './plain';

/**
 * Cohere's Command and Aya (transformers' cohere, cohere2, cohere2_moe, cohere_compass): attention and FFN side by side after one norm
 * without bias; embedding and LM head are one.
 */
function cohere(text: ConfigReader, sliding: Sliding | null, ffn: PlainDecoder['ffn']): PlainDecoder {
  const bias = text.flag('attention_bias', false).value;
  return {
    tied: true,
    attention: {
      ...readHeads(text),
      bias: { qkv: bias, o: bias },
      // One vector for each head (Command R+).
      qkNorm: text.flag('use_qk_norm', false).value ? 'heads' : 'none',
    },
    sliding,
    ffn,
    norms: ['input_layernorm'],
  };
}

const denseWidth = (text: ConfigReader) => ({ intermediate: text.size('intermediate_size') });

const readCohere = ({ text }: FamilyInput): PlainDecoder => cohere(text, null, denseWidth(text));

/** Command R7B, Command A, and the text models of Aya Vision and Command A Vision: three windows, then one full layer. */
const readCohere2 = ({ text }: FamilyInput): PlainDecoder =>
  cohere(text, slidingByType(text, { period: 4, window: 4096 }), denseWidth(text));

/** North Micro Vision: all layers attend to everything unless `layer_types` says otherwise. */
const readCompass = ({ text }: FamilyInput): PlainDecoder =>
  cohere(text, slidingByType(text, { period: 1, window: 4096 }), denseWidth(text));

/** The MoE of Command: dense layers first, whose window pattern is their own. */
function readCohere2Moe({ text }: FamilyInput): PlainDecoder {
  const firstDense = text.size('first_k_dense_replace', 0, 0).value;
  const windows = slidingByType(text, { period: 4, window: 4096 });
  const prefixPeriod = text.size('prefix_dense_sliding_window_pattern', 1).value;
  const period = text.size('sliding_window_pattern', 4).value;
  const sliding: Sliding | null =
    windows === null || text.has('layer_types')
      ? windows
      : {
          ...windows,
          isSliding: (i) => (i < firstDense ? (i + 1) % prefixPeriod : (i - firstDense + 1) % period) !== 0,
        };
  return cohere(text, sliding, expertsAfter(text, firstDense, text.layers().value));
}

function expertsAfter(text: ConfigReader, firstDense: number, layers: number): FfnPattern {
  const kinds = text.perLayer('mlp_layer_types', layers);
  const isDense = (i: number) => (kinds ? kinds[i] === 'dense' : i < firstDense);
  const width = text.size('intermediate_size');
  return {
    origin: text.originOf('mlp_layer_types', 'first_k_dense_replace'),
    of: (hidden) => {
      const experts = moeFfn(text, hidden, {
        experts: text.size('num_experts'),
        topK: text.size('num_experts_per_tok'),
        intermediate: width,
        sharedIntermediate: times(text.optionalSize('num_shared_experts', 0) ?? given(0), width),
      });
      const dense = denseFfn(hidden, { intermediate: text.size('prefix_dense_intermediate_size', width) });
      return (i) => (isDense(i) ? dense : experts);
    },
  };
}

const COHERE = defaultsOf([8192, 40, 64, 256000], { intermediate_size: 22528 });

export const cohereFamilies: readonly Family[] = [
  {
    name: 'Cohere',
    types: ['cohere'],
    classes: ['CohereForCausalLM'],
    schema: 'cohere',
    defaults: COHERE,
    read: plainReader(readCohere),
  },
  {
    name: 'Cohere 2',
    types: ['cohere2', 'cohere2_vision', 'aya_vision'],
    classes: [
      'Cohere2ForCausalLM',
      'Cohere2VisionForConditionalGeneration',
      'AyaVisionForConditionalGeneration',
    ],
    schema: 'cohere',
    defaults: COHERE,
    read: plainReader(readCohere2),
  },
  {
    name: 'Cohere Compass',
    types: ['cohere_compass_text', 'cohere_compass'],
    classes: ['CohereCompassForCausalLM', 'CohereCompassForConditionalGeneration'],
    schema: 'cohere',
    defaults: COHERE,
    read: plainReader(readCompass),
  },
  {
    name: 'Cohere 2 MoE',
    types: ['cohere2_moe'],
    classes: ['Cohere2MoeForCausalLM'],
    schema: 'cohere',
    defaults: { ...COHERE, head_dim: 128, num_experts: 8, num_experts_per_tok: 2 },
    read: plainReader(readCohere2Moe),
  },
];
