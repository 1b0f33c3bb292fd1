/** What the panel's views draw, beyond the analysis itself. Computed by the service, asked for by the webview. */
import type { ConfigEdit } from './advice';
import type { JsonPath, Precision } from './analysis';
import type { AlsoChanged } from './sensitivity';

/** Parts of a decode step, in the order in which a breakdown shows them. */
export type ModulePartName =
  | 'attentionCore'
  | 'attentionLinear'
  | 'denseFfn'
  | 'sharedFfn'
  | 'routedFfn'
  | 'router'
  | 'lmHead'
  | 'embedding'
  | 'other';

/** What one part takes of one decoded token. */
export interface ModulePart {
  readonly module: ModulePartName;
  /** Elements, all layers and experts. */
  readonly parameters: number;
  /** FLOPs of one token. */
  readonly flops: number;
  /** KV cache and states read and written for one token. */
  readonly kvBytes: number;
  /** Weights read by one decode step, whatever the batch is; of routed experts all of them. */
  readonly weightBytes: number;
  /** By target, US dollars per 1M tokens; targets without a price are absent. */
  readonly usdPer1M: Readonly<Record<string, number>>;
}

/** Layers that are made of the same parts. */
export interface LayerKind {
  /** `MLA + dense`, `sliding GQA + MoE 8 of 128`. */
  readonly label: string;
  /** The attention's names alone, for colours: `MLA`, `sliding GQA`. */
  readonly attention: readonly string[];
  readonly ffn: readonly ('dense' | 'moe')[];
  readonly indices: readonly number[];
  /** One layer's, before any window drops old ones. */
  readonly kvBytesPerToken: number;
  /** One layer's FLOPs of one token at the context: core attention, its projections and the FFN. */
  readonly flops: number;
}

export interface OverviewData {
  readonly id: string;
  readonly context: number;
  readonly parts: readonly ModulePart[];
  readonly layers: readonly LayerKind[];
}

/** One model over many contexts; all lists go with `SweepData.contexts`. */
export interface ModelSweep {
  readonly id: string;
  /** KV cache of one sequence, windows capped. */
  readonly kvBytes: readonly number[];
  /** The same with the states of recurrent layers. */
  readonly bytesPerSequence: readonly number[];
  /** By target, US dollars per 1M tokens; targets without a price are absent. */
  readonly usdPer1M: Readonly<Record<string, readonly number[]>>;
  /** The best AFD pair; empty where no target has a price. */
  readonly afdUsdPer1M: readonly number[];
}

/** A context from which on one model is no longer the cheaper of two. */
export interface Crossover {
  /** `bytes` a sequence, `afd`, or a target's name. */
  readonly quantity: string;
  /** Cheaper below the context, and from it on. */
  readonly below: string;
  readonly above: string;
  /** Tokens. */
  readonly context: number;
  readonly value: number;
}

export interface SweepData {
  readonly contexts: readonly number[];
  readonly models: readonly ModelSweep[];
  /** Of the first model with each other one. */
  readonly crossovers: readonly Crossover[];
}

/** Core attention of one token at a context: figure 5 of the Step-3 report. */
export interface AttentionPoint {
  readonly context: number;
  readonly flops: number;
  readonly bytes: number;
}

export interface AttentionLine {
  readonly id: string;
  readonly points: readonly AttentionPoint[];
}

/** An operation of a decode step at a batch, on the classic roofline. */
export interface RooflineOperation {
  readonly name: string;
  readonly module: ModulePartName;
  /** `MLA, 61 layers`. */
  readonly shape: string;
  /** All layers, the whole batch. */
  readonly flops: number;
  /** Weights, KV cache and states moved; activations stay on the chip. Of experts, those that are hit. */
  readonly bytes: number;
  /** Distinct experts of a layer that the batch is expected to hit: E·(1 - (1 - k/E)^B) of E, routing being uniform. */
  readonly experts: { readonly hit: number; readonly of: number } | null;
  readonly precision: Precision;
}

export interface RooflineData {
  readonly attention: readonly AttentionLine[];
  readonly operations: {
    readonly id: string;
    readonly context: number;
    readonly batch: number;
    readonly list: readonly RooflineOperation[];
  } | null;
}

/** A model's figures that a field moves, or how far they move; dollars per 1M tokens at the context. */
export interface FieldEffect {
  /** By target; targets without a price are absent. */
  readonly usdPer1M: Readonly<Record<string, number>>;
  /** The best AFD pair; null where no target has a price. */
  readonly afdUsdPer1M: number | null;
  readonly kvBytesPerToken: number;
  readonly totalParameters: number;
  readonly activatedParameters: number;
  /** Query heads times the rank of one head's QK^T form. */
  readonly effectiveRank: number;
}

/** A neighbouring value of a field, and what it brings. */
export interface FieldStep {
  readonly to: number;
  /** Of the field, and of what has to change with it. */
  readonly edits: readonly ConfigEdit[];
  readonly also: readonly AlsoChanged[];
  /** After less before. */
  readonly change: FieldEffect;
}

export interface FieldWorth {
  readonly path: JsonPath;
  /** `KV heads`, `expert width`. */
  readonly what: string;
  readonly value: number;
  /** The next value below and above, as far as the config may have them. */
  readonly steps: readonly FieldStep[];
}

export interface SensitivityData {
  readonly id: string;
  readonly context: number;
  /** The model as it is. */
  readonly now: FieldEffect;
  /** In the order of `decode-lens sensitivity`. */
  readonly fields: readonly FieldWorth[];
}

export interface OverviewParams {
  readonly id: string;
  readonly context: number;
}
export interface SensitivityParams {
  readonly id: string;
  /** One of the options' contexts. */
  readonly context: number;
}
export interface SweepParams {
  /** The first is the one that others are compared with. */
  readonly ids: readonly string[];
  readonly from: number;
  readonly to: number;
}
export interface RooflineParams {
  readonly ids: readonly string[];
  readonly from: number;
  readonly to: number;
  /** Whose operations, and at which batch and context. */
  readonly id: string;
  readonly batch: number;
  readonly context: number;
}
