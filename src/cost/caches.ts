import {
  ceiling,
  field,
  minimum,
  product,
  quotient,
  sum,
  variable,
  type AttentionBlock,
  type CompressedBlock,
  type Expression,
  type LatentBlock,
  type RecurrentBlock,
  type SoftmaxBlock,
} from '../architecture';
import type { AnalysisOptions } from '../protocol';
import type { Accounting } from './accounting';

/**
 * One kind of entry that a layer caches and attends to. A softmax layer has one kind (K and V of a token), a sparse one
 * also index keys, a compressed one entries of its window and compressed ones.
 */
export interface CacheStream {
  /** Elements of one entry. */
  readonly elements: Expression;
  /** Tokens that one entry stands for; null: one. */
  readonly stride: Expression | null;
  /** Tokens whose entries are kept at most; null: all. */
  readonly cap: Expression | null;
  /** Entries that one token attends to at most; null: all that are kept. */
  readonly topK: Expression | null;
  /** Multiply-adds per entry attended to, over all query heads. */
  readonly flopWidth: Expression;
  /** False: another layer stores these entries, this one reads them. */
  readonly isStored: boolean;
}

/** What a layer caches. Empty for states and for cross attention, whose KV is made once an image. */
export function cacheStreams(
  a: SoftmaxBlock | LatentBlock | CompressedBlock,
  accounting: Accounting,
): readonly CacheStream[] {
  const main = mainStreams(a, accounting);
  const { selection } = a;
  if (!selection || selection.indexDim === 0) return main;
  const indexDim = field(selection, 'indexDim', 'd_index');
  return [
    ...main,
    {
      elements: selection.cachedDim > 0 ? field(selection, 'cachedDim', 'd_index') : indexDim,
      stride: a.kind === 'compressed' ? field(a, 'ratio', 'r') : null,
      cap: null,
      topK: null,
      flopWidth: product(field(selection, 'indexHeads', 'n_index'), indexDim),
      isStored: selection.cachedDim > 0,
    },
  ];
}

function mainStreams(
  a: SoftmaxBlock | LatentBlock | CompressedBlock,
  accounting: Accounting,
): readonly CacheStream[] {
  const topK = a.selection ? field(a.selection, 'topK', 'k_attn') : null;
  switch (a.kind) {
    case 'softmax': {
      if (a.cache === 'cross') return [];
      const [heads, kvHeads, d] = [
        field(a, 'queryHeads', 'n_q'),
        field(a, 'kvHeads', 'n_kv'),
        field(a, 'headDim', 'd'),
      ];
      // K and V of each KV head; every query head does QK^T and PV.
      const both = (count: Expression) =>
        a.valueDim === a.headDim ? product(2, count, d) : product(count, sum(d, field(a, 'valueDim', 'd_v')));
      return [
        {
          elements: both(kvHeads),
          stride: null,
          cap: a.window === 'none' ? null : field(a, 'windowSize', a.window === 'chunked' ? 'C_chunk' : 'W'),
          topK,
          flopWidth: both(heads),
          isStored: a.cache === 'own',
        },
      ];
    }
    case 'latent': {
      // Absorbed: QK^T over latent and rotary part, PV over the latent (DeepSeek-V2 report, section 2.1).
      const rank = field(a, 'kvRank', 'r_kv');
      const cached = sum(rank, field(a, 'ropeDim', 'd_rope'));
      const value = accounting.latentValueDim === 'kv-rank' ? rank : cached;
      return [
        {
          elements: cached,
          stride: null,
          cap: null,
          topK,
          flopWidth: product(field(a, 'queryHeads', 'n_q'), sum(cached, value)),
          isStored: true,
        },
      ];
    }
    case 'compressed': {
      const d = field(a, 'headDim', 'd');
      // One latent is key and value: cached once, used in QK^T and PV.
      const flopWidth = product(field(a, 'queryHeads', 'n_q'), 2, d);
      const window: CacheStream = {
        elements: d,
        stride: null,
        cap: field(a, 'windowSize', 'W'),
        topK: null,
        flopWidth,
        isStored: true,
      };
      if (a.ratio === 0) return [window];
      return [
        window,
        { elements: d, stride: field(a, 'ratio', 'r'), cap: null, topK, flopWidth, isStored: true },
      ];
    }
  }
}

/** What a stream holds, reads and computes at a context, a layer and sequence, in entries. */
export interface StreamSize {
  readonly held: Expression;
  readonly attended: Expression;
  readonly reserved: Expression;
}

export function streamSize(
  { stride, cap, topK }: CacheStream,
  context: Expression,
  options: Pick<AnalysisOptions, 'kvBlockSize' | 'windowReservation'>,
): StreamSize {
  const entries = (tokens: Expression) => (stride ? quotient(tokens, stride) : tokens);
  const held = entries(cap ? minimum(context, cap) : context);
  const block = variable('b_block', options.kvBlockSize, { paths: [], note: 'tokens a block' });
  const blocks = (tokens: Expression) => ceiling(quotient(tokens, block));
  const all = blocks(context);
  // A window's tokens lie in one block more than they fill, but where it is aligned.
  const reserved = cap && options.windowReservation === 'window' ? minimum(all, sum(blocks(cap), 1)) : all;
  return {
    held,
    attended: topK ? minimum(held, topK) : held,
    reserved: entries(product(reserved, block)),
  };
}

/** Bytes of a recurrent mixer's state and of the inputs its convolution keeps, a layer and sequence. */
export function stateSize(a: RecurrentBlock): { readonly elements: Expression; readonly bytes: Expression } {
  const elements = product(field(a, 'heads', 'n'), field(a, 'keyDim', 'd_k'), field(a, 'valueDim', 'd_v'));
  const bytes = product(elements, variable('b_state', a.stateBytesPerElement, stateNote(a)));
  if (a.convChannels * a.convTaps === 0) return { elements, bytes };
  const conv = product(field(a, 'convChannels', 'c_conv'), field(a, 'convTaps', 'k_conv'));
  return { elements, bytes: sum(bytes, product(conv, variable('b_conv', 2, { paths: [], note: 'BF16' }))) };
}
const stateNote = (a: RecurrentBlock) =>
  a.origins.stateBytesPerElement?.paths.length
    ? a.origins.stateBytesPerElement
    : { paths: [], note: a.stateBytesPerElement === 4 ? 'FP32' : 'BF16' };

export const isRecurrent = (a: AttentionBlock): a is RecurrentBlock => a.kind === 'recurrent';
