import {
  denseFfn,
  endsOf,
  softmaxAttention,
  type DenseSpec,
  type EndsSpec,
  type SoftmaxSpec,
} from '../../blocks';
import type { Expression } from '../../expression';
import { groupLayers, type ClassDefaults, type ConfigReader, type Field } from '../../reader';
import { symbol } from '../../tensors';
import type { AttentionBlock, MtpLayers, Tensor } from '../../types';
import {
  hiddenOf,
  layer,
  memo,
  noteAssumedSizes,
  readHeads,
  readModel,
  twoNorms,
  type Family,
  type FamilyInput,
  type FamilyReader,
  type Heads,
} from '../decoder';
import { everyLayerSame, type FfnRule } from './ffn';
import { scoreHead } from './stored';
import { noWindow, type WindowRule } from './window';

/** Sizes that are known when a row's parts are made. */
export interface LayerSizes {
  readonly hidden: Expression;
  readonly headDim: Expression;
  readonly queryHeads: Expression;
  readonly kvHeads: Expression;
}

export type AttentionTraits = Partial<Omit<SoftmaxSpec, 'queryHeads' | 'kvHeads' | 'headDim' | 'window'>>;

/**
 * A decoder-only transformer with Llama's skeleton: two norms, softmax attention, an FFN. Families differ in class
 * defaults, biases, query-key norms, windows and experts. Sources: the configuration and modelling files of Hugging Face
 * transformers, or of the model's own repository, for each model type.
 */
export interface LlamaVariant {
  /** Of the configuration class: what absent keys mean. */
  readonly defaults?: ClassDefaults;
  /** Biases, norms, sinks, names. */
  readonly attention?: (text: ConfigReader, sizes: LayerSizes) => AttentionTraits;
  readonly window?: WindowRule;
  /** A dense FFN in all layers is the rule; its biases, activation and names. */
  readonly dense?: (
    text: ConfigReader,
    intermediate: Field<number>,
    hidden: Expression,
  ) => Partial<DenseSpec>;
  /** Experts, in some layers or all; beside dense layers, whose block it is given. */
  readonly experts?: FfnRule;
  readonly norms?: (hidden: Expression, text: ConfigReader) => Tensor[];
  readonly ends?: (text: ConfigReader) => EndsSpec;
  readonly mtp?: (input: FamilyInput, hidden: Expression, attention: AttentionBlock) => MtpLayers | null;
  /** Saved buffers: no weights, yet counted in published totals. */
  readonly storedOnly?: (input: FamilyInput, headDim: Field<number>, layers: Field<number>) => Tensor[];
}

const SIZE_KEYS = [
  'hidden_size',
  'vocab_size',
  'num_hidden_layers',
  'num_attention_heads',
  'intermediate_size',
] as const;

/** A bias of q, k, v and o by one key. */
export const biasBy =
  (key: string) =>
  (text: ConfigReader): AttentionTraits => {
    const bias = text.flag(key, false).value;
    return { bias: { qkv: bias, o: bias } };
  };

export const readLlama =
  (variant: LlamaVariant): FamilyReader =>
  (input) => {
    const { text, root } = input;
    const layers = text.layers();
    const model = readModel(input, layers, text.classDefault('tie_word_embeddings') === true);
    const hidden = hiddenOf(model);
    noteDraftHead(input);
    const heads = readHeads(text);
    const traits = variant.attention?.(text, layerSizes(hidden, heads)) ?? {};
    const windows = (variant.window ?? noWindow)(text, layers);
    const attentionOf = memo((window: SoftmaxSpec['window']) =>
      softmaxAttention(hidden, { ...heads, ...traits, window: window ?? null }),
    );
    const dense = () => readDense(text, hidden, variant);
    const ffn = variant.experts
      ? variant.experts(text, hidden, layers.value, dense)
      : everyLayerSame(dense());
    const extra = (variant.norms ?? twoNorms)(hidden, text);
    noteAssumedSizes(text, SIZE_KEYS);
    const pattern = { attention: windows.pattern, ffn: ffn.pattern };
    const groups = groupLayers(layers, pattern, (i) => layer(attentionOf(windows.of(i)), ffn.of(i), extra));
    return {
      model,
      groups,
      ends: endsOf(model, variant.ends?.(text) ?? {}),
      mtp: variant.mtp?.(input, hidden, attentionOf(null)) ?? null,
      storedOnly: [...(variant.storedOnly?.(input, heads.headDim, layers) ?? []), ...scoreHead(root, hidden)],
    };
  };

/** EAGLE heads say the target's model type; their first layer reads twice the width, and their LM head some tokens only. */
function noteDraftHead({ root, text }: FamilyInput): void {
  const classes = root.list('architectures') ?? [];
  if (classes.some((name) => typeof name === 'string' && /eagle/i.test(name)) || text.has('draft_vocab_size'))
    text.problem(
      'warning',
      'config/draft-head',
      'This is a draft head for speculative decoding; it is counted as a decoder of these sizes, which is not quite what it is.',
    );
}

const layerSizes = (hidden: Expression, { headDim, queryHeads, kvHeads }: Heads): LayerSizes => ({
  hidden,
  headDim: symbol('d', headDim),
  queryHeads: symbol('n_q', queryHeads),
  kvHeads: symbol('n_kv', kvHeads),
});

function readDense(text: ConfigReader, hidden: Expression, { dense }: LlamaVariant) {
  const intermediate = text.size('intermediate_size');
  return denseFfn(hidden, { intermediate, ...dense?.(text, intermediate, hidden) });
}

type Names = Pick<Family, 'name' | 'types'> & Partial<Pick<Family, 'classes' | 'schema' | 'aliases'>>;

/** A row of the table. */
export const llamaLike = (names: Names, variant: LlamaVariant): Family => ({
  schema: 'llama',
  ...names,
  ...(variant.defaults && { defaults: variant.defaults }),
  read: readLlama(variant),
});
