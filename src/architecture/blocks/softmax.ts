import { constant, product, sum, type Expression } from '../expression';
import { given, sourced, type Field } from '../reader';
import { field, linear, matrix, vector } from '../tensors';
import type { Selection, SoftmaxAttention, SoftmaxBlock, Sourced, Tensor } from '../types';

export interface Window {
  readonly kind: 'sliding' | 'chunked';
  readonly size: Field<number>;
}

export interface SoftmaxSpec {
  readonly queryHeads: Field<number>;
  readonly kvHeads: Field<number>;
  readonly headDim: Field<number>;
  /** Absent: as wide as the key. */
  readonly valueDim?: Field<number>;
  /** MFA: rank of the shared query down-projection. */
  readonly queryRank?: Field<number | null>;
  readonly window?: Window | null;
  readonly cache?: SoftmaxAttention['cache'];
  readonly selection?: Sourced<Selection>;
  /** Biases of the projections; `qkv` stands for q, k and v. */
  readonly bias?: {
    readonly qkv?: boolean;
    readonly q?: boolean;
    readonly k?: boolean;
    readonly v?: boolean;
    readonly o?: boolean;
  };
  /**
   * Norms of queries and keys: `head` one vector of head_dim for all heads; `heads` one for each head; `full` one over
   * all heads together. The sizes of `heads` and `full` are equal.
   */
  readonly qkNorm?: 'none' | 'head' | 'heads' | 'full';
  readonly qkNormBias?: boolean;
  /** Output gate: `elementwise` doubles q_proj, `headwise` has one scalar a head (g_proj). */
  readonly gate?: 'none' | 'elementwise' | 'headwise';
  /** A learned sink logit for every query head. */
  readonly sinks?: boolean;
  /** No v_proj: values are the keys before their norm; both are cached. */
  readonly keyIsValue?: boolean;
  /** Layers that read another layer's cache have no k_proj and v_proj. */
  readonly prefix?: string;
  /** Other names of the projections than q_proj, k_proj, v_proj, o_proj. `qkv` makes one matrix of the first three. */
  readonly names?: {
    readonly q?: string;
    readonly k?: string;
    readonly v?: string;
    readonly o?: string;
    readonly qkv?: string;
    readonly qNorm?: string;
    readonly kNorm?: string;
  };
  /** What the projections read, where that is not the hidden size (Zamba2: twice of it). */
  readonly inputDim?: Expression;
  /** Whatever else belongs to the block. */
  readonly extra?: readonly Tensor[];
}

/** A softmax attention block with its weights. */
export function softmaxAttention(hidden: Expression, spec: SoftmaxSpec): SoftmaxBlock {
  const { window = null, bias = {}, names = {}, cache = 'own', qkNorm = 'none', gate = 'none' } = spec;
  const block = sourced<SoftmaxAttention>({
    kind: given('softmax'),
    queryHeads: spec.queryHeads,
    kvHeads: spec.kvHeads,
    headDim: spec.headDim,
    valueDim: spec.valueDim ?? spec.headDim,
    queryRank: spec.queryRank ?? given(null),
    window: window ? given(window.kind, window.size.origin) : given('none'),
    windowSize: window?.size ?? given(0),
    cache: given(cache),
  });
  const prefix = spec.prefix ?? 'self_attn.';
  const name = (key: 'q' | 'k' | 'v' | 'o', usual: string) => prefix + (names[key] ?? usual);
  const [d, heads, kvHeads] = [
    field(block, 'headDim', 'd'),
    field(block, 'queryHeads', 'n_q'),
    field(block, 'kvHeads', 'n_kv'),
  ];
  const dv = spec.valueDim ? field(block, 'valueDim', 'd_v') : d;
  const [queries, keys, values, outputs] = [
    product(heads, d),
    product(kvHeads, d),
    product(kvHeads, dv),
    product(heads, dv),
  ];
  const input = spec.inputDim ?? hidden;
  const ownsKv = cache !== 'shared';
  // Keys and values of an image are made once, by no token that is decoded.
  const ofKv = cache === 'cross' ? { activated: constant(0) } : {};
  const has = (key: 'q' | 'k' | 'v') => bias[key] ?? bias.qkv ?? false;
  const tensors: Tensor[] = [];
  if (names.qkv !== undefined)
    tensors.push(
      ...linear(prefix + names.qkv, 'attention', sum(queries, keys, values), input, bias.qkv ?? false),
    );
  else {
    const gated = gate === 'elementwise' ? product(2, queries) : queries;
    if (block.queryRank === null)
      tensors.push(...linear(name('q', 'q_proj'), 'attention', gated, input, has('q')));
    else {
      const rank = field(block, 'queryRank', 'r_q');
      tensors.push(
        matrix(`${prefix}q_proj`, 'attention', rank, input),
        vector(`${prefix}inter_norm`, 'attention', rank),
        matrix(`${prefix}wq`, 'attention', gated, rank),
      );
    }
    if (ownsKv) {
      tensors.push(...linear(name('k', 'k_proj'), 'attention', keys, input, has('k'), ofKv));
      if (!spec.keyIsValue)
        tensors.push(...linear(name('v', 'v_proj'), 'attention', values, input, has('v'), ofKv));
    }
  }
  if (gate === 'headwise') tensors.push(matrix(`${prefix}g_proj`, 'attention', heads, input));
  if (qkNorm !== 'none') {
    const sizes: readonly (readonly [string, Expression])[] = [
      [names.qNorm ?? 'q_norm', qkNorm === 'head' ? d : queries],
      ...(ownsKv ? [[names.kNorm ?? 'k_norm', qkNorm === 'head' ? d : keys] as const] : []),
    ];
    for (const [norm, size] of sizes) {
      tensors.push(vector(prefix + norm, 'attention', size));
      if (spec.qkNormBias) tensors.push(vector(`${prefix}${norm}.bias`, 'attention', size));
    }
  }
  if (spec.sinks) tensors.push(vector(`${prefix}sinks`, 'attention', heads));
  tensors.push(
    ...(spec.extra ?? []),
    ...linear(name('o', 'o_proj'), 'attention', hidden, outputs, bias.o ?? false, { afterCore: true }),
  );
  return { ...block, tensors, selection: spec.selection ?? null };
}
