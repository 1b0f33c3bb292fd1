import { recurrentMixer, STATE_FLOPS } from '../blocks';
import { product, sum, type Expression } from '../expression';
import type { ConfigReader, Field } from '../reader';
import { linear, matrix, symbol, vector } from '../tensors';
import type { LatentBlock, RecurrentBlock, Tensor } from '../types';
import { derivedHeadDim } from './decoder';
import { kimiDeltaAttention } from './kda';
import { readLatent } from './latent';

const PREFIX = 'attention.';

/** MLA, from version 3 on with a gate on its output: one value a head, or one a channel. */
export function bailingLatent(text: ConfigReader, hidden: Expression): LatentBlock {
  const kind = text.text('gated_attention_proj_granularity_type');
  const heads = symbol('n_q', text.size('num_attention_heads'));
  const widths: Readonly<Record<string, Expression>> = {
    head_wise: heads,
    element_wise: product(heads, symbol('d_v', text.size('v_head_dim'))),
  };
  const width = kind === null ? undefined : widths[kind];
  if (kind !== null && width === undefined)
    text.problem('error', 'config/unsupported', `An output gate of the kind "${kind}" is not read yet.`, [
      'gated_attention_proj_granularity_type',
    ]);
  return readLatent(text, hidden, {
    prefix: PREFIX,
    outputName: 'dense',
    extra: width ? [matrix(`${PREFIX}g_proj`, 'attention', width, hidden)] : [],
  });
}

/** A linear layer: Kimi Delta Attention from version 3 on, lightning attention before. */
export function bailingMixer(text: ConfigReader, hidden: Expression, isDelta: boolean): RecurrentBlock {
  const heads = text.size('num_attention_heads');
  const headDim = text.size('head_dim', derivedHeadDim(text, heads));
  // 0 or absent: as many as query heads.
  const given = text.optionalSize('num_kv_heads_for_linear_attn', 0);
  const kvHeads = given && given.value > 0 ? given : heads;
  if (!isDelta) return lightningAttention(text, hidden, heads, kvHeads, headDim);
  const rank = text.flag('no_kda_lora', false).value ? 'full-rank' : 'low-rank';
  return kimiDeltaAttention(hidden, {
    heads: kvHeads,
    headDim,
    kernel: text.size('short_conv_kernel_size', 4),
    forgetGate: rank,
    outputGate: rank,
    prefix: PREFIX,
    inFp32: true,
  });
}

/** Lightning attention with norms of queries and keys, and a gated norm over all heads. */
function lightningAttention(
  text: ConfigReader,
  hidden: Expression,
  heads: Field<number>,
  kvHeads: Field<number>,
  headDim: Field<number>,
): RecurrentBlock {
  const [n, d] = [symbol('n', heads), symbol('d', headDim)];
  const inner = product(n, d);
  const keys = product(symbol('n_kv', kvHeads), d);
  const bias = text.flag('use_bias', false).value;
  const hasBias = text.flag('use_qkv_bias', false).value || bias;
  const qkNorms: Tensor[] = text.flag('use_qk_norm', false).value
    ? ['query_layernorm', 'key_layernorm'].map((name) => vector(PREFIX + name, 'attention', d))
    : [];
  return recurrentMixer({
    variant: 'lightning',
    heads,
    keyDim: headDim,
    valueDim: headDim,
    flopsPerStateElement: STATE_FLOPS.lightning,
    tensors: [
      ...linear(`${PREFIX}query_key_value`, 'attention', sum(inner, product(2, keys)), hidden, hasBias),
      ...qkNorms,
      matrix(`${PREFIX}g_proj`, 'attention', inner, hidden),
      vector(`${PREFIX}g_norm`, 'attention', inner),
      ...linear(`${PREFIX}dense`, 'attention', hidden, inner, bias, { afterCore: true }),
    ],
  });
}
