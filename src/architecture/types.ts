import type { Expression, Origin } from './expression';

/**
 * The architecture of a language model: small, immutable, and the same for every family. Readers in
 * `families/` make it from a config; everything that is shown is computed from it.
 *
 * Sizes are element counts. Each block remembers where its fields were read from (`origins`), so that a
 * hint, a hover or a finding lands on the user's own line.
 */
export type Sourced<T> = T & { readonly origins: Readonly<Partial<Record<keyof T, Origin>>> };

/**
 * Softmax attention with its own K and V per head group: MHA, GQA, MQA, and MFA, which is MQA whose queries
 * go through a shared low-rank projection (Step-3 report, section 3).
 */
export interface SoftmaxAttention {
  readonly kind: 'softmax';
  readonly queryHeads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  /** Rank of the shared query down-projection (MFA); null where queries are projected at once. */
  readonly queryRank: number | null;
  readonly window: 'none' | 'sliding' | 'chunked';
  /** Tokens that the window or chunk holds; 0 for `none`. */
  readonly windowSize: number;
  readonly qkvBias: boolean;
  readonly outputBias: boolean;
  /** RMSNorm weights over one query and one key head. */
  readonly qkNorm: boolean;
}

/** Multi-head latent attention (DeepSeek-V2 report): one latent vector and one rotary key per token are cached. */
export interface LatentAttention {
  readonly kind: 'latent';
  readonly queryHeads: number;
  readonly queryRank: number | null;
  readonly kvRank: number;
  readonly nopeDim: number;
  readonly ropeDim: number;
  readonly valueDim: number;
  readonly bias: boolean;
}

/** Linear attention with a matrix state per head and an output gate (lightning attention, MiniMax-01 report). */
export interface LinearAttention {
  readonly kind: 'linear';
  readonly heads: number;
  readonly headDim: number;
}

export type AttentionBlock = Sourced<SoftmaxAttention> | Sourced<LatentAttention> | Sourced<LinearAttention>;

/** Gated feed-forward: gate, up and down projection. */
export interface DenseFfn {
  readonly kind: 'dense';
  readonly intermediate: number;
  readonly bias: boolean;
}

export interface MoeFfn {
  readonly kind: 'moe';
  readonly experts: number;
  readonly topK: number;
  /** Width of one routed expert. */
  readonly intermediate: number;
  /** Width of all shared experts together; 0 for none. */
  readonly sharedIntermediate: number;
  /** A bias per expert for load balancing, stored with the router (`e_score_correction_bias`). */
  readonly routerBias: boolean;
  /** A learned sigmoid gate on the shared experts (Qwen2-MoE). */
  readonly sharedGate: boolean;
}

export type FfnBlock = Sourced<DenseFfn> | Sourced<MoeFfn>;

/** Layers with the same attention and FFN, not necessarily adjacent. */
export interface LayerGroup {
  /** Tells this group from the others in formulas: `moe`, `chunked_dense`; empty if it is the only one. */
  readonly label: string;
  readonly indices: readonly number[];
  /** Where the number of these layers comes from: the layer count, and the keys of the pattern of either part. */
  readonly origins: { readonly attention: Origin; readonly ffn: Origin };
  readonly attention: AttentionBlock;
  readonly ffn: FfnBlock;
}

/** Multi-token-prediction layers: each a full layer, a 2H x H projection and three norms (DeepSeek-V3 report). */
export interface MtpLayers {
  readonly count: number;
  readonly origin: Origin;
  readonly attention: AttentionBlock;
  readonly ffn: FfnBlock;
}

/** A weight array of a part that decoding text never touches: counted, not costed. */
export interface VisionWeight {
  readonly name: string;
  readonly elements: Expression;
}

export interface Architecture {
  readonly family: string;
  readonly modelType: string;
  /** Why this family was chosen. */
  readonly matchedBy: string;
  /** The name that the config itself states, if any. */
  readonly statedName: string | null;
  readonly model: Sourced<{
    readonly hidden: number;
    readonly vocab: number;
    readonly layers: number;
    /** LM head and embedding table are one array. */
    readonly tiedEmbeddings: boolean;
  }>;
  readonly groups: readonly LayerGroup[];
  readonly mtp: MtpLayers | null;
  /** Null: there is a tower, but its weights can't be enumerated. Empty: there is none. */
  readonly vision: readonly VisionWeight[] | null;
}

/** The attention's name in the field's own terms. */
export function attentionName(a: AttentionBlock): string {
  switch (a.kind) {
    case 'latent':
      return 'MLA';
    case 'linear':
      return 'lightning';
    case 'softmax': {
      const base =
        a.queryRank !== null ? 'MFA' : a.kvHeads === a.queryHeads ? 'MHA' : a.kvHeads === 1 ? 'MQA' : 'GQA';
      return a.window === 'none' ? base : `${a.window} ${base}`;
    }
  }
}

/** Does every layer of this attention keep every token's KV? */
export const isFullAttention = (a: AttentionBlock): boolean =>
  a.kind === 'latent' || (a.kind === 'softmax' && a.window === 'none');

/** Number of always-on experts of the routed experts' width that the shared experts amount to. */
export const sharedExpertCount = (ffn: MoeFfn): number => ffn.sharedIntermediate / ffn.intermediate;
