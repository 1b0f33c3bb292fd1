/** A limit that a project has set itself, for the configs that its globs match. */
export interface Budget {
  /** For messages: where it stands, such as `decode-lens.json, budgets[0]`. */
  readonly source: string;
  readonly kvBytesPerToken?: number;
  readonly totalParameters?: number;
  readonly activatedParameters?: number;
  readonly usdPer1M?: readonly DollarBudget[];
}

export interface DollarBudget {
  readonly target: string;
  readonly context: number;
  readonly atMost: number;
}
