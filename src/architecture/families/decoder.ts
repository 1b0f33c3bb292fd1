import type { Origin } from '../expression';
import { given, groupLayers, sourced, type ConfigReader, type Field } from '../reader';
import type {
  Architecture,
  AttentionBlock,
  DenseFfn,
  FfnBlock,
  LayerGroup,
  MoeFfn,
  SoftmaxAttention,
} from '../types';

/** What a family's reader is given: the config's root and the object that holds the language model. */
export interface FamilyInput {
  readonly root: ConfigReader;
  readonly text: ConfigReader;
}

/** What a family's reader makes of it. */
export type FamilyParts = Pick<Architecture, 'model' | 'groups' | 'mtp'> & {
  /** Absent where the family's reader knows no vision tower. */
  readonly vision?: Architecture['vision'];
};
export type FamilyReader = (input: FamilyInput) => FamilyParts;

/** The ends of the model: hidden size, vocabulary, layers, tied embeddings. A tie stated at the root counts for a nested text config. */
export function readEnds(
  { root, text }: FamilyInput,
  layers: Field<number>,
  tiedByDefault: boolean,
): Architecture['model'] {
  const tie = 'tie_word_embeddings';
  return sourced({
    hidden: text.size('hidden_size'),
    vocab: text.size('vocab_size'),
    layers,
    tiedEmbeddings: text.has(tie) ? text.flag(tie, tiedByDefault) : root.flag(tie, tiedByDefault),
  });
}

/** Head counts and dims under the usual keys: KV heads default to the query heads, `head_dim` to hidden over heads. */
export function readHeads(
  text: ConfigReader,
  hidden: Field<number>,
  defaults: { readonly headDim?: number; readonly kvHeads?: number } = {},
): Pick<{ [K in keyof SoftmaxAttention]: Field<SoftmaxAttention[K]> }, 'queryHeads' | 'kvHeads' | 'headDim'> {
  const queryHeads = text.size('num_attention_heads');
  // Absent takes the family's default; null always means as many as query heads.
  const isNull = text.raw('num_key_value_heads') === null;
  const kvHeads = text.size(
    'num_key_value_heads',
    (isNull ? undefined : defaults.kvHeads) ?? {
      value: queryHeads.value,
      origin: { ...queryHeads.origin, note: 'num_key_value_heads is not given: as many as query heads' },
    },
  );
  const derived = hidden.value / queryHeads.value;
  if (!text.has('head_dim') && defaults.headDim === undefined && !Number.isInteger(derived))
    text.problem(
      'error',
      'config/head-dim',
      `hidden_size ${hidden.value} is not divisible by ${queryHeads.value} heads, and "head_dim" is absent.`,
      ['num_attention_heads'],
    );
  const headDim = text.size(
    'head_dim',
    defaults.headDim ?? {
      value: Math.max(1, Math.floor(derived)),
      origin: {
        paths: [...hidden.origin.paths, ...queryHeads.origin.paths],
        note: 'head_dim is absent: hidden_size / num_attention_heads',
      },
    },
  );
  checkSharing(text, queryHeads, kvHeads);
  return { queryHeads, kvHeads, headDim };
}

/** Query heads must be shared evenly by the KV heads. */
export function checkSharing(text: ConfigReader, queryHeads: Field<number>, kvHeads: Field<number>): void {
  if (queryHeads.value % kvHeads.value === 0) return;
  const path = kvHeads.origin.paths[0] ?? queryHeads.origin.paths[0] ?? [];
  text.problem(
    'error',
    'config/kv-heads',
    `${queryHeads.value} query heads can't be shared evenly by ${kvHeads.value} KV heads.`,
    path.slice(text.path.length),
  );
}

const ABSENT = given<null>(null);

/** A softmax attention block; what is not given is absent. */
export function softmaxBlock(
  fields: Pick<
    { [K in keyof SoftmaxAttention]: Field<SoftmaxAttention[K]> },
    'queryHeads' | 'kvHeads' | 'headDim'
  > &
    Partial<{ [K in keyof SoftmaxAttention]: Field<SoftmaxAttention[K]> }>,
): AttentionBlock {
  return sourced<SoftmaxAttention>({
    kind: given('softmax'),
    queryRank: ABSENT,
    window: given('none'),
    windowSize: given(0),
    qkvBias: given(false),
    outputBias: given(false),
    qkNorm: given(false),
    ...fields,
  });
}

/** The same attention under a sliding window or in chunks. */
export const windowed = (
  fields: Parameters<typeof softmaxBlock>[0],
  window: 'sliding' | 'chunked',
  size: Field<number>,
): AttentionBlock => softmaxBlock({ ...fields, window: given(window, size.origin), windowSize: size });

export const denseBlock = (intermediate: Field<number>, bias = given(false)): FfnBlock =>
  sourced<DenseFfn>({ kind: given('dense'), intermediate, bias });

/** A block of routed experts; checks that the router can pick as many as it should. */
export function moeBlock(
  text: ConfigReader,
  fields: Pick<{ [K in keyof MoeFfn]: Field<MoeFfn[K]> }, 'experts' | 'topK' | 'intermediate'> &
    Partial<{ [K in keyof MoeFfn]: Field<MoeFfn[K]> }>,
): FfnBlock {
  const { experts, topK } = fields;
  if (topK.value > experts.value) {
    const path = topK.origin.paths[0] ?? experts.origin.paths[0];
    text.problem(
      'error',
      'config/top-k',
      `A token can't be routed to ${topK.value} of ${experts.value} experts.`,
      path ? path.slice(text.path.length) : [],
    );
  }
  return sourced<MoeFfn>({
    kind: given('moe'),
    sharedIntermediate: given(0),
    routerBias: given(false),
    sharedGate: given(false),
    ...fields,
  });
}

/** Width of all shared experts together: their number times one's width. */
export const times = (count: Field<number> | null, width: Field<number>): Field<number> =>
  count === null
    ? given(0)
    : given(count.value * width.value, { paths: [...count.origin.paths, ...width.origin.paths] });

/** One attention for all layers; the FFN chosen by layer. */
export const uniformAttention = (
  layers: Field<number>,
  attention: AttentionBlock,
  ffnPattern: Origin,
  ffnOf: (index: number) => FfnBlock,
): LayerGroup[] => groupLayers(layers, { ffn: ffnPattern }, (index) => ({ attention, ffn: ffnOf(index) }));
