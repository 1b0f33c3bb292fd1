/** Published figures of a model, as the rows of an index beside the configs give them. */
export interface Fact {
  readonly value: number;
  readonly kind?: string;
  readonly note?: string | null;
}
export interface IndexRow {
  readonly file: string;
  readonly origin?: string;
  readonly facts?: Readonly<Record<string, Fact>>;
  readonly independentCount?: {
    readonly parametersWithMtpAndVision: number | null;
    readonly parametersLanguageModel: number | null;
    readonly activatedPerToken: number | null;
    readonly kvBf16: { readonly full: number; readonly windowed: number; readonly state: number } | null;
  };
}

/** A figure of ours under the convention that its name says. */
export interface Candidate {
  readonly name: string;
  readonly value: number;
}

/** `held`: which of our figures it is. `failed`: what ours are. `unchecked`: why this file can't tell. */
export type Verdict =
  | { readonly fact: string; readonly outcome: 'held'; readonly detail: string }
  | { readonly fact: string; readonly outcome: 'failed'; readonly detail: string }
  | { readonly fact: string; readonly outcome: 'unchecked'; readonly detail: string };

/**
 * Does a figure of ours agree with a rounded one? Within one unit of the last digit that is not zero, for publishers
 * round, truncate and round up (Qwen3's "A3B" is 3.35B); and within a tenth, for the zeros of "30B" may be digits.
 */
export function agreesRounded(ours: number, published: number): boolean {
  return Math.abs(ours - published) < Math.min(lastDigitUnit(published), 0.1 * published);
}

/** 0.1e9 for 36.7e9, 1e9 for 671e9, 1e10 for 30e9. */
export function lastDigitUnit(value: number): number {
  if (value === 0) return 1;
  let unit = 10 ** Math.floor(Math.log10(Math.abs(value)));
  while (unit > 1 && Math.abs(value / unit - Math.round(value / unit)) > 1e-9) unit /= 10;
  return unit;
}
