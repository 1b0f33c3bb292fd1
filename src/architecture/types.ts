import type { JsonPath } from '../protocol';
import type { Expression, Origin } from './expression';
import type { Storage, StoredWeight } from './quantization';
import type { ModelWeights } from './weights';

/**
 * The architecture of a language model: small, immutable, and the same for every family. Readers in
 * `families/` make it from a config with the builders in `blocks/`; everything that is shown is computed from it.
 *
 * Sizes are element counts. Each block remembers where its fields were read from (`origins`), so that a
 * hint, a hover or a finding lands on the user's own line.
 */
export type Sourced<T> = T & { readonly origins: Readonly<Partial<Record<keyof T, Origin>>> };

/** Part of the model that a weight belongs to. */
export type WeightModule =
  | 'attention'
  | 'denseFfn'
  | 'routedFfn'
  | 'sharedFfn'
  | 'router'
  | 'norm'
  | 'embedding'
  | 'lmHead'
  | 'other'
  | 'mtp'
  | 'vision'
  | 'audio';

/** One weight array, as the modelling code has it. */
export interface Tensor {
  /**
   * Path inside its layer (or inside the model, for what stands once): `self_attn.q_proj`, `mlp.experts.*.up_proj`.
   * A matrix is named by its module, without `.weight`; a bias ends in `.bias`. Quantization lists name these paths.
   */
  readonly name: string;
  readonly module: WeightModule;
  /** As stored: [out, in] of a linear layer, [rows, width] of a table, [n] of a norm or bias. */
  readonly shape: readonly Expression[];
  /**
   * `matrix`: every token is multiplied with it, 2 FLOPs an element. `conv`: a depthwise convolution's kernels, the same
   * but never quantized. `table`: looked up, a row a token. `vector`: norms, biases, gates; a parameter only.
   */
  readonly role: 'matrix' | 'conv' | 'table' | 'vector';
  /** How often it stands in its layer: once, or as often as there are experts. 0: shares another tensor's storage, and is read there. */
  readonly copies: Expression;
  /** How many of the copies one decoded token is multiplied with. */
  readonly activated: Expression;
  /** The token meets it after the core attention (`o_proj`). */
  readonly afterCore?: true;
  /** A token has met these weights before, in another layer: more FLOPs and reads, no more activated parameters. */
  readonly reused?: true;
  /** Whole numbers or FP32 whatever the model's dtype is: bytes of one element. */
  readonly fixedBytes?: number;
  /** A matrix that the family's own quantized checkpoints leave as it is, though no list says so. */
  readonly keepsDtype?: true;
}

/**
 * Top-k selection of what is attended to, by an indexer with keys of its own (DeepSeek Sparse Attention; MiniMax-M3's
 * blocks).
 */
export interface Selection {
  readonly indexHeads: number;
  readonly indexDim: number;
  /** KV entries that one token attends to at most. */
  readonly topK: number;
  /** Elements of the index key cached a token and layer; 0 where this layer uses another layer's choice. */
  readonly cachedDim: number;
}

/**
 * Softmax attention with its own K and V per head group: MHA, GQA, MQA, and MFA, which is MQA whose queries
 * go through a shared low-rank projection (Step-3 report, section 3).
 */
export interface SoftmaxAttention {
  readonly kind: 'softmax';
  readonly queryHeads: number;
  readonly kvHeads: number;
  /** Width of one query and key head. */
  readonly headDim: number;
  /** Width of one value head. */
  readonly valueDim: number;
  /** Rank of the shared query down-projection (MFA); null where queries are projected at once. */
  readonly queryRank: number | null;
  readonly window: 'none' | 'sliding' | 'chunked';
  /** Tokens that the window or chunk holds; 0 for `none`. */
  readonly windowSize: number;
  /**
   * `own`: caches K and V a token. `shared`: reads what another layer cached (cross-layer sharing). `cross`: over
   * image or audio tokens, cached once an input and none a decoded token.
   */
  readonly cache: 'own' | 'shared' | 'cross';
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
}

/**
 * Attention over one latent head that is key and value at once: exact within a sliding window, compressed
 * before it, one entry every `ratio` tokens (DeepSeek-V4's CSA and HCA).
 */
export interface CompressedAttention {
  readonly kind: 'compressed';
  readonly queryHeads: number;
  readonly headDim: number;
  readonly windowSize: number;
  /** Tokens that one compressed entry stands for; 0 where nothing beyond the window is kept. */
  readonly ratio: number;
}

/**
 * A token mixer whose memory does not grow: linear attention (lightning, gated DeltaNet, KDA, RWKV), state-space
 * models (Mamba, Mamba-2), RG-LRU, short convolutions. The state holds heads * keyDim * valueDim elements, the causal
 * convolution before it convChannels * convTaps.
 */
export interface RecurrentMixer {
  readonly kind: 'recurrent';
  /** In the field's own words: `lightning`, `gated DeltaNet`, `KDA`, `Mamba`, `Mamba-2`, `RWKV-6`, `RG-LRU`, `short conv`. */
  readonly variant: string;
  readonly heads: number;
  readonly keyDim: number;
  readonly valueDim: number;
  readonly convChannels: number;
  /** Past inputs kept of each channel: the kernel's width less one, or its width where the code keeps that. */
  readonly convTaps: number;
  /** FLOPs of one token's update and use of the state, per element of it. */
  readonly flopsPerStateElement: number;
  readonly stateBytesPerElement: number;
}

interface WithTensors {
  readonly tensors: readonly Tensor[];
  /** What selects the KV entries attended to; null where all are (within the window). */
  readonly selection?: Sourced<Selection> | null;
}
export type SoftmaxBlock = Sourced<SoftmaxAttention> & WithTensors;
export type LatentBlock = Sourced<LatentAttention> & WithTensors;
export type CompressedBlock = Sourced<CompressedAttention> & WithTensors;
export type RecurrentBlock = Sourced<RecurrentMixer> & WithTensors;
/** What mixes tokens in a layer. */
export type AttentionBlock = SoftmaxBlock | LatentBlock | CompressedBlock | RecurrentBlock;

export interface DenseFfn {
  readonly kind: 'dense';
  readonly intermediate: number;
  /** Gate, up and down projection; else up and down only. */
  readonly gated: boolean;
}

export interface MoeFfn {
  readonly kind: 'moe';
  readonly experts: number;
  readonly topK: number;
  /** Width of one routed expert. */
  readonly intermediate: number;
  readonly gated: boolean;
  /** Width of all shared experts together; 0 for none. */
  readonly sharedIntermediate: number;
  /** Width of what the routed experts read and write: hidden, or a latent space's. */
  readonly inputDim: number;
  /** Experts a token may be routed to that do nothing (LongCat-Flash's zero-computation experts). */
  readonly zeroExperts: number;
}

export type DenseBlock = Sourced<DenseFfn> & Pick<WithTensors, 'tensors'>;
export type MoeBlock = Sourced<MoeFfn> & Pick<WithTensors, 'tensors'>;
export type FfnBlock = DenseBlock | MoeBlock;

/**
 * What one layer is made of. Most have one mixer and one FFN; a skipped part is an empty list, parallel parts
 * (attention beside Mamba, dense FFN beside experts) are two.
 */
export interface Layer {
  readonly attention: readonly AttentionBlock[];
  readonly ffn: readonly FfnBlock[];
  /** Norms and whatever else a layer holds beside its blocks. */
  readonly extra: readonly Tensor[];
}

/** Layers made of the same parts, not necessarily adjacent. */
export interface LayerGroup extends Layer {
  /** Tells this group from the others in formulas: `moe`, `chunked_dense`; empty if it is the only one. */
  readonly label: string;
  readonly indices: readonly number[];
  /** Where the number of these layers comes from: the layer count, and the keys of the pattern of either part. */
  readonly origins: { readonly attention: Origin; readonly ffn: Origin };
}

/** Multi-token-prediction layers (DeepSeek-V3 report, section 2.2): full layers with projections and norms of their own. */
export interface MtpLayers {
  readonly count: number;
  readonly origin: Origin;
  readonly layer: Layer;
  /** Projections and norms of each, beside its layer. */
  readonly extra: readonly Tensor[];
  /** Once for all of them. */
  readonly once: readonly Tensor[];
  /** The published checkpoints hold copies of embedding and LM head in it. */
  readonly storesEnds: boolean;
}

/** Part of a multimodal model that decoding text never touches: counted, not costed. */
export interface Tower {
  readonly kind: 'vision' | 'audio';
  /** The config's key for it: `vision_config`. */
  readonly path: JsonPath;
  /** Null: its weights can't be enumerated. Copies count its layers in. */
  readonly tensors: readonly Tensor[] | null;
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
  /** What stands once: embedding and position tables, final norm, LM head. */
  readonly ends: readonly Tensor[];
  readonly mtp: MtpLayers | null;
  readonly towers: readonly Tower[];
  /** In the published checkpoint, but no weights: rotary frequencies, key and value weights of layers that use none. */
  readonly storedOnly: readonly Tensor[];
  /** How the checkpoint stores the weights. */
  readonly storage: Storage;
  /** All tensors with how often they stand in the model; enumerated when first asked for. */
  readonly weights: ModelWeights;
  /** How each of them lies in the checkpoint; worked out when first asked for. */
  readonly stored: readonly StoredWeight[];
}

/** Does every layer of this attention keep every token's KV? */
export const isFullAttention = (a: AttentionBlock): boolean =>
  a.kind === 'latent' || (a.kind === 'softmax' && a.window === 'none');

/** The attention's name in the field's own terms. */
export function attentionName(a: AttentionBlock): string {
  const sparse = a.selection ? 'sparse ' : '';
  switch (a.kind) {
    case 'latent':
      return `${sparse}MLA`;
    case 'recurrent':
      return a.variant;
    case 'compressed':
      return a.ratio === 0 ? 'sliding MQA' : a.selection ? 'CSA' : 'HCA';
    case 'softmax': {
      const base =
        a.queryRank !== null ? 'MFA' : a.kvHeads === a.queryHeads ? 'MHA' : a.kvHeads === 1 ? 'MQA' : 'GQA';
      const shared = a.cache === 'shared' ? ' of shared KV' : '';
      if (a.cache === 'cross') return `cross ${base}`;
      return `${a.window === 'none' ? '' : `${a.window} `}${sparse}${base}${shared}`;
    }
  }
}

/** Number of always-on experts of the routed experts' width that the shared experts amount to. */
export const sharedExpertCount = (ffn: MoeFfn): number => ffn.sharedIntermediate / ffn.intermediate;
