import { product, type Expression } from '../expression';
import { given, sourced, type ConfigReader } from '../reader';
import { matrix, symbol, vector } from '../tensors';
import type { Selection, Sourced, Tensor } from '../types';
import { readQueryRank } from './latent';

/**
 * DeepSeek Sparse Attention (DeepSeek-V3.2 report, section 2.1; transformers' glm_moe_dsa): an indexer in front of MLA
 * scores every cached token with small heads and one cached index key, and attention reads the best `index_topk`.
 */
export interface Indexers {
  /** Has this layer an indexer of its own? Else it attends to what the layer before chose (GLM-5.2). */
  readonly owns: (layer: number) => boolean;
  readonly of: (owns: boolean) => {
    readonly selection: Sourced<Selection>;
    readonly extra: readonly Tensor[];
  };
}

/** Null for dense attention: vLLM, too, goes by `index_topk`, whatever the model type is. */
export function readIndexers(text: ConfigReader, hidden: Expression, layers: number): Indexers | null {
  const topK = text.optionalSize('index_topk');
  if (!topK) return null;
  const heads = text.size('index_n_heads');
  const dim = text.size('index_head_dim');
  const own = sourced<Selection>({ indexHeads: heads, indexDim: dim, topK, cachedDim: dim });
  const none = given(0);
  const shared = sourced<Selection>({ indexHeads: none, indexDim: none, topK, cachedDim: none });
  const rank = readQueryRank(text);
  const [n, d] = [symbol('n_index', heads), symbol('d_index', dim)];
  const queryInput = rank.value === null ? hidden : symbol('r_q', { ...rank, value: rank.value });
  const at = (name: string) => `self_attn.indexer.${name}`;
  const extra = [
    matrix(at('wq_b'), 'attention', product(n, d), queryInput),
    matrix(at('wk'), 'attention', d, hidden),
    vector(at('k_norm'), 'attention', d),
    vector(at('k_norm.bias'), 'attention', d),
    matrix(at('weights_proj'), 'attention', n, hidden, { keepsDtype: true }),
  ];
  return {
    owns: indexerLayers(text, layers),
    of: (owns) => (owns ? { selection: own, extra } : { selection: shared, extra: [] }),
  };
}

/** `indexer_types`, or what transformers makes it of: a pattern of F and S, or a period after some first layers. */
function indexerLayers(text: ConfigReader, layers: number): (layer: number) => boolean {
  const types = text.perLayer('indexer_types', layers);
  const pattern = text.raw('index_topk_pattern');
  const every = Math.max(text.size('index_topk_freq', 1, 0).value, 1);
  const offset = text.size('index_skip_topk_offset', 2, 0).value;
  if (types) return (i) => types[i] === 'full';
  if (typeof pattern === 'string') return (i) => pattern[i] !== 'S';
  if (Array.isArray(pattern)) return (i) => pattern[i] !== 'shared' && pattern[i] !== 'S';
  return (i) => Math.max(i - offset + 1, 0) % every === 0;
}
