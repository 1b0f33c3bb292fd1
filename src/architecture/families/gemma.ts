import { denseFfn, endsOf, softmaxAttention, type SoftmaxSpec, type Window } from '../blocks';
import { groupLayers, type ConfigReader } from '../reader';
import { norms } from '../tensors';
import {
  hiddenOf,
  layer,
  memo,
  readHeads,
  readModel,
  type Family,
  type FamilyInput,
  type FamilyReader,
} from './decoder';

/** What a config class of transformers assumes of keys that its files leave out: the first Gemma 3 files lack most. */
export interface GemmaDefaults {
  readonly vocab: number;
  readonly hidden: number;
  readonly intermediate: number;
  readonly layers: number;
  readonly queryHeads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly window: number;
}

interface GemmaVariant {
  readonly defaults: GemmaDefaults;
  readonly qkNorm: SoftmaxSpec['qkNorm'];
  readonly norms: readonly string[];
  /** Every `period`-th layer attends to everything, the others to a window; 1: none has a window. */
  readonly period: number;
}

const TWO_NORMS = ['input_layernorm', 'post_attention_layernorm'];
export const FOUR_NORMS = [...TWO_NORMS, 'pre_feedforward_layernorm', 'post_feedforward_layernorm'];

const GEMMA1: GemmaDefaults = {
  vocab: 256_000,
  hidden: 3072,
  intermediate: 24_576,
  layers: 28,
  queryHeads: 16,
  kvHeads: 16,
  headDim: 256,
  window: 4096,
};
const GEMMA2: GemmaDefaults = {
  ...GEMMA1,
  hidden: 2304,
  intermediate: 9216,
  layers: 26,
  queryHeads: 8,
  kvHeads: 4,
};
const GEMMA3: GemmaDefaults = { ...GEMMA2, vocab: 262_208 };

/** Sizes of a Gemma model: embedding and LM head are one unless the file says otherwise. */
export function readGemmaModel(input: FamilyInput, defaults: GemmaDefaults) {
  const layers = input.text.layers('num_hidden_layers', defaults.layers);
  return { layers, model: readModel(input, layers, true, defaults) };
}

/** What all attention layers have in common. */
export function readGemmaHeads(text: ConfigReader, defaults: GemmaDefaults) {
  const bias = text.flag('attention_bias', false).value;
  return { ...readHeads(text, defaults), bias: { qkv: bias, o: bias } };
}

/** The sliding layers' window. Null switches it off, as in the modelling code; the absent key has the class default. */
export const readWindow = (text: ConfigReader, defaults: GemmaDefaults): Window | null =>
  text.raw('sliding_window') === null
    ? null
    : { kind: 'sliding', size: text.size('sliding_window', defaults.window) };

const LAYER_TYPES = ['sliding_attention', 'full_attention'];

/** Which layers slide: by `layer_types`, or all but each `sliding_window_pattern`-th. */
export function slidingLayers(
  text: ConfigReader,
  layers: number,
  defaultPeriod: number,
): (layer: number) => boolean {
  const types = text.perLayer('layer_types', layers);
  // The pattern only makes the list; newer files keep it beside.
  const period = text.size('sliding_window_pattern', defaultPeriod).value;
  if (types === null) return (i) => (i + 1) % period !== 0;
  const wrong = types.findIndex((type) => typeof type !== 'string' || !LAYER_TYPES.includes(type));
  if (wrong >= 0)
    text.problem(
      'error',
      'config/unsupported',
      `"layer_types" entry ${wrong} must be one of ${LAYER_TYPES.join(', ')}.`,
      ['layer_types', wrong],
    );
  return (i) => types[i] === 'sliding_attention';
}

/** EmbeddingGemma and its like attend both ways: nothing is decoded and nothing cached. */
export function noteEncoder(text: ConfigReader): void {
  const both = text.raw('use_bidirectional_attention');
  if (both === true || both === 'all')
    text.problem(
      'information',
      'config/encoder',
      'This model attends in both directions: it makes embeddings and decodes no tokens. KV cache and decode cost are those of a decoder of the same shape.',
      ['use_bidirectional_attention'],
    );
}

/** Gemma 1 to 3 (transformers' gemma, gemma2, gemma3, vaultgemma). */
const readGemma =
  ({ defaults, qkNorm, norms: normNames, period }: GemmaVariant): FamilyReader =>
  (input) => {
    const { text } = input;
    const { layers, model } = readGemmaModel(input, defaults);
    const hidden = hiddenOf(model);
    const heads = { ...readGemmaHeads(text, defaults), qkNorm: qkNorm ?? 'none' };
    const window = period === 1 ? null : readWindow(text, defaults);
    const slides = period === 1 ? () => false : slidingLayers(text, layers.value, period);
    noteEncoder(text);
    const attentionOf = memo((isSliding: boolean) =>
      softmaxAttention(hidden, { ...heads, window: isSliding ? window : null }),
    );
    const ffn = denseFfn(hidden, { intermediate: text.size('intermediate_size', defaults.intermediate) });
    const extra = norms(normNames, hidden);
    const pattern = { attention: text.originOf('layer_types', 'sliding_window_pattern') };
    const groups = groupLayers(layers, pattern, (i) =>
      layer(attentionOf(window !== null && slides(i)), ffn, extra),
    );
    return { model, groups, ends: endsOf(model) };
  };

const WINDOW_KEYS = {
  sliding_window: ['sliding_window_size'],
  sliding_window_pattern: ['_sliding_window_pattern'],
};

export const gemmaFamilies: readonly Family[] = [
  {
    name: 'Gemma',
    types: ['gemma', 'paligemma'],
    classes: ['GemmaForCausalLM', 'GemmaModel'],
    schema: 'gemma',
    read: readGemma({ defaults: GEMMA1, qkNorm: 'none', norms: TWO_NORMS, period: 1 }),
  },
  {
    name: 'Gemma 2',
    types: ['gemma2'],
    classes: ['Gemma2ForCausalLM', 'Gemma2Model'],
    schema: 'gemma',
    aliases: WINDOW_KEYS,
    read: readGemma({ defaults: GEMMA2, qkNorm: 'none', norms: FOUR_NORMS, period: 2 }),
  },
  {
    name: 'Gemma 3',
    types: ['gemma3_text', 'gemma3', 'shieldgemma2'],
    classes: ['Gemma3ForCausalLM', 'Gemma3ForConditionalGeneration', 'Gemma3TextModel'],
    schema: 'gemma',
    aliases: WINDOW_KEYS,
    read: readGemma({ defaults: GEMMA3, qkNorm: 'head', norms: FOUR_NORMS, period: 6 }),
  },
  {
    name: 'VaultGemma',
    types: ['vaultgemma'],
    classes: ['VaultGemmaForCausalLM'],
    schema: 'gemma',
    aliases: WINDOW_KEYS,
    read: readGemma({
      defaults: GEMMA2,
      qkNorm: 'none',
      norms: ['input_layernorm', 'pre_feedforward_layernorm'],
      period: 2,
    }),
  },
];
