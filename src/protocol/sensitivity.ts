/**
 * What each field of a config is worth: its neighbouring values with what they bring. The command line prints it
 * (`decode-lens sensitivity`, JSON Schema in `schemas/sensitivity.schema.json`), the panel draws it.
 */
import type { ConfigEdit } from './advice';
import type { AfdCost, AnalysisOptions, Cost, JsonPath, ModelIdentity } from './analysis';

/** The figures of a model that architects weigh against each other. */
export interface ModelFigures {
  readonly kvBytesPerToken: number;
  /** KV cache of one sequence at each context of the options, in their order. */
  readonly kvAtContext: readonly { readonly context: number; readonly bytes: number }[];
  /** Held by one sequence whatever its context is. */
  readonly stateBytes: number;
  readonly totalParameters: number;
  readonly activatedParameters: number;
  /** Query heads times the rank of one head's QK^T form. */
  readonly effectiveRank: number;
  /** Tokens that one token attends to at the longest context, over all layers. */
  readonly attendedTokens: number;
  /** Core-attention FLOPs per KV or state byte read, at the first context. */
  readonly arithmeticIntensity: number;
  /** On each priced target at each context. */
  readonly cost: readonly Cost[];
  /** With the cheapest target for attention and for FFN, at each context. */
  readonly afdCost: readonly AfdCost[];
}

/** A size that changes besides the field's own. */
export interface AlsoChanged {
  readonly what: string;
  readonly from: readonly number[];
  readonly to: readonly number[];
}

/** One neighbouring value of a field, and the model that it would make. */
export interface WhatIf {
  readonly path: JsonPath;
  readonly from: number;
  readonly to: number;
  /** Of the field, and of what has to change with it. */
  readonly edits: readonly ConfigEdit[];
  readonly also: readonly AlsoChanged[];
  readonly figures: ModelFigures;
}

/** What a field's reduction takes from the model; see docs/what-if.md. */
export type CapacityMeasure = 'effectiveRank' | 'attendedTokens' | 'stateBytes' | 'parameters';

export interface SensitivityStep extends WhatIf {
  /** At the reference; negative where the change costs more. */
  readonly usdSavedPer1M: number;
  /** Share of the field's capacity measure; negative where it grows. */
  readonly capacityLost: number;
  /** Dollars saved per 1% of capacity lost (of a costlier step: paid per 1% gained); null where none is lost or gained. */
  readonly usdPerPercent: number | null;
}

export interface FieldSensitivity {
  readonly path: JsonPath;
  /** What the key is in the model: `KV heads`, `expert width`. */
  readonly what: string;
  readonly value: number;
  readonly capacity: CapacityMeasure;
  /** The next value below and above, as far as the config may have them. */
  readonly steps: readonly SensitivityStep[];
}

export interface SensitivityReport {
  readonly file: string;
  readonly model: ModelIdentity;
  readonly options: AnalysisOptions;
  /** Dollars that fields are ranked by: the cheapest target for attention and for FFN at the first context. */
  readonly reference: {
    readonly context: number;
    readonly attentionOn: string;
    readonly ffnOn: string;
    readonly usdPer1M: number;
  } | null;
  /** The model as it is. */
  readonly figures: ModelFigures;
  /** Ranked: fields that save and lose nothing first, then by dollars per percent of capacity, then those that save nothing. */
  readonly fields: readonly FieldSensitivity[];
}
