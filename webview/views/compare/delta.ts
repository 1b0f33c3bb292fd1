/** How a number stands against another. */

/** A hundredth of a percent is nothing that a person compares. */
const SAME = 1e-4;

/** `1.85x`, `-12%`: against the baseline. */
export function deltaText(value: number, base: number): string {
  if (value === base || (base !== 0 && Math.abs(value / base - 1) < SAME)) return 'same';
  if (base === 0) return 'new';
  const ratio = value / base;
  const percent = Number((Math.abs(ratio - 1) * 100).toPrecision(2));
  return ratio >= 2 ? `${ratio.toPrecision(3)}×` : `${ratio > 1 ? '+' : '−'}${percent}%`;
}
