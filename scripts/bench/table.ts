/** Times are of this machine and this moment; what may be compared between machines is how often the baseline fits in. */
export interface Quantiles {
  readonly p50: number;
  readonly p99: number;
}

export function quantiles(times: readonly number[]): Quantiles {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (q: number) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? NaN;
  return { p50: at(0.5), p99: at(0.99) };
}

export function heading(title: string, baseline: string): void {
  console.log(`\n${title} (ratios to ${baseline})`);
  console.log(cells('', 'p50', 'ratio', 'p99', 'ratio'));
}

/** Both quantiles in ms, each beside its ratio to the baseline's. */
export function row(name: string, { p50, p99 }: Quantiles, baseline: Quantiles): void {
  const ratio = (value: number, base: number) => `${(value / base).toFixed(2)} x`;
  console.log(
    cells(
      name,
      `${p50.toFixed(2)} ms`,
      ratio(p50, baseline.p50),
      `${p99.toFixed(2)} ms`,
      ratio(p99, baseline.p99),
    ),
  );
}

export const cells = (name: string, ...values: readonly string[]): string =>
  `${name.padEnd(66)}${values.map((value) => value.padStart(12)).join('')}`;
