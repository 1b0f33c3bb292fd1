import { product, sum, type Expression } from '../expression';
import { given, sourced, type Field } from '../reader';
import { field, linear, matrix, vector } from '../tensors';
import type { LatentAttention, LatentBlock, Selection, Sourced, Tensor } from '../types';

export interface LatentSpec {
  readonly queryHeads: Field<number>;
  /** Null: queries are projected at once. */
  readonly queryRank: Field<number | null>;
  readonly kvRank: Field<number>;
  readonly nopeDim: Field<number>;
  readonly ropeDim: Field<number>;
  readonly valueDim: Field<number>;
  /** Biases of q_a, kv_a and o. */
  readonly bias?: boolean;
  readonly selection?: Sourced<Selection>;
  readonly prefix?: string;
  /** Name of the output projection, `o_proj` unless given. */
  readonly outputName?: string;
  /** Queries and a gate of all values from one matrix, of the normalized and the plain query latent (A.X K2). */
  readonly queryGate?: boolean;
  /** Weights of an indexer or a gate. */
  readonly extra?: readonly Tensor[];
}

/**
 * Multi-head latent attention: q_a, q_b, kv_a, kv_b, o as stored. Decoding multiplies with kv_b once, absorbed as W_UK
 * and W_UV (DeepSeek-V2 report, section 2.1).
 */
export function latentAttention(hidden: Expression, spec: LatentSpec): LatentBlock {
  const block = sourced<LatentAttention>({
    kind: given('latent'),
    queryHeads: spec.queryHeads,
    queryRank: spec.queryRank,
    kvRank: spec.kvRank,
    nopeDim: spec.nopeDim,
    ropeDim: spec.ropeDim,
    valueDim: spec.valueDim,
  });
  const p = spec.prefix ?? 'self_attn.';
  const bias = spec.bias ?? false;
  const heads = field(block, 'queryHeads', 'n_q');
  const [rope, nope] = [field(block, 'ropeDim', 'd_rope'), field(block, 'nopeDim', 'd_nope')];
  const [rank, value] = [field(block, 'kvRank', 'r_kv'), field(block, 'valueDim', 'd_v')];
  const queryDim = product(heads, sum(nope, rope));
  const tensors: Tensor[] = [];
  if (block.queryRank === null) tensors.push(matrix(`${p}q_proj`, 'attention', queryDim, hidden));
  else {
    const queryRank = field(block, 'queryRank', 'r_q');
    tensors.push(
      ...linear(`${p}q_a_proj`, 'attention', queryRank, hidden, bias),
      vector(`${p}q_a_layernorm`, 'attention', queryRank),
      spec.queryGate
        ? matrix(`${p}q_gate_proj`, 'attention', sum(queryDim, product(heads, value)), product(2, queryRank))
        : matrix(`${p}q_b_proj`, 'attention', queryDim, queryRank),
    );
  }
  tensors.push(
    ...linear(`${p}kv_a_proj_with_mqa`, 'attention', sum(rank, rope), hidden, bias),
    vector(`${p}kv_a_layernorm`, 'attention', rank),
    matrix(`${p}kv_b_proj`, 'attention', product(heads, sum(nope, value)), rank),
    ...(spec.extra ?? []),
    ...linear(p + (spec.outputName ?? 'o_proj'), 'attention', hidden, product(heads, value), bias, {
      afterCore: true,
    }),
  );
  return { ...block, tensors, selection: spec.selection ?? null };
}
