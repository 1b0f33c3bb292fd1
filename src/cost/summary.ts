import {
  attentionName,
  constant,
  field,
  formulaInputs,
  isFullAttention,
  minimum,
  product,
  quotient,
  sharedExpertCount,
  sum,
  variable,
  type Architecture,
  type AttentionBlock,
  type Expression,
  type MoeBlock,
} from '../architecture';
import type { Accelerator } from '../hardware';
import type { AccountingId, AnalysisOptions, AttentionSummary, MoeSummary } from '../protocol';
import { accountingNotes } from './accounting';
import { minimumSparsity } from './dollars';
import type { Op } from './operations';

/** Bytes one more token adds to the KV cache of a sequence, before any window drops old ones. */
export const kvBytesPerToken = (ops: readonly Op[]): Expression =>
  sum(...ops.map((op) => op.kv.bytesPerToken));

/** The precisions that the KV cache is kept at, such as `FP8` or `BF16 + FP8`: an accounting may keep some layers wider. */
export function kvPrecisions(ops: readonly Op[]): string {
  const widths = formulaInputs(kvBytesPerToken(ops)).filter((input) => input.symbol.startsWith('b_kv'));
  return widths.map((input) => input.note ?? '').join(' + ');
}

/** The part of it that nothing ever drops. */
export const unboundedKvBytesPerToken = (ops: readonly Op[]): Expression =>
  sum(...ops.map((op) => op.kv.unboundedBytesPerToken));

/** KV cache of one sequence at the ops' context, without states. */
export const kvBytesHeld = (ops: readonly Op[]): Expression => sum(...ops.map((op) => op.kv.bytesHeld));

/** KV cache of one sequence as a paged engine reserves it: whole blocks. */
export const kvBytesReserved = (ops: readonly Op[]): Expression =>
  sum(...ops.map((op) => op.kv.bytesReserved));

/** States of one sequence, whatever its context is. */
export const stateBytes = (ops: readonly Op[]): Expression => sum(...ops.map((op) => op.kv.stateBytes));

/**
 * FLOPs per KV or state byte read of the core attention (report, section 4.2): to be compared with an accelerator's
 * FLOPS per byte of bandwidth.
 */
export function arithmeticIntensity(ops: readonly Op[]): Expression {
  const core = ops.filter((op) => op.role === 'attention');
  const bytes = sum(...core.map((op) => op.kv.readBytes));
  return bytes.value === 0 ? constant(0) : quotient(sum(...core.map((op) => op.flops)), bytes);
}

/**
 * Rank that the attention's QK^T form can have, summed over query heads (report, section 4.2; MFA paper,
 * arXiv:2412.19255): head dim, limited by any low-rank projection on the way; the rotary part of MLA is left out.
 */
export function effectiveRank(a: AttentionBlock): Expression {
  if (a.kind === 'recurrent') return product(field(a, 'heads', 'n'), field(a, 'keyDim', 'd_k'));
  const heads = field(a, 'queryHeads', 'n_q');
  switch (a.kind) {
    case 'softmax': {
      const dim = field(a, 'headDim', 'd');
      return product(heads, a.queryRank === null ? dim : minimum(dim, field(a, 'queryRank', 'r_q')));
    }
    case 'latent': {
      const queries = a.queryRank === null ? [] : [field(a, 'queryRank', 'r_q')];
      return product(heads, minimum(field(a, 'nopeDim', 'd_nope'), field(a, 'kvRank', 'r_kv'), ...queries));
    }
    case 'compressed':
      return product(heads, field(a, 'headDim', 'd'));
  }
}

/** That of a model: the largest of its layers; a hybrid's is that of the layers that see everything, where it has any. */
export function modelRank(architecture: Architecture): Expression {
  const blocks = blocksOf(architecture);
  const full = blocks.filter(isFullAttention);
  return (full.length > 0 ? full : blocks)
    .map(effectiveRank)
    .reduce((most, rank) => (rank.value > most.value ? rank : most), constant(0));
}

export const attentionSummary = (architecture: Architecture, ops: readonly Op[]): AttentionSummary => ({
  kinds: [...new Set(blocksOf(architecture).map(attentionName))],
  arithmeticIntensity: arithmeticIntensity(ops).value,
  effectiveRank: modelRank(architecture).value,
});

const blocksOf = (architecture: Architecture): AttentionBlock[] =>
  architecture.groups.flatMap((group) => group.attention);

/** The routed experts of most layers, should there be several kinds. */
export function mainExperts(architecture: Architecture): MoeBlock | null {
  let best: { readonly block: MoeBlock; readonly layers: number } | null = null;
  for (const { ffn, indices } of architecture.groups)
    for (const block of ffn)
      if (block.kind === 'moe' && indices.length > (best?.layers ?? 0))
        best = { block, layers: indices.length };
  return best?.block ?? null;
}

/**
 * Sparsity as the report counts it: activated experts, shared ones included, over routed experts (section 5.4: on H800
 * DeepSeek-V3 would need 14 routed and its shared expert of 256).
 */
export function sparsity(ffn: MoeBlock): Expression {
  const shared = ffn.sharedIntermediate === 0 ? [] : [sharedExperts(ffn)];
  return quotient(sum(field(ffn, 'topK', 'k'), ...shared), field(ffn, 'experts', 'E'));
}

/** As many as `sharedExpertCount` says. */
const sharedExperts = (ffn: MoeBlock): Expression =>
  quotient(field(ffn, 'sharedIntermediate', 'I_shared'), field(ffn, 'intermediate', 'I_moe'));

/**
 * The least sparsity of these experts on an accelerator (`minimumSparsity`). What crosses the network is as wide as the
 * experts' input: hidden, or the latent space that they work in; layers without an FFN do not use it.
 */
export function leastSparsity(
  { model, groups }: Architecture,
  block: MoeBlock,
  accelerator: Accelerator,
  { precision, serving }: Pick<AnalysisOptions, 'precision' | 'serving'>,
): Expression | null {
  const width =
    block.inputDim === model.hidden ? field(model, 'hidden', 'H') : field(block, 'inputDim', 'H_latent');
  const withFfn = groups.filter(({ ffn }) => ffn.length > 0);
  const count = withFfn.reduce((sum, { indices }) => sum + indices.length, 0);
  const layers =
    count === model.layers
      ? variable('L', count, model.origins.layers)
      : variable('L_ffn', count, withFfn[0]?.origins.ffn);
  return minimumSparsity(width, layers, accelerator, precision, serving);
}

export function moeSummary(
  architecture: Architecture,
  accelerators: readonly Accelerator[],
  options: Pick<AnalysisOptions, 'precision' | 'serving'>,
): MoeSummary | null {
  const ffn = mainExperts(architecture);
  if (!ffn) return null;
  return {
    sparsity: sparsity(ffn).value,
    routedExperts: ffn.experts,
    expertsPerToken: ffn.topK,
    sharedExperts: sharedExpertCount(ffn),
    minimumSparsity: Object.fromEntries(
      accelerators.map((a) => [a.name, leastSparsity(architecture, ffn, a, options)?.value ?? null]),
    ),
  };
}

/** The accounting's notes that concern this architecture. */
export function notesFor(architecture: Architecture, accounting: AccountingId): string[] {
  const blocks = blocksOf(architecture);
  return accountingNotes(accounting, {
    latent: blocks.some((a) => a.kind === 'latent'),
    linear: blocks.some((a) => a.kind === 'recurrent'),
    hybrid: blocks.some((a) => !isFullAttention(a)),
    chunked: blocks.some((a) => a.kind === 'softmax' && a.window === 'chunked'),
  });
}
