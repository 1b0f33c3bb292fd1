/** Numbers as people read them: the same in findings, hovers, hints and on the command line. */

const SI: readonly (readonly [number, string])[] = [
  [1e15, 'P'],
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
];

/** Three significant digits with an SI prefix: `31.2 kB`, `147 GFLOPs`. */
export function si(value: number, unit: string): string {
  if (!Number.isFinite(value)) return `- ${unit}`;
  const [scale, prefix] = SI.find(([scale]) => Math.abs(value) >= scale * 0.9995) ?? [1, ''];
  return `${digits(value / scale)} ${prefix}${unit}`;
}

/** Three significant digits, without an exponent, without trailing zeros after the point. */
function digits(value: number): string {
  if (value === 0) return '0';
  return Math.abs(value) >= 999.5 ? Math.round(value).toString() : String(Number(value.toPrecision(3)));
}

export const bytes = (value: number): string => si(value, 'B');

/** Parameters in the field's own style: `671B`, `37.9B`, `596M`. */
export function parameters(value: number): string {
  for (const [scale, suffix] of [
    [1e12, 'T'],
    [1e9, 'B'],
    [1e6, 'M'],
    [1e3, 'K'],
  ] as const)
    if (value >= scale * 0.9995) return `${digits(value / scale)}${suffix}`;
  return digits(value);
}

/** US dollars per 1M tokens, at the report's 0.001 or three significant digits where that says more. */
export function usd(value: number): string {
  if (value === 0) return '0';
  if (value < 1e-9) return value.toExponential(1);
  return value < 0.0995
    ? Number(value.toPrecision(2)).toFixed(Math.max(3, 1 - Math.floor(Math.log10(value))))
    : Number(value.toPrecision(3)).toFixed(3);
}

/** A context length: `8K`, `32K`, `1M`, or the number itself: `10,240,000`. */
export function contextLength(tokens: number): string {
  if (tokens >= 1 << 20) return tokens % (1 << 20) === 0 ? `${tokens / (1 << 20)}M` : whole(tokens);
  return tokens % 1024 === 0 ? `${tokens / 1024}K` : String(tokens);
}

/** A whole number with thousands separators. */
export const whole = (value: number): string => Math.round(value).toLocaleString('en-US');

export const percent = (share: number): string => `${digits(share * 100)}%`;

/** A change as a share of what was: `+12%`, `-50%`, `+0.031%`. */
export const signedPercent = (share: number): string => `${share < 0 ? '-' : '+'}${percent(Math.abs(share))}`;

/** From one number to another in two digits: `-48%`, `+3.1%`, `x 12`; `=` where nothing changes. */
export function change(from: number, to: number): string {
  if (from === to) return '=';
  if (from === 0) return 'new';
  if (to / from >= 10) return `x ${digits(to / from)}`;
  const share = Math.abs(to / from - 1) * 100;
  const shown = share < 0.01 ? '0.00' : share >= 99.5 ? digits(share) : String(Number(share.toPrecision(2)));
  return `${to < from ? '-' : '+'}${shown}%`;
}

/** Accelerators of one kind, counted. */
export const gpus = (count: number): string => (count === 1 ? '1 GPU' : `${whole(count)} GPUs`);
