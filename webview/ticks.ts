/** Where axes have their ticks, and what they say. Pure. */
import { formatBytes, formatCount, formatSi, formatUsd } from './format';

/** Contexts in powers of two: all of them on a logarithmic axis, evenly spaced multiples of one on a linear one. */
export function contextTicks(min: number, max: number, logarithmic: boolean): number[] {
  if (!(max > min) || min < 0) return [];
  if (logarithmic) {
    const first = Math.ceil(Math.log2(Math.max(min, 1)));
    const last = Math.floor(Math.log2(max));
    return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => 2 ** (first + i));
  }
  const step = 2 ** Math.ceil(Math.log2(max / 8));
  return Array.from({ length: Math.floor(max / step) + 1 }, (_, i) => i * step);
}

/** More than this many decades are ticks enough by themselves. */
const MANY_DECADES = 3;

/** For a logarithmic axis: powers of ten, with 2 and 5 times them where the axis is short. */
export function logarithmicTicks(min: number, max: number): number[] {
  if (!(min > 0) || !(max > min)) return [];
  const decades = Math.log10(max / min);
  const digits = decades > MANY_DECADES ? [1] : decades > 1 ? [1, 2, 5] : [1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9];
  const first = Math.floor(Math.log10(min));
  const powers = Array.from({ length: Math.ceil(Math.log10(max)) - first + 1 }, (_, i) => first + i);
  return powers
    .flatMap((power) => digits.map((digit) => Number(`${digit}e${power}`)))
    .filter((value) => value >= min && value <= max);
}

/** Ticks are round: `$0.10` is `$0.1`, `2.00 GB` is `2 GB`. */
const withoutZeros = (text: string): string => text.replace(/(\.\d*?)0+(?!\d)/, '$1').replace(/\.(?!\d)/, '');
export const bytesTick = (value: number): string => withoutZeros(formatBytes(value));
export const usdRoundTick = (value: number): string => withoutZeros(formatUsd(value));
export const siTick = (value: number, unit: string): string => withoutZeros(formatSi(value, unit));
export const countTick = (value: number): string => withoutZeros(formatCount(value));
