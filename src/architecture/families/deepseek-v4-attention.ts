import { compressedAttention } from '../blocks';
import { product, quotient, type Expression } from '../expression';
import { given, isObject, sourced, type ConfigReader, type Field } from '../reader';
import { matrix, symbol, vector } from '../tensors';
import type { CompressedBlock, Selection, Tensor } from '../types';

/** Tokens that one compressed entry of each layer stands for: 0 is a window only. */
export interface Compression {
  readonly of: (layer: number) => number;
  /** The ratio whose entries overlap and are picked by an indexer (CSA); the others are not (HCA). */
  readonly sparse: number;
  /** Entries of `compress_ratios` for MTP layers, after those of the layers. */
  readonly beyond: number;
}

const TYPES = ['sliding_attention', 'compressed_sparse_attention', 'heavily_compressed_attention'];
const CSA = 4;
const HCA = 128;

/** DeepSeek's `compress_ratios`, with entries for MTP layers at its end; or transformers' `layer_types` and `compress_rates`. */
export function compressionOf(text: ConfigReader, layers: number): Compression {
  const rates = text.raw('compress_rates');
  const rate = (type: string, legacy: string, fallback: number): number => {
    const value = isObject(rates) ? rates[type] : undefined;
    return text.size(legacy, typeof value === 'number' ? value : fallback).value;
  };
  const sparse = rate(TYPES[1] ?? '', 'compress_rate_csa', CSA);
  const heavy = rate(TYPES[2] ?? '', 'compress_rate_hca', HCA);
  const types = text.perLayer('layer_types', layers);
  const ratios = text.list('compress_ratios');
  const beyond = Math.max(0, (ratios?.length ?? 0) - layers);
  if (types) {
    const wrong = types.findIndex((type) => typeof type !== 'string' || !TYPES.includes(type));
    if (wrong >= 0)
      text.problem(
        'error',
        'config/unsupported',
        `"layer_types" entry ${wrong} must be one of ${TYPES.join(', ')}.`,
        ['layer_types', wrong],
      );
    return { of: (i) => [0, sparse, heavy][TYPES.indexOf(String(types[i]))] ?? 0, sparse, beyond };
  }
  if (ratios) {
    const isRatio = (x: unknown): x is number => typeof x === 'number' && Number.isInteger(x) && x >= 0;
    const wrong = ratios.findIndex((x) => !isRatio(x));
    if (ratios.length < layers || wrong >= 0)
      text.problem(
        'error',
        'config/layer-list',
        wrong >= 0
          ? `"compress_ratios" entry ${wrong} must be a whole number of tokens, or 0.`
          : `"compress_ratios" has ${ratios.length} entries for ${layers} layers.`,
        ['compress_ratios', ...(wrong >= 0 ? [wrong] : [])],
      );
    return { of: (i) => (isRatio(ratios[i]) ? ratios[i] : 0), sparse, beyond };
  }
  // The class default: two heavily compressed layers, then both kinds in turn; the MTP layer has none.
  return { of: (i) => (i >= layers ? 0 : i < 2 || i % 2 === 0 ? heavy : sparse), sparse, beyond };
}

/** The published FP8 checkpoints leave compressors and the indexer's weights at BF16. */
const KEPT = { keepsDtype: true } as const;

/**
 * The pooling of tokens into one entry (report, sections 2.3.1 and 2.3.2): two projections, a bias for each place and a
 * norm. Overlapping windows (CSA) make both twice as wide.
 */
const compressor = (
  at: string,
  hidden: Expression,
  dim: Expression,
  ratio: Expression,
  overlaps: boolean,
): Tensor[] => {
  const width = overlaps ? product(2, dim) : dim;
  return [
    vector(`${at}.ape`, 'attention', product(ratio, width), { fixedBytes: 4 }),
    matrix(`${at}.wkv`, 'attention', width, hidden, KEPT),
    matrix(`${at}.wgate`, 'attention', width, hidden, KEPT),
    vector(`${at}.norm`, 'attention', dim),
  ];
};

/** One latent head that is key and value, low-rank queries, sinks, and an output projection in groups. */
export function compressedAttentionOf(
  text: ConfigReader,
  hidden: Expression,
  ratio: number,
  compression: Compression,
): CompressedBlock {
  const [queryHeads, headDim] = [text.size('num_attention_heads'), text.size('head_dim')];
  const rank = symbol('r_q', text.size('q_lora_rank'));
  const [n, d] = [symbol('n_q', queryHeads), symbol('d', headDim)];
  const groups = symbol('g_o', text.size('o_groups'));
  const output = product(groups, symbol('r_o', text.size('o_lora_rank')));
  const isSparse = ratio === compression.sparse;
  const ratioField: Field<number> = given(ratio, text.originOf('compress_ratios', 'layer_types'));
  const r = symbol('r', ratioField);
  const index = isSparse ? readIndexer(text, hidden, rank, r) : null;
  return compressedAttention({
    queryHeads,
    headDim,
    windowSize: text.size('sliding_window'),
    ratio: ratioField,
    ...(index && { selection: index.selection }),
    tensors: [
      matrix('attn.wq_a', 'attention', rank, hidden),
      vector('attn.q_norm', 'attention', rank),
      matrix('attn.wq_b', 'attention', product(n, d), rank),
      matrix('attn.wkv', 'attention', d, hidden),
      vector('attn.kv_norm', 'attention', d),
      vector('attn.attn_sink', 'attention', n, { fixedBytes: 4 }),
      ...(ratio === 0 ? [] : compressor('attn.compressor', hidden, d, r, isSparse)),
      ...(index?.tensors ?? []),
      matrix('attn.wo_a', 'attention', output, quotient(product(n, d), groups), { afterCore: true }),
      matrix('attn.wo_b', 'attention', hidden, output, { afterCore: true }),
    ],
  });
}

/** The indexer compresses keys of its own at the same pace and reads the low-rank query. */
function readIndexer(text: ConfigReader, hidden: Expression, rank: Expression, ratio: Expression) {
  const [heads, dim] = [text.size('index_n_heads'), text.size('index_head_dim')];
  const [n, d] = [symbol('n_index', heads), symbol('d_index', dim)];
  return {
    selection: sourced<Selection>({
      indexHeads: heads,
      indexDim: dim,
      topK: text.size('index_topk'),
      cachedDim: dim,
    }),
    tensors: [
      matrix('attn.indexer.wq_b', 'attention', product(n, d), rank),
      matrix('attn.indexer.weights_proj', 'attention', n, hidden, KEPT),
      ...compressor('attn.indexer.compressor', hidden, d, ratio, true),
    ],
  };
}
