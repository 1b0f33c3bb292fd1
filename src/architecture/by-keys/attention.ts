import { latentAttention, softmaxAttention, type SoftmaxSpec, type Window } from '../blocks';
import type { Expression } from '../expression';
import { memo, readHeads } from '../families/decoder';
import { given, type ConfigReader, type Field } from '../reader';
import type { AttentionBlock } from '../types';

/** Which layers look back how far. */
export type WindowOf = (layer: number) => Window['kind'] | null;

/** Attention of each layer by whatever keys there are: MLA where a latent rank is given, else softmax attention with heads. */
export function attentionByKeys(
  text: ConfigReader,
  hidden: Expression,
  layers: Field<number>,
  assume: (what: string) => void,
): (layer: number) => AttentionBlock {
  const kvRank = text.optionalSize('kv_lora_rank', 0);
  if (kvRank !== null && kvRank.value > 0) {
    const block = latentByKeys(text, hidden, kvRank);
    return () => block;
  }
  const heads = softmaxByKeys(text, assume);
  const { sizes, of } = windowsByKeys(text, layers.value, assume);
  const blockOf = memo((kind: Window['kind'] | null) =>
    softmaxAttention(hidden, { ...heads, window: kind && { kind, size: sizes[kind] } }),
  );
  return (layer) => blockOf(of(layer));
}

/** DeepSeek's keys; no rank, null or 0 for the queries means one full matrix. */
function latentByKeys(text: ConfigReader, hidden: Expression, kvRank: Field<number>): AttentionBlock {
  const queryRank = text.optionalSize('q_lora_rank', 0);
  // What the heads would be without it.
  for (const key of ['head_dim', 'num_key_value_heads', 'qk_head_dim']) text.has(key);
  return latentAttention(hidden, {
    queryHeads: text.size('num_attention_heads'),
    queryRank: queryRank !== null && queryRank.value > 0 ? queryRank : given(null),
    kvRank,
    nopeDim: text.size('qk_nope_head_dim'),
    ropeDim: text.size('qk_rope_head_dim'),
    valueDim: text.size('v_head_dim'),
    bias: text.flag('attention_bias', false).value,
  });
}

function softmaxByKeys(text: ConfigReader, assume: (what: string) => void): SoftmaxSpec {
  const isMultiQuery = text.flag('multi_query', false);
  const heads = readHeads(
    isMultiQuery.value && !text.has('num_key_value_heads')
      ? text.withValues({
          num_key_value_heads: given(1, { ...isMultiQuery.origin, note: 'one KV head for all queries' }),
        })
      : text,
  );
  const valueDim = text.optionalSize('v_head_dim');
  const all = text.flag('use_bias', false).value;
  const attention = text.flag('attention_bias', all).value;
  const qkNorm = text.flag('use_qk_norm', false).value;
  if (qkNorm) assume('one query and one key norm a layer, as wide as a head');
  return {
    ...heads,
    ...(valueDim && { valueDim }),
    bias: { qkv: text.flag('qkv_bias', attention).value, o: attention },
    qkNorm: qkNorm ? 'head' : 'none',
  };
}

const KIND_OF_TYPE: Readonly<Record<string, Window['kind'] | null>> = {
  full_attention: null,
  global: null,
  attention: null,
  sliding_attention: 'sliding',
  chunked_attention: 'chunked',
};

/** Windows and chunks of layers, by `layer_types`, by a period, or the same for all. */
function windowsByKeys(
  text: ConfigReader,
  layers: number,
  assume: (what: string) => void,
): { readonly sizes: Readonly<Record<Window['kind'], Field<number>>>; readonly of: WindowOf } {
  const types = text.perLayer('layer_types', layers);
  const sliding = text.optionalSize('sliding_window', 0);
  const chunk = text.optionalSize('attention_chunk_size', 0);
  const isOn = text.flag('use_sliding_window', true).value;
  // EXAONE 4 writes its pattern out: LLLG.
  const letters = /^[LG]+$/.exec(text.text('sliding_window_pattern') ?? '')?.[0];
  const period = letters === undefined ? text.optionalSize('sliding_window_pattern') : null;
  const from = text.optionalSize('max_window_layers', 0);
  const none = given(1);
  const sizes = { sliding: sliding ?? none, chunked: chunk ?? none };
  if (types) {
    const unknown = types.find((type) => typeof type !== 'string' || !Object.hasOwn(KIND_OF_TYPE, type));
    if (unknown !== undefined)
      text.problem(
        'error',
        'config/unsupported',
        `"layer_types" names ${JSON.stringify(unknown)}, which is no kind of attention that can be read by its keys.`,
        ['layer_types'],
      );
    const of: WindowOf = (i) => {
      const type = types[i];
      return typeof type === 'string' ? (KIND_OF_TYPE[type] ?? null) : null;
    };
    const layersWith = (kind: Window['kind']) => types.some((_, i) => of(i) === kind);
    return {
      sizes: {
        sliding: layersWith('sliding') ? text.size('sliding_window') : none,
        chunked: layersWith('chunked') ? text.size('attention_chunk_size') : none,
      },
      of,
    };
  }
  if (chunk !== null && chunk.value > 0)
    text.problem(
      'error',
      'config/unsupported',
      '"attention_chunk_size" is given, and no "layer_types" says which layers attend within chunks.',
      ['attention_chunk_size'],
    );
  if (sliding === null || sliding.value === 0 || !isOn) return { sizes, of: () => null };
  if (letters !== undefined)
    return { sizes, of: (i) => (letters[i % letters.length] === 'G' ? null : 'sliding') };
  if (period) return { sizes, of: (i) => ((i + 1) % period.value === 0 ? null : 'sliding') };
  // Qwen's convention, where the switch is its own.
  if (from && text.has('use_sliding_window'))
    return { sizes, of: (i) => (i >= from.value ? 'sliding' : null) };
  assume('the sliding window holds for all layers');
  return { sizes, of: () => 'sliding' };
}
