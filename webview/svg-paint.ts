/** Canvas colours and patterns as SVG knows them. */
import { hatchOf, HATCH } from './hatch';
import { tag } from './svg-text';

export interface Paint {
  /** `none` for what is not seen. */
  readonly color: string;
  readonly opacity: number;
  /** Of a pattern, without an id: to stand in `defs`. */
  readonly definition: string | null;
}

export function paintOf(style: string | object): Paint {
  if (typeof style === 'string') return { ...colorOf(style), definition: null };
  const hatched = hatchOf(style);
  if (hatched === null) throw new Error('this fill has no counterpart in SVG');
  const { size, lineWidth, lines } = HATCH;
  const definition = tag(
    'pattern',
    { patternUnits: 'userSpaceOnUse', width: size, height: size },
    tag('rect', { width: size, height: size, ...fillOf(hatched.background) }) +
      tag('path', {
        d: lines[hatched.hatching].map(([x1, y1, x2, y2]) => `M${x1} ${y1}L${x2} ${y2}`).join(''),
        stroke: colorOf(hatched.color).color,
        'stroke-width': lineWidth,
      }),
  );
  return { color: 'none', opacity: 1, definition };
}

function fillOf(color: string) {
  const { color: fill, opacity } = colorOf(color);
  return { fill, 'fill-opacity': opacity === 1 ? null : opacity };
}

/** Transparency stands apart: not every reader of SVG takes `rgba()` or eight digits. */
function colorOf(color: string): Pick<Paint, 'color' | 'opacity'> {
  const rgba = /^rgba\(([^,]+,[^,]+,[^,]+),([^)]+)\)$/.exec(color);
  const hex = /^#(?:([0-9a-f]{6})([0-9a-f]{2})|([0-9a-f]{3})([0-9a-f]))$/i.exec(color);
  const [solid, opacity] = rgba
    ? [`rgb(${rgba[1] ?? ''})`, Number(rgba[2])]
    : hex
      ? [
          `#${hex[1] ?? hex[3] ?? ''}`,
          hex[2] !== undefined ? parseInt(hex[2], 16) / 255 : parseInt(hex[4] ?? '', 16) / 15,
        ]
      : [color, color === 'transparent' ? 0 : 1];
  return opacity === 0 ? { color: 'none', opacity: 1 } : { color: solid, opacity };
}
