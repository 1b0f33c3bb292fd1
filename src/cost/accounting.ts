import type { AccountingId, Precision } from '../protocol';

/**
 * What an accounting counts. The two differ in these switches only; each has a sentence for the user
 * (`ACCOUNTING_NOTES`), shown wherever a cost is.
 */
export interface Accounting {
  readonly id: AccountingId;
  /** Width of MLA's PV product: the latent alone, or (report) latent and rotary part, as for QK^T. */
  readonly latentValueDim: 'kv-rank' | 'kv-rank-and-rope';
  /** FLOPs per element of a linear-attention state and token. */
  readonly flopsPerStateElement: number;
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
  /** Routers and LM head stay at BF16 whatever the other weights are. */
  readonly otherPrecision: Precision;
}

/**
 * Lightning attention's update per state element: decay (1), outer product of k and v (1), addition (1), and q times
 * the state (2). The report counts 10.
 */
const EXACT: Accounting = {
  id: 'exact',
  latentValueDim: 'kv-rank',
  flopsPerStateElement: 5,
  countsKvWrite: true,
  countsOther: true,
  hybridFullAttentionKv: null,
  rooflineOver: 'each-operation',
  attentionPrecision: 'kv',
  otherPrecision: 'bf16',
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
  otherPrecision: 'bf16',
};

export const accountingOf = (id: AccountingId): Accounting => (id === 'exact' ? EXACT : STEP3_PAPER);

/** For the user, beside every cost. The first sentence of each tells the difference to the other accounting. */
export const ACCOUNTING_NOTES: Readonly<Record<AccountingId, readonly string[]>> = {
  exact: [
    'exact counts what a decoded token does; unlike step3-paper it includes routers, LM head (both BF16), the embedding row and the KV written, takes MLA’s PV over kv_lora_rank only (step3-paper: kv_lora_rank + qk_rope_head_dim, 5.9% more attention FLOPs), 5 FLOPs per lightning-state element (step3-paper: 10), the KV precision of the settings in every layer (step3-paper: BF16 in a hybrid’s full-attention layers), and the roofline of each layer kind by itself.',
    'Weights are read once per batch: at the large batches of a serving system their bytes cost nothing per token, so dollars follow from FLOPs and KV bytes (Step-3 report, section 4.1). Norms, rotary embedding, softmax and activation functions are left out: under 1% of the FLOPs, and no tensor-core work.',
    'Chunked layers are counted at the end of a chunk, where they read most.',
  ],
  'step3-paper': [
    'step3-paper follows the Step-3 report (arXiv:2507.19427, tables 2, 3 and 6); unlike exact it leaves out routers, LM head, embeddings and the KV written, counts MLA’s PV over kv_lora_rank + qk_rope_head_dim, 10 FLOPs per lightning-state element, BF16 KV in the full-attention layers of hybrids, and one roofline over all attention.',
    'Attention = max(FLOP_attn * U_flop, bytes_KV * U_byte) + FLOP_linear * U_flop; FFN = FLOP_ffn * U_flop; U = price per second over peak. Weights are read once per batch and cost nothing per token.',
  ],
};

/** Bytes of one element. Block scales of FP8 and FP4 formats are not counted here. */
export const BYTES_PER_ELEMENT: Readonly<Record<Precision, number>> = { bf16: 2, fp8: 1, int8: 1, fp4: 0.5 };

/** Linear-attention states are kept in FP32, as in the modelling code and the report. */
export const STATE_BYTES_PER_ELEMENT = 4;
