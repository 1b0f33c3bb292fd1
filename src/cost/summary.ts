import {
  attentionName,
  field,
  formulaInputs,
  isFullAttention,
  sharedExpertCount,
  sum,
  variable,
  type Architecture,
  type AttentionBlock,
  type Expression,
  type LayerGroup,
  type MoeFfn,
} from '../architecture';
import type { Accelerator } from '../hardware';
import type { AccountingId, AttentionSummary, MoeSummary, Precision } from '../protocol';
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
  sum(...ops.filter((op) => !op.kv.bounded).map((op) => op.kv.bytesPerToken));

/** KV cache of one sequence at the ops' context, without states. */
export const kvBytesHeld = (ops: readonly Op[]): Expression => sum(...ops.map((op) => op.kv.bytesHeld));

/** States of one sequence, whatever its context is. */
export const stateBytes = (ops: readonly Op[]): Expression => sum(...ops.map((op) => op.kv.stateBytes));

/**
 * FLOPs per KV or state byte read of the core attention (report, section 4.2): to be compared with an accelerator's
 * FLOPS per byte of bandwidth.
 */
export function arithmeticIntensity(ops: readonly Op[]): number {
  const core = ops.filter((op) => op.role === 'attention');
  const bytes = sum(...core.map((op) => op.kv.readBytes)).value;
  return bytes === 0 ? 0 : sum(...core.map((op) => op.flops)).value / bytes;
}

/**
 * Rank that the attention's QK^T form can have, summed over query heads (report, section 4.2; MFA paper,
 * arXiv:2412.19255): head dim, limited by any low-rank projection on the way; the rotary part of MLA is left out.
 */
export function effectiveRank(a: AttentionBlock): number {
  switch (a.kind) {
    case 'softmax':
      return a.queryHeads * Math.min(a.headDim, a.queryRank ?? Infinity);
    case 'latent':
      return a.queryHeads * Math.min(a.nopeDim, a.kvRank, a.queryRank ?? Infinity);
    case 'linear':
      return a.heads * a.headDim;
  }
}

export function attentionSummary(architecture: Architecture, ops: readonly Op[]): AttentionSummary {
  const kinds = [...new Set(architecture.groups.map((g) => attentionName(g.attention)))];
  // A hybrid's rank is that of the layers that see everything, where it has any.
  const full = architecture.groups.filter((g) => isFullAttention(g.attention));
  const ranks = (full.length > 0 ? full : architecture.groups).map((g) => effectiveRank(g.attention));
  return { kinds, arithmeticIntensity: arithmeticIntensity(ops), effectiveRank: Math.max(0, ...ranks) };
}

/** A layer group with routed experts: the largest, should there be several. */
export function moeGroup(architecture: Architecture): (LayerGroup & { readonly ffn: MoeFfn }) | null {
  const groups = architecture.groups.filter(
    (g): g is LayerGroup & { readonly ffn: LayerGroup['ffn'] & MoeFfn } => g.ffn.kind === 'moe',
  );
  return groups.sort((a, b) => b.indices.length - a.indices.length)[0] ?? null;
}

/**
 * Sparsity as the report counts it: activated experts, shared ones included, over routed experts (section 5.4: on H800
 * DeepSeek-V3 would need 14 routed and its shared expert of 256).
 */
export const sparsity = (ffn: MoeFfn): number => (ffn.topK + sharedExpertCount(ffn)) / ffn.experts;

export function moeSummary(
  architecture: Architecture,
  accelerators: readonly Accelerator[],
  precision: Precision,
): MoeSummary | null {
  const group = moeGroup(architecture);
  if (!group) return null;
  const { ffn } = group;
  const hidden = field(architecture.model, 'hidden', 'H');
  const layers = variable('L', architecture.model.layers, architecture.model.origins.layers);
  return {
    sparsity: sparsity(ffn),
    routedExperts: ffn.experts,
    expertsPerToken: ffn.topK,
    sharedExperts: sharedExpertCount(ffn),
    minimumSparsity: Object.fromEntries(
      accelerators.map((a) => [a.name, minimumSparsity(hidden, layers, a, precision)?.value ?? null]),
    ),
  };
}

/** The accounting's notes that concern this architecture. */
export function notesFor(architecture: Architecture, accounting: AccountingId): string[] {
  const blocks = architecture.groups.map((group) => group.attention);
  return accountingNotes(accounting, {
    latent: blocks.some((a) => a.kind === 'latent'),
    linear: blocks.some((a) => a.kind === 'linear'),
    hybrid: blocks.some((a) => !isFullAttention(a)),
    chunked: blocks.some((a) => a.kind === 'softmax' && a.window === 'chunked'),
  });
}
