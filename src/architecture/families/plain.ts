import {
  denseFfn,
  endsOf,
  softmaxAttention,
  type DenseSpec,
  type EndsSpec,
  type SoftmaxSpec,
  type Window,
} from '../blocks';
import type { Expression, Origin } from '../expression';
import { groupLayers, type ClassDefaults, type ConfigReader, type Field } from '../reader';
import { norms } from '../tensors';
import type { FfnBlock } from '../types';
import {
  derivedHeadDim,
  hiddenOf,
  layer,
  memo,
  readModel,
  type FamilyInput,
  type FamilyParts,
  type FamilyReader,
  type Heads,
} from './decoder';

/**
 * Decoders whose layers hold one softmax attention and one FFN, in the words in which they differ from each other: names,
 * biases, norms. A family is a function from its config to these words.
 */
export interface PlainDecoder {
  /** Embedding and LM head are one array unless the file says otherwise. */
  readonly tied: boolean;
  readonly attention: SoftmaxSpec;
  readonly sliding?: Sliding | null;
  readonly ffn: DenseSpec | FfnPattern;
  readonly norms: readonly string[];
  /** LayerNorms with a bias; else one vector each. */
  readonly normBias?: boolean;
  readonly ends?: EndsSpec;
}

/** FFNs that differ by layer, or are no dense ones. */
export interface FfnPattern {
  readonly origin: Origin;
  readonly of: (hidden: Expression) => (layer: number) => FfnBlock;
}

/** The same FFN, whatever its kind, in all layers. */
export const everywhere = (make: (hidden: Expression) => FfnBlock): FfnPattern => ({
  origin: { paths: [] },
  of: (hidden) => {
    const block = make(hidden);
    return () => block;
  },
});

/** Layers that attend to a window only. */
export interface Sliding {
  readonly window: Window;
  readonly isSliding: (layer: number) => boolean;
  readonly origin: Origin;
}

export const plainReader =
  (describe: (input: FamilyInput) => PlainDecoder): FamilyReader =>
  (input) =>
    readPlain(input, describe(input));

export function readPlain(input: FamilyInput, plain: PlainDecoder): FamilyParts {
  const { sliding = null, normBias = false } = plain;
  const layers = input.text.layers();
  const model = readModel(input, layers, plain.tied);
  const hidden = hiddenOf(model);
  const attentionOf = memo((isSliding: boolean) =>
    softmaxAttention(hidden, { ...plain.attention, window: isSliding && sliding ? sliding.window : null }),
  );
  const { ffn } = plain;
  const { origin, of } = 'of' in ffn ? ffn : everywhere((width) => denseFfn(width, ffn));
  const ffnOf = of(hidden);
  const extra = norms(plain.norms, hidden, normBias);
  const groups = groupLayers(layers, { ffn: origin, ...(sliding && { attention: sliding.origin }) }, (i) =>
    layer(attentionOf(sliding?.isSliding(i) ?? false), ffnOf(i), extra),
  );
  return { model, groups, ends: endsOf(model, { finalNorm: normBias ? 'layer' : 'rms', ...plain.ends }) };
}

/** As many KV heads as query heads, and head dims that follow from them: what GPT-like classes have no keys for. */
export function multiHead(text: ConfigReader, kvHeads?: Field<number>): Heads {
  const queryHeads = text.size('num_attention_heads');
  return {
    queryHeads,
    kvHeads: kvHeads ?? queryHeads,
    headDim: text.size('head_dim', derivedHeadDim(text, queryHeads)),
  };
}

/** A multiple of the hidden size: the width of an FFN that has no key, or whose key is not given. */
export function timesHidden(text: ConfigReader, multiple: number): Field<number> {
  const hidden = text.size('hidden_size');
  return {
    value: multiple * hidden.value,
    origin: { ...hidden.origin, note: `${multiple} x hidden_size` },
  };
}

/** A window over all layers; null or absent is none. */
export function slidingEverywhere(text: ConfigReader): Sliding | null {
  const size = text.optionalSize('sliding_window');
  return size && { window: { kind: 'sliding', size }, isSliding: () => true, origin: { paths: [] } };
}

/** Layers that slide by `layer_types`, or all but each `period`-th. Null `sliding_window` switches it off. */
export function slidingByType(
  text: ConfigReader,
  { period, window }: { readonly period: number; readonly window: number },
): Sliding | null {
  const types = text.perLayer('layer_types', text.layers().value);
  // Older files have the pattern as a number; newer ones keep it beside the list.
  const every = text.size(['sliding_window_pattern', '_sliding_window_pattern'], period).value;
  if (text.raw('sliding_window') === null) return null;
  return {
    window: { kind: 'sliding', size: text.size('sliding_window', window) },
    isSliding: (i) => (types ? types[i] === 'sliding_attention' : (i + 1) % every !== 0),
    origin: text.originOf('layer_types', 'sliding_window_pattern', '_sliding_window_pattern'),
  };
}

type Sizes = readonly [hidden: number, layers: number, heads: number, vocab: number];

/** The sizes of a config class, and what else it assumes of absent keys. */
export const defaultsOf = (
  [hidden, layers, heads, vocab]: Sizes,
  more: ClassDefaults = {},
): ClassDefaults => ({
  hidden_size: hidden,
  num_hidden_layers: layers,
  num_attention_heads: heads,
  vocab_size: vocab,
  ...more,
});
