import type { SoftmaxSpec } from '../blocks';
import type { JsonPath } from '../../protocol';
import type { Expression, Origin } from '../expression';
import { nearest, replace } from '../fixes';
import {
  given,
  groupLayers,
  isObject,
  sourced,
  type ClassDefaults,
  type ConfigReader,
  type Field,
  type KeyAliases,
  type KeyValues,
} from '../reader';
import { field, norms } from '../tensors';
import type { Architecture, AttentionBlock, FfnBlock, Layer, LayerGroup, Tensor } from '../types';

/** A family: the model types it reads, the schema that holds for them, and its reader. */
export interface Family {
  /** Shown to the user. */
  readonly name: string;
  /** Of the object that holds the language model, and of wrappers that can't be read without knowing them. */
  readonly types: readonly string[];
  /** Of these, those that other models have too, each with the key that only this family's files have. */
  readonly sharedTypes?: Readonly<Record<string, string>>;
  /** Class names in `architectures` that mean this family where no `model_type` is given. */
  readonly classes?: readonly string[];
  /** `schemas/config-NAME.schema.json`. */
  readonly schema: string;
  /** The family's own names of the usual keys (`attribute_map` in transformers). */
  readonly aliases?: KeyAliases;
  /** What its config class assumes of keys that a file leaves out. */
  readonly defaults?: ClassDefaults;
  /** Its reader itself refuses keys that it does not understand: it knows no family of whose keys to be sure. */
  readonly refusesUnread?: true;
  /** `dtype` and `quantization_config`, where its files say such things in another form. */
  readonly storage?: (text: ConfigReader) => KeyValues;
  readonly read: FamilyReader;
}

/** What a family's reader is given: the config's root and the object that holds the language model. */
export interface FamilyInput {
  readonly root: ConfigReader;
  readonly text: ConfigReader;
  readonly modelType: string;
}

/** What a family's reader makes of it. */
export type FamilyParts = Pick<Architecture, 'model' | 'groups' | 'ends'> &
  Partial<Pick<Architecture, 'mtp' | 'towers' | 'storedOnly'>>;
export type FamilyReader = (input: FamilyInput) => FamilyParts;

/** Sizes of the whole model. A tie or vocabulary stated at the root counts for a nested config that leaves it out. */
export function readModel(
  { root, text }: FamilyInput,
  layers: Field<number>,
  tiedByDefault: boolean,
  defaults: { readonly hidden?: number; readonly vocab?: number } = {},
): Architecture['model'] {
  const [tie, rows] = ['tie_word_embeddings', 'vocab_size'];
  return sourced({
    hidden: text.size('hidden_size', defaults.hidden),
    vocab: (text.has(rows) || !root.has(rows) ? text : root).size(rows, defaults.vocab),
    layers,
    tiedEmbeddings: text.has(tie) ? text.flag(tie, tiedByDefault) : root.flag(tie, tiedByDefault),
  });
}

/** The hidden size as an input of formulas. */
export const hiddenOf = (model: Architecture['model']): Expression => field(model, 'hidden', 'H');

export type Heads = Pick<SoftmaxSpec, 'queryHeads' | 'kvHeads' | 'headDim'>;

/** Head counts and dims under the usual keys: KV heads default to the query heads, `head_dim` to hidden over heads. */
export function readHeads(
  text: ConfigReader,
  defaults: { readonly headDim?: number; readonly kvHeads?: number; readonly queryHeads?: number } = {},
): Heads {
  const queryHeads = text.size('num_attention_heads', defaults.queryHeads);
  // Absent takes the family's default; null always means as many as query heads.
  const isNull = text.raw('num_key_value_heads') === null;
  const kvHeads = text.size(
    'num_key_value_heads',
    (isNull ? undefined : defaults.kvHeads) ?? {
      value: queryHeads.value,
      origin: { ...queryHeads.origin, note: 'num_key_value_heads is not given: as many as query heads' },
    },
  );
  const headDim = text.size('head_dim', defaults.headDim ?? derivedHeadDim(text, queryHeads));
  checkSharing(text, queryHeads, kvHeads);
  return { queryHeads, kvHeads, headDim };
}

/** `hidden_size / num_attention_heads`, which must be whole where no `head_dim` is given. */
export function derivedHeadDim(text: ConfigReader, queryHeads: Field<number>): Field<number> {
  const isAssumed = text.raw('head_dim') === undefined && text.classDefault('head_dim') !== undefined;
  if (text.has('head_dim') || isAssumed) return given(1);
  const hidden = text.size('hidden_size');
  const derived = hidden.value / queryHeads.value;
  if (!Number.isInteger(derived))
    text.problem(
      'error',
      'config/head-dim',
      `hidden_size ${hidden.value} is not divisible by ${queryHeads.value} heads, and "head_dim" is absent.`,
      ['num_attention_heads'],
      nearest(
        queryHeads.value,
        (n) => hidden.value % n === 0 && (hidden.value / n) % 2 === 0,
        hidden.value,
      ).map((to) =>
        replace({
          path: text.pathOf('num_attention_heads'),
          from: queryHeads.value,
          to,
          because: `head_dim ${hidden.value / to}`,
        }),
      ),
    );
  return {
    value: Math.max(1, Math.floor(derived)),
    origin: {
      paths: [...hidden.origin.paths, ...queryHeads.origin.paths],
      note: 'head_dim is absent: hidden_size / num_attention_heads',
    },
  };
}

/** Query heads must be shared evenly by the KV heads. */
export function checkSharing(text: ConfigReader, queryHeads: Field<number>, kvHeads: Field<number>): void {
  if (queryHeads.value % kvHeads.value === 0) return;
  const own = kvHeads.origin.paths[0];
  const path = own ?? queryHeads.origin.paths[0] ?? [];
  const isSound = (n: number) => queryHeads.value % n === 0;
  const fixes = nearest(kvHeads.value, isSound, queryHeads.value).map((to) =>
    replace({ path, from: kvHeads.value, to, because: `divides ${queryHeads.value}` }),
  );
  text.problem(
    'error',
    'config/kv-heads',
    `${queryHeads.value} query heads can't be shared evenly by ${kvHeads.value} KV heads.`,
    path.slice(text.path.length),
    own && isNumberAt(text, own) ? fixes : [],
  );
}

/** Lists and texts of heads by layer are not mended by a number. */
const isNumberAt = (text: ConfigReader, path: JsonPath): boolean =>
  typeof path
    .slice(text.path.length)
    .reduce<unknown>((at, step) => (isObject(at) ? at[step] : undefined), text.config) === 'number';

/**
 * Says which sizes a whole file leaves to the family's class defaults. Wrappers' nested configs do so as a rule; a file
 * that does has probably lost a line.
 */
export function noteAssumedSizes(text: ConfigReader, keys: readonly string[]): void {
  if (text.path.length > 0) return;
  const absent = keys.filter((key) => text.known.has(key) && !text.has(key));
  if (absent.length === 0) return;
  const names = absent.map((key) => `"${key}"`).join(', ');
  text.problem(
    'warning',
    'config/class-default',
    `${names} ${absent.length === 1 ? 'is' : 'are'} missing: the default of the family's config class counts.`,
  );
}

/** Refuses keys of a family that change what is counted and are not read: null, false, 0 and empty lists switch them off. */
export function refuseKeys(text: ConfigReader, keys: readonly string[]): void {
  for (const key of keys) {
    const value = text.raw(key);
    const isOff = value === false || value === 0 || (Array.isArray(value) && value.length === 0);
    if (text.has(key) && !isOff)
      text.problem('error', 'config/unsupported', `"${key}" of this family is not read yet.`, [key]);
  }
}

/** Width of all shared experts together: their number times one's width. */
export const times = (count: Field<number> | null, width: Field<number>): Field<number> =>
  count === null
    ? given(0)
    : given(count.value * width.value, { paths: [...count.origin.paths, ...width.origin.paths] });

/** The two RMSNorms that most layers have. */
export const twoNorms = (hidden: Expression): Tensor[] =>
  norms(['input_layernorm', 'post_attention_layernorm'], hidden);

/** A layer of one mixer and one FFN. */
export const layer = (attention: AttentionBlock, ffn: FfnBlock, extra: readonly Tensor[]): Layer => ({
  attention: [attention],
  ffn: [ffn],
  extra,
});

/** One attention for all layers; the FFN chosen by layer. */
export function uniformAttention(
  layers: Field<number>,
  attention: AttentionBlock,
  extra: readonly Tensor[],
  ffnPattern: Origin,
  ffnOf: (index: number) => FfnBlock,
): LayerGroup[] {
  const layerWith = memo((ffn: FfnBlock) => layer(attention, ffn, extra));
  return groupLayers(layers, { ffn: ffnPattern }, (i) => layerWith(ffnOf(i)));
}

/** Makes each value once. */
export function memo<K, V>(make: (key: K) => V): (key: K) => V {
  const made = new Map<K, V>();
  return (key) => {
    const known = made.get(key);
    if (known !== undefined) return known;
    const value = make(key);
    made.set(key, value);
    return value;
  };
}
