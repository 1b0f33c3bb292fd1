/** Formulas, as the service wrote them, in words. */
import type { Formula, JsonPath } from '../src/protocol';
import { formatBytes, formatCount, formatSi, formatUsd } from './format';

/** What a formula gives, with its unit: `32.7 GFLOPs`, `$0.0553 per 1M tokens`. */
export function resultText({ result, unit }: Formula): string {
  const [symbol = '', ...rest] = unit.split(' ');
  if (symbol === 'USD') return [formatUsd(result), ...rest].join(' ');
  if (unit === 'bytes') return formatBytes(result);
  if (unit === 'FLOPs') return formatSi(result, unit);
  if (unit === 'elements') return `${formatCount(result)} ${unit}`;
  return `${digits(result)} ${unit}`;
}

export interface InputText {
  readonly symbol: string;
  readonly value: string;
  /** The keys it was read from, or what was assumed. */
  readonly from: string;
  readonly path: JsonPath | null;
}

export const inputsOf = ({ inputs }: Formula): InputText[] =>
  inputs.map(({ symbol, value, paths, note }) => ({
    symbol,
    value: digits(value),
    from: [...paths.map((path) => path.join('.')), ...(note === undefined ? [] : [note])].join(', '),
    path: paths[0] ?? null,
  }));

/** Whole numbers in full, others in six digits. */
const digits = (value: number): string =>
  Number.isSafeInteger(value) ? String(value) : String(Number(value.toPrecision(6)));
