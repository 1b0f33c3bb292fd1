/** The tile of the hatched fills, for canvases and for SVG. */

const SIZE = 6;
/** One tile, in pixels; lines go over its edges, so that they meet those of the next one. */
export const HATCH = {
  size: SIZE,
  lineWidth: 2.4,
  lines: [-SIZE, 0, SIZE].map((shift) => [shift - 1, SIZE + 1, shift + SIZE + 1, -1] as const),
} as const;

export interface Hatched {
  readonly color: string;
  readonly background: string;
}

// A pattern can't be asked what it is made of.
const made = new WeakMap<object, Hatched>();
export function rememberHatch(pattern: object, hatched: Hatched): void {
  made.set(pattern, hatched);
}
export const hatchOf = (pattern: object): Hatched | null => made.get(pattern) ?? null;
