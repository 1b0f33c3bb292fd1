/** The tiles of the hatched fills, for canvases and for SVG. */

/** Lines that rise, fall or lie level. */
export type Hatching = 'rising' | 'falling' | 'level';
type Line = readonly [x1: number, y1: number, x2: number, y2: number];

const SIZE = 6;
const SHIFTS = [-SIZE, 0, SIZE];
/** One tile, in pixels; lines go over its edges, so that they meet those of the next one. */
export const HATCH = {
  size: SIZE,
  lineWidth: 2.4,
  lines: {
    rising: SHIFTS.map((shift): Line => [shift - 1, SIZE + 1, shift + SIZE + 1, -1]),
    falling: SHIFTS.map((shift): Line => [shift - 1, -1, shift + SIZE + 1, SIZE + 1]),
    level: [[-1, SIZE / 2, SIZE + 1, SIZE / 2]],
  } satisfies Record<Hatching, readonly Line[]>,
} as const;

export interface Hatched {
  readonly color: string;
  readonly background: string;
  readonly hatching: Hatching;
}

// A pattern can't be asked what it is made of.
const made = new WeakMap<object, Hatched>();
export function rememberHatch(pattern: object, hatched: Hatched): void {
  made.set(pattern, hatched);
}
export const hatchOf = (pattern: object): Hatched | null => made.get(pattern) ?? null;
