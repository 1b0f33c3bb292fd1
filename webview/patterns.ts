/** Fills that are told apart without their colours. */
import { hatch } from './charts';
import type { Hatching } from './hatch';

export type Pattern = 'solid' | Hatching;
export const PATTERNS: readonly Pattern[] = ['solid', 'rising', 'falling', 'level'];

/** For chart.js. */
export const canvasFill = (pattern: Pattern, color: string, background: string): CanvasPattern | string =>
  pattern === 'solid' ? color : hatch(color, background, pattern);

const ANGLE = { rising: '135deg', falling: '45deg', level: '180deg' } as const;

/** For `background-image`. */
export function cssFill(pattern: Pattern, color: string, background: string): string {
  if (pattern === 'solid') return `linear-gradient(${color}, ${color})`;
  return `repeating-linear-gradient(${ANGLE[pattern]}, ${color} 0 2px, ${background} 2px 4px)`;
}
