/** Numbers as the panel writes them: three significant digits, SI prefixes, no locale surprises. */

const NOTHING = '—';

/** Three significant digits without an exponent for anything a person would price; trailing zeros kept. */
function threeDigits(value: number): string {
  const magnitude = Math.abs(value);
  if (magnitude < 1e-6) return value.toExponential(2);
  const rounded = Number(value.toPrecision(3));
  const decimals = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(rounded))));
  return rounded.toFixed(decimals).replace(/\B(?=(\d{3})+(?!\d)(?<!\.\d*))/g, ',');
}

/** US dollars with three significant digits: `$0.0553`, `$12.3`, `$1,230`. */
export function formatUsd(value: number): string {
  if (!Number.isFinite(value)) return NOTHING;
  if (value === 0) return '$0';
  return value < 0 ? `-$${threeDigits(-value)}` : `$${threeDigits(value)}`;
}

/** Ticks of one axis share their decimals, as many as its step needs: `$0.05`, `$0.10`. */
export function formatUsdTick(value: number, step: number): string {
  if (!Number.isFinite(value)) return NOTHING;
  const [digits = '', exponent = '0'] = Math.abs(step).toPrecision(4).split('e');
  const decimals = (digits.replace(/0+$/, '').split('.')[1] ?? '').length - Number(exponent);
  return `$${value.toFixed(Math.min(Math.max(decimals, 0), 12))}`;
}

function scaled(value: number, prefixes: readonly string[], separator: string, unit: string): string {
  if (!Number.isFinite(value)) return NOTHING;
  if (value === 0) return `0${separator}${unit}`.trimEnd();
  const sign = value < 0 ? '-' : '';
  let magnitude = Number(Math.abs(value).toPrecision(3));
  let step = 0;
  while (magnitude >= 1000 && step < prefixes.length - 1) {
    magnitude /= 1000;
    step += 1;
  }
  const digits = step === 0 ? String(magnitude) : threeDigits(magnitude);
  return `${sign}${digits}${separator}${prefixes[step] ?? ''}${unit}`.trimEnd();
}

/** Counts, as model names write them: `38.0B` parameters, `1.03T`. */
export function formatCount(value: number): string {
  return scaled(value, ['', 'K', 'M', 'B', 'T'], '', '');
}

/** With an SI prefix and a unit: `32.7 GFLOP`. */
export function formatSi(value: number, unit: string): string {
  return scaled(value, ['', 'k', 'M', 'G', 'T', 'P', 'E'], ' ', unit);
}

/** Decimal bytes, as the Step-3 report prints them: `256 MB`. */
export function formatBytes(value: number): string {
  return formatSi(value, 'B');
}

/** Context lengths in tokens: `8K` for 8192, `1M` for 1048576, else digits in groups. */
export function formatContext(tokens: number): string {
  if (!Number.isFinite(tokens)) return NOTHING;
  if (tokens >= 1048576 && tokens % 1048576 === 0) return `${tokens / 1048576}M`;
  if (tokens >= 1024 && tokens % 1024 === 0) return `${tokens / 1024}K`;
  return String(tokens).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `1 model`, `2 models`. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Shortens a name in the middle, where model names differ least. */
export function shorten(text: string, limit: number): string {
  const letters = Array.from(text);
  if (letters.length <= limit) return text;
  const head = Math.ceil((limit - 1) * 0.6);
  return `${letters.slice(0, head).join('')}…${letters.slice(letters.length - (limit - 1 - head)).join('')}`;
}
