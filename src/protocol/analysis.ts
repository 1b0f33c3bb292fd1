/**
 * What an analysis says about a model: the one shape that the command line prints, the language server
 * answers with and the panel draws. Its JSON Schema is `schemas/analysis.schema.json`.
 *
 * Units are in the names: bytes, FLOPs (2 per multiply-add), US dollars per 1M decoded tokens.
 */

import type { Fix } from './advice';

/** How FLOPs, bytes and dollars are counted; see `src/cost/accounting.ts`. */
export type AccountingId = 'exact' | 'step3-paper';
export const ACCOUNTINGS: readonly AccountingId[] = ['exact', 'step3-paper'];

/** Number format of weights and GEMMs, or of the KV cache and the attention over it. */
export type Precision = 'fp8' | 'int8' | 'bf16' | 'fp4';
export const PRECISIONS: readonly Precision[] = ['fp8', 'int8', 'bf16', 'fp4'];

/**
 * How a paged serving engine reserves the KV of layers that need a window only: the window's blocks, or (without a
 * hybrid block allocator) as many as for full attention.
 */
export type WindowReservation = 'window' | 'full';
export const WINDOW_RESERVATIONS: readonly WindowReservation[] = ['window', 'full'];

export type Severity = 'error' | 'warning' | 'information';

/** A place in a JSON document: object keys and array indexes from the root. */
export type JsonPath = readonly (string | number)[];

/** Zero-based, UTF-16 code units, end exclusive: the language server protocol's convention. */
export interface Position {
  readonly line: number;
  readonly character: number;
}
export interface Range {
  readonly start: Position;
  readonly end: Position;
}

export interface Finding {
  /** Stable name of the rule, such as `shape/window`; `docs/rules` has a page for each. */
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  readonly path: JsonPath;
  readonly range: Range;
  /** Ways to mend it; empty where none is known. */
  readonly fixes: readonly Fix[];
  /** What stands there changes nothing: editors fade it. */
  readonly unnecessary?: true;
}

/** One input of a formula: the symbol as it stands in the formula, its value, and the config keys it was read from. */
export interface FormulaInput {
  readonly symbol: string;
  readonly value: number;
  /** Empty where the value is not the file's own: a default of the family, a precision, a price. */
  readonly paths: readonly JsonPath[];
  readonly note?: string;
}

/** How a shown number came about, readable by the user. */
export interface Formula {
  readonly label: string;
  /** In symbols, such as `2 * n_kv * d_head * b_kv * L`. */
  readonly expression: string;
  readonly inputs: readonly FormulaInput[];
  readonly result: number;
  readonly unit: string;
  /** Section, table or equation, or the modelling code that it follows. */
  readonly source: string;
}

export interface AnalysisOptions {
  readonly targets: readonly string[];
  readonly contexts: readonly number[];
  readonly accounting: AccountingId;
  readonly precision: Precision;
  readonly kvPrecision: Precision;
  /** Tokens in one block of a paged KV cache. */
  readonly kvBlockSize: number;
  readonly windowReservation: WindowReservation;
  readonly serving: ServingOptions;
}

/** How the model is to be served: what rules about hardware and co-design are held against. */
export interface ServingOptions {
  /** Accelerators that share each matrix; null: not decided, and nothing is said of it. */
  readonly tensorParallel: number | null;
  /** Accelerators that share the routed experts; null: not decided. */
  readonly expertParallel: number | null;
  /** Accelerators of one server, each with its network card. */
  readonly gpusPerServer: number;
  /** Time per output token that is to be met, in milliseconds (Step-3 report: 50). */
  readonly tpotMs: number;
  /** Stages that a token's time is divided among: attention, network, FFN (report, section 5.2). */
  readonly pipelineStages: number;
}

export interface ModelIdentity {
  readonly name: string;
  readonly family: string;
  readonly modelType: string;
  /** Why this family was chosen, for the user. */
  readonly matchedBy: string;
}

/** Element counts. `total` is the language model without vision tower and MTP layers, which stand apart. */
export interface Parameters {
  readonly total: number;
  /** Weights one decoded token is multiplied with: top-k routed and all shared experts, the LM head, no embedding table. */
  readonly activated: number;
  readonly attention: number;
  readonly ffn: number;
  readonly embedding: number;
  readonly lmHead: number;
  readonly norm: number;
  /** What stands beside attention and FFN: hyper-connections, per-layer embeddings' gates and their like. */
  readonly other: number;
  readonly mtp: number;
  /** Null where the config has a vision tower that Decode Lens can't enumerate. */
  readonly vision: number | null;
  /** Null where the config has an audio tower that Decode Lens can't enumerate. */
  readonly audio: number | null;
}

/** One weight array of the model. The elements of all make `total`, `mtp`, `vision` and `audio` together. */
export interface ParameterBreakdown {
  /** As in the modelling code: `self_attn.q_proj`, `mlp.experts.*.up_proj`. */
  readonly name: string;
  readonly module: string;
  /** The group of layers it stands in, `all` where there is one group; null for what stands once. */
  readonly layers: string | null;
  readonly shape: readonly number[];
  /** Layers times experts; 0 for a tied head. */
  readonly copies: number;
  /** Of all copies together. */
  readonly elements: number;
  /** What they take in the checkpoint, scales and zero points counted. */
  readonly bytes: number;
}

/** Weights that are stored alike. */
export interface WeightFormat {
  /** `BF16`, `FP8, 128x128 blocks`. */
  readonly format: string;
  readonly elements: number;
  readonly bytes: number;
  /** Scales, zero points and what else lies beside the values. */
  readonly scaleBytes: number;
}

/** What the model takes on disk and in memory as its config says it is stored, MTP layers and counted towers included. */
export interface WeightsSummary {
  readonly bytes: number;
  /** As the checkpoint's own tensors count: scales too, packed values by their words. */
  readonly storedElements: number;
  /** Of what is not quantized: `BF16`. */
  readonly dtype: string;
  /** `quant_method`, or null. */
  readonly quantization: string | null;
  readonly byFormat: readonly WeightFormat[];
  /** What was assumed. */
  readonly notes: readonly string[];
}

/** The checkpoint that lies beside the config. */
export interface CheckpointSummary {
  readonly file: string;
  readonly bytes: number;
  /** What the config describes. Where both differ a finding says why. */
  readonly expectedBytes: number;
}

export interface KvAtContext {
  readonly context: number;
  /** KV cache of one sequence, windows and chunks capped; states stand in `stateBytesPerSequence`. */
  readonly bytes: number;
  /** The same as a paged engine reserves it, in whole blocks. */
  readonly reservedBytes: number;
}

export interface KvSummary {
  /** Written per token, over all layers that keep a KV cache. */
  readonly bytesPerToken: number;
  /** The part of it that no window or chunk ever frees. */
  readonly unboundedBytesPerToken: number;
  readonly stateBytesPerSequence: number;
  readonly atContext: readonly KvAtContext[];
}

/**
 * What fits in memory on one server of a target, or on the accelerators that the configured degrees of parallelism take: see
 * `src/cost/memory.ts`.
 */
export interface MemoryFit {
  readonly target: string;
  readonly context: number;
  /** Accelerators that hold the model. */
  readonly gpus: number;
  /** Of all of them: what engines let weights and KV cache fill. */
  readonly usableBytes: number;
  /** Of all of them, copies included. */
  readonly weightsBytes: number;
  /** How weights were counted: `FP8`, `mxfp4, as stored`. */
  readonly weightsFormat: string;
  /** KV cache in whole blocks and states, copies on other accelerators included. */
  readonly kvBytesPerSequence: number;
  /** Sequences; 0: not one, or the weights don't fit; null: memory sets no limit. */
  readonly largestBatch: number | null;
}

/** Per decoded token, split as in tables 2 and 3 of the Step-3 report. */
export interface PerToken {
  readonly context: number;
  /** KV cache and states moved: read, and (accounting `exact`) written. */
  readonly kvBytes: number;
  readonly attentionFlops: number;
  readonly attentionLinearFlops: number;
  readonly ffnFlops: number;
  readonly otherFlops: number;
}

export interface Cost {
  readonly target: string;
  readonly context: number;
  readonly attentionUsdPer1M: number;
  readonly ffnUsdPer1M: number;
  readonly otherUsdPer1M: number;
  readonly totalUsdPer1M: number;
  /** What limits the attention core on this accelerator. */
  readonly attentionBoundBy: 'compute' | 'memory';
}

/** Attention-FFN disaggregation with the cheapest target on either side; network time assumed hidden. */
export interface AfdCost {
  readonly context: number;
  readonly attentionOn: string;
  readonly ffnOn: string;
  readonly attentionUsdPer1M: number;
  readonly ffnUsdPer1M: number;
  readonly otherUsdPer1M: number;
  readonly usdPer1M: number;
}

export interface AttentionSummary {
  readonly kinds: readonly string[];
  /** Core-attention FLOPs per KV or state byte read, at the first context. */
  readonly arithmeticIntensity: number;
  /** Query heads times the rank of one head's QK^T form. */
  readonly effectiveRank: number;
}

export interface MoeSummary {
  /** Activated experts (shared ones included) over routed experts. */
  readonly sparsity: number;
  readonly routedExperts: number;
  readonly expertsPerToken: number;
  readonly sharedExperts: number;
  /** Section 5.4: below this the FFN can't reach peak before the network is full. Null where the network is unknown. */
  readonly minimumSparsity: Readonly<Record<string, number | null>>;
}

/** Figure 4 of the report: 3 x the forward FLOPs at 8K context, at 100% MFU. */
export interface TrainingCost {
  readonly target: string;
  readonly context: number;
  readonly usdPer1M: number;
}

export interface ModelAnalysis {
  readonly file: string;
  /** Null when no architecture could be read; the findings say why, and the fields below are null too. */
  readonly model: ModelIdentity | null;
  readonly options: AnalysisOptions;
  readonly parameters: Parameters | null;
  readonly breakdown: readonly ParameterBreakdown[];
  readonly weights: WeightsSummary | null;
  /** Null where none lies beside the config. */
  readonly checkpoint: CheckpointSummary | null;
  readonly kv: KvSummary | null;
  /** By target and context; targets of unknown memory are left out. */
  readonly memory: readonly MemoryFit[];
  readonly perToken: readonly PerToken[];
  readonly cost: readonly Cost[];
  readonly afdCost: readonly AfdCost[];
  readonly trainingCost: readonly TrainingCost[];
  readonly attention: AttentionSummary | null;
  /** Null for a model without routed experts. */
  readonly moe: MoeSummary | null;
  readonly formulas: readonly Formula[];
  /** What this accounting counts, and how it differs from the other one. */
  readonly accountingNotes: readonly string[];
  readonly findings: readonly Finding[];
}

export interface AnalysisReport {
  readonly models: readonly ModelAnalysis[];
}
