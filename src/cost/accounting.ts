import type { AccountingId, Precision } from '../protocol';

/**
 * What an accounting counts. The two differ in these switches only; `accountingNotes` says so wherever a cost is shown.
 */
export interface Accounting {
  readonly id: AccountingId;
  /** Width of MLA's PV product: the latent alone, or (report) latent and rotary part, as for QK^T. */
  readonly latentValueDim: 'kv-rank' | 'kv-rank-and-rope';
  /** FLOPs per element of a linear-attention state and token; null: those of its own update. */
  readonly flopsPerStateElement: number | null;
  /** The new token's KV is written to memory too. */
  readonly countsKvWrite: boolean;
  /** Routers, LM head and the embedding row. */
  readonly countsOther: boolean;
  /** Precision of full-attention KV in models that mix it with windows, chunks or linear attention, at the least. */
  readonly hybridFullAttentionKv: Precision | null;
  /** The roofline's maximum of compute and memory: of each layer kind by itself, or of all attention together. */
  readonly rooflineOver: 'each-operation' | 'all-attention';
  /** Attention computes at its KV cache's precision, or (report) at that of the weights. */
  readonly attentionPrecision: 'kv' | 'weights';
}

const EXACT: Accounting = {
  id: 'exact',
  latentValueDim: 'kv-rank',
  flopsPerStateElement: null,
  countsKvWrite: true,
  countsOther: true,
  hybridFullAttentionKv: null,
  rooflineOver: 'each-operation',
  attentionPrecision: 'kv',
};

/** The conventions of arXiv:2507.19427, tables 2, 3 and 6. */
const STEP3_PAPER: Accounting = {
  id: 'step3-paper',
  latentValueDim: 'kv-rank-and-rope',
  flopsPerStateElement: 10,
  countsKvWrite: false,
  countsOther: false,
  hybridFullAttentionKv: 'bf16',
  rooflineOver: 'all-attention',
  attentionPrecision: 'weights',
};

export const accountingOf = (id: AccountingId): Accounting => (id === 'exact' ? EXACT : STEP3_PAPER);

/** What decides which of the differences between the accountings a model feels. */
export interface NoteContext {
  readonly latent: boolean;
  readonly linear: boolean;
  readonly hybrid: boolean;
  readonly chunked: boolean;
}

/** For the user, beside every cost: what this accounting counts for such a model and how the other one differs. */
export function accountingNotes(id: AccountingId, model: NoteContext): string[] {
  const differences = [
    ['routers, LM head (both at BF16), the embedding row and the KV written', 'none of these'],
    ...(model.latent
      ? [['MLA’s PV over kv_lora_rank', 'over kv_lora_rank + qk_rope_head_dim, as for QK^T']]
      : []),
    ...(model.linear
      ? [['the FLOPs of each state’s own update (lightning: 5 per element)', '10 per element']]
      : []),
    ...(model.hybrid
      ? [
          ['the chosen KV precision in every layer', 'BF16 KV in full-attention layers of hybrids'],
          ['the roofline of each layer kind by itself', 'one roofline over all attention'],
        ]
      : []),
  ] as const;
  const [mine, other] = id === 'exact' ? [0, 1] : [1, 0];
  const counted = differences.map((pair) => pair[mine]).join('; ');
  const otherwise = differences.map((pair) => pair[other]).join('; ');
  return [
    id === 'exact'
      ? `exact counts what a decoded token does: ${counted}. step3-paper counts instead: ${otherwise}.`
      : `step3-paper counts as the Step-3 report does (arXiv:2507.19427, tables 2, 3 and 6): ${counted}. exact counts instead: ${otherwise}.`,
    'Attention costs the larger of compute and memory, max(F_attn * U_flop, B_kv * U_byte), plus F_linear * U_flop; FFN costs F_ffn * U_flop; U is the price per second over the peak (report, section 4.1). Weights are read once per batch: at a serving system’s batches their bytes cost nothing per token. Norms, rotary embedding, softmax and activations are left out: under 1% of the FLOPs.',
    ...(model.chunked ? ['Chunked layers are counted at the end of a chunk, where they read most.'] : []),
  ];
}

/** Routers and LM head stay at BF16 whatever the other weights are, as the published FP8 checkpoints have them. */
export const OTHER_PRECISION: Precision = 'bf16';

/** Bytes of one element. Block scales of FP8 and FP4 formats are not counted here. */
export const BYTES_PER_ELEMENT: Readonly<Record<Precision, number>> = { bf16: 2, fp8: 1, int8: 1, fp4: 0.5 };
