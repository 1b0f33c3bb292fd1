/** How a config changed from one version to another: for the command line's `diff` and the lens against git. */
import type { AnalysisOptions, Finding, JsonPath } from './analysis';

/** A number in both versions; null where that version has none, because it can't be read or lacks a price. */
export interface NumberChange {
  readonly before: number | null;
  readonly after: number | null;
}

export interface CostChange extends NumberChange {
  readonly target: string;
  readonly context: number;
}

export interface ContextChange extends NumberChange {
  readonly context: number;
}

/** A key whose value differs. A list counts as one value. */
export interface KeyChange {
  readonly path: JsonPath;
  /** Absent where the key was not there. */
  readonly before?: unknown;
  /** Absent where the key is gone. */
  readonly after?: unknown;
}

/** Both versions under the same options. Units as in `ModelAnalysis`. */
export interface VersionDelta {
  readonly before: string;
  readonly after: string;
  readonly options: AnalysisOptions;
  readonly kvBytesPerToken: NumberChange;
  readonly stateBytesPerSequence: NumberChange;
  /** KV cache of one sequence. */
  readonly kvBytesAtContext: readonly ContextChange[];
  readonly totalParameters: NumberChange;
  readonly activatedParameters: NumberChange;
  readonly effectiveRank: NumberChange;
  readonly arithmeticIntensity: NumberChange;
  readonly usdPer1M: readonly CostChange[];
  readonly findings: {
    /** Ranges are those of the later version. */
    readonly added: readonly Finding[];
    /** Ranges are those of the earlier version. */
    readonly gone: readonly Finding[];
  };
  readonly keys: readonly KeyChange[];
}
