/**
 * A canvas context that writes SVG: the part of the 2D API that chart.js and our plugins draw with. Only moves, turns and even
 * scaling are known to it. Shadows and images are left out.
 */
import { paintOf } from './svg-paint';
import { type Attributes, escapeXml, fontAttributes, round, tag } from './svg-text';

/** Of a text in a font: its width, and how far above the baseline its line begins. */
export type Measure = (text: string, font: string, baseline: TextBaseline) => TextSize;

interface TextSize {
  readonly width: number;
  readonly fontBoundingBoxAscent: number;
}
// As in lib.dom, which unit tests under Node don't have.
type TextAlign = 'start' | 'end' | 'left' | 'right' | 'center';
type TextBaseline = 'top' | 'hanging' | 'middle' | 'alphabetic' | 'ideographic' | 'bottom';

/** As in `setTransform(a, b, c, d, e, f)`. */
type Matrix = readonly [number, number, number, number, number, number];
const IDENTITY: Matrix = [1, 0, 0, 1, 0, 0];

/** A colour or a pattern. */
type Style = string | object;

/** What `save` keeps, with the names and first values of a canvas context. */
class Pen {
  fillStyle: Style = '#000000';
  strokeStyle: Style = '#000000';
  globalAlpha = 1;
  lineWidth = 1;
  lineCap: 'butt' | 'round' | 'square' = 'butt';
  lineJoin: 'miter' | 'round' | 'bevel' = 'miter';
  miterLimit = 10;
  lineDashOffset = 0;
  font = '10px sans-serif';
  textAlign: TextAlign = 'start';
  textBaseline: TextBaseline = 'alphabetic';
  protected dash: readonly number[] = [];
  protected matrix: Matrix = IDENTITY;
  /** Id of the clip path. */
  protected clipId: string | null = null;
}
const KEPT = Object.keys(new Pen());

const ANCHORS: Readonly<Record<TextAlign, string | undefined>> = {
  start: undefined,
  left: undefined,
  center: 'middle',
  right: 'end',
  end: 'end',
};

/** Draws as a `CanvasRenderingContext2D` does. */
export class SvgContext extends Pen {
  private readonly saved: object[] = [];
  private path: string[] = [];
  private shapes: string[] = [];
  private readonly definitions = new Map<string, string>();

  constructor(
    readonly canvas: object,
    private readonly measure: Measure,
  ) {
    super();
  }

  /** All that was drawn since the surface was last cleared, before it a background. */
  toSvg(width: number, height: number, background: string, title: string): string {
    const size = { width, height, viewBox: `0 0 ${round(width)} ${round(height)}` };
    const definitions = [...this.definitions].map(([content, id]) => content.replace(' ', ` id="${id}" `));
    return tag(
      'svg',
      { xmlns: 'http://www.w3.org/2000/svg', ...size, role: 'img' },
      [
        tag('title', {}, escapeXml(title)),
        ...(definitions.length > 0 ? [tag('defs', {}, definitions.join(''))] : []),
        tag('rect', { width, height, ...this.paint('fill', background) }),
        ...this.shapes,
      ].join('\n'),
    );
  }

  save(): void {
    this.saved.push(Object.fromEntries(Object.entries(this).filter(([name]) => KEPT.includes(name))));
  }
  restore(): void {
    Object.assign(this, this.saved.pop());
  }

  setTransform(a: number, b: number, c: number, d: number, e: number, f: number): void {
    this.matrix = [a, b, c, d, e, f];
  }
  resetTransform(): void {
    this.matrix = IDENTITY;
  }
  transform(a: number, b: number, c: number, d: number, e: number, f: number): void {
    const [A, B, C, D, E, F] = this.matrix;
    this.matrix = [
      A * a + C * b,
      B * a + D * b,
      A * c + C * d,
      B * c + D * d,
      A * e + C * f + E,
      B * e + D * f + F,
    ];
  }
  translate(x: number, y: number): void {
    this.transform(1, 0, 0, 1, x, y);
  }
  rotate(angle: number): void {
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    this.transform(cos, sin, -sin, cos, 0, 0);
  }
  scale(x: number, y: number): void {
    this.transform(x, 0, 0, y, 0, 0);
  }

  beginPath(): void {
    this.path = [];
  }
  moveTo(x: number, y: number): void {
    this.path.push(`M${this.at(x, y)}`);
  }
  lineTo(x: number, y: number): void {
    // A line from nowhere begins the path.
    this.path.push(`${this.path.length === 0 ? 'M' : 'L'}${this.at(x, y)}`);
  }
  quadraticCurveTo(cx: number, cy: number, x: number, y: number): void {
    this.path.push(`Q${this.at(cx, cy)} ${this.at(x, y)}`);
  }
  bezierCurveTo(c1x: number, c1y: number, c2x: number, c2y: number, x: number, y: number): void {
    this.path.push(`C${this.at(c1x, c1y)} ${this.at(c2x, c2y)} ${this.at(x, y)}`);
  }
  closePath(): void {
    if (this.path.length > 0) this.path.push('Z');
  }
  rect(x: number, y: number, width: number, height: number): void {
    this.moveTo(x, y);
    this.lineTo(x + width, y);
    this.lineTo(x + width, y + height);
    this.lineTo(x, y + height);
    this.closePath();
  }
  /** With one radius for all corners. */
  roundRect(x: number, y: number, width: number, height: number, radius = 0): void {
    const r = Math.min(radius, width / 2, height / 2);
    const quarter = Math.PI / 2;
    this.moveTo(x + r, y);
    this.arc(x + width - r, y + r, r, -quarter, 0);
    this.arc(x + width - r, y + height - r, r, 0, quarter);
    this.arc(x + r, y + height - r, r, quarter, 2 * quarter);
    this.arc(x + r, y + r, r, 2 * quarter, 3 * quarter);
    this.closePath();
  }
  arc(x: number, y: number, radius: number, from: number, to: number, counterclockwise = false): void {
    this.ellipse(x, y, radius, radius, 0, from, to, counterclockwise);
  }
  ellipse(
    x: number,
    y: number,
    radiusX: number,
    radiusY: number,
    rotation: number,
    from: number,
    to: number,
    counterclockwise = false,
  ): void {
    const turn = 2 * Math.PI;
    const asked = counterclockwise ? from - to : to - from;
    // As on a canvas: a full turn or more is one turn, a negative angle goes on to where it ends.
    const swept = asked >= turn ? turn : ((asked % turn) + turn) % turn;
    const end = counterclockwise ? from - swept : from + swept;
    const on = (angle: number): readonly [number, number] => {
      const [dx, dy] = [radiusX * Math.cos(angle), radiusY * Math.sin(angle)];
      const [cos, sin] = [Math.cos(rotation), Math.sin(rotation)];
      return [x + dx * cos - dy * sin, y + dx * sin + dy * cos];
    };
    this.lineTo(...on(from));
    if (swept === 0 || radiusX === 0 || radiusY === 0) return;
    const [a, b] = this.matrix;
    const tilt = ((rotation + Math.atan2(b, a)) * 180) / Math.PI;
    const radii = `${round(radiusX * this.zoom)} ${round(radiusY * this.zoom)} ${round(tilt)}`;
    // An arc that ends where it begins is nothing in SVG: in halves.
    const middle = (from + end) / 2;
    for (const angle of [middle, end])
      this.path.push(`A${radii} 0 ${counterclockwise ? 0 : 1} ${this.at(...on(angle))}`);
  }

  fill(rule: 'nonzero' | 'evenodd' = 'nonzero'): void {
    this.draw({ ...this.fillPaint(), 'fill-rule': rule === 'nonzero' ? null : rule });
  }
  stroke(unreadable?: object): void {
    if (unreadable !== undefined) throw new Error('a ready-made path has no counterpart in SVG');
    this.draw({ fill: 'none', ...this.strokePaint() });
  }
  clip(): void {
    const outer = this.clipId === null ? '' : ` clip-path="url(#${this.clipId})"`;
    this.clipId = this.define(`<clipPath ${outer}>${tag('path', { d: this.path.join('') })}</clipPath>`);
  }
  fillRect(x: number, y: number, width: number, height: number): void {
    this.apart(() => {
      this.rect(x, y, width, height);
      this.fill();
    });
  }
  strokeRect(x: number, y: number, width: number, height: number): void {
    this.apart(() => {
      this.rect(x, y, width, height);
      this.stroke();
    });
  }
  /** Charts clear all or nothing. */
  clearRect(): void {
    this.shapes = [];
  }

  setLineDash(dash: readonly number[]): void {
    this.dash = dash;
  }
  getLineDash(): number[] {
    return [...this.dash];
  }

  measureText(text: string): TextSize {
    return this.measure(text, this.font, this.textBaseline);
  }
  fillText(text: string, x: number, y: number, maxWidth?: number): void {
    this.write(text, x, y, maxWidth, this.fillPaint());
  }
  strokeText(text: string, x: number, y: number, maxWidth?: number): void {
    // The halo of a text says nothing of its own.
    this.write(text, x, y, maxWidth, { fill: 'none', ...this.strokePaint(), 'aria-hidden': 'true' });
  }

  private write(text: string, x: number, y: number, maxWidth: number | undefined, paint: Attributes): void {
    if (text === '') return;
    const { font, textBaseline, textAlign, matrix, clipId } = this;
    const top = (baseline: TextBaseline) => this.measure(text, font, baseline).fontBoundingBoxAscent;
    const baseline = y + top('alphabetic') - top(textBaseline);
    const narrowed = maxWidth !== undefined && this.measureText(text).width > maxWidth;
    const [a, b, c, d, e, f] = matrix;
    const moved = a === 1 && b === 0 && c === 0 && d === 1;
    const numbers = [a, b, c, d].map((n) => Number(n.toFixed(6))).concat([e, f].map((n) => Number(round(n))));
    this.shapes.push(
      tag(
        'text',
        {
          x: moved ? x + e : x,
          y: moved ? baseline + f : baseline,
          ...fontAttributes(font),
          'text-anchor': ANCHORS[textAlign],
          ...(narrowed ? { textLength: maxWidth, lengthAdjust: 'spacingAndGlyphs' } : {}),
          ...paint,
          transform: moved ? null : `matrix(${numbers.join(' ')})`,
          'clip-path': clipId === null || !moved ? null : `url(#${clipId})`,
        },
        escapeXml(text),
      ),
    );
  }

  private draw(paint: Attributes): void {
    const { clipId } = this;
    const invisible = [paint.fill, paint.stroke ?? 'none'].every((each) => each === 'none');
    if (this.path.length === 0 || invisible) return;
    this.shapes.push(
      tag('path', {
        d: this.path.join(''),
        ...paint,
        'clip-path': clipId === null ? null : `url(#${clipId})`,
      }),
    );
  }

  private apart(drawing: () => void): void {
    const { path } = this;
    this.path = [];
    drawing();
    this.path = path;
  }

  private fillPaint(): Attributes {
    return this.paint('fill', this.fillStyle);
  }
  private strokePaint(): Attributes {
    const { strokeStyle, lineWidth, lineCap, lineJoin, miterLimit, dash, lineDashOffset } = this;
    return {
      ...this.paint('stroke', strokeStyle),
      'stroke-width': lineWidth * this.zoom,
      'stroke-linecap': lineCap === 'butt' ? null : lineCap,
      'stroke-linejoin': lineJoin === 'miter' ? null : lineJoin,
      'stroke-miterlimit': lineJoin === 'miter' ? miterLimit : null,
      'stroke-dasharray': dash.length === 0 ? null : dash.map((n) => round(n * this.zoom)).join(' '),
      'stroke-dashoffset': dash.length === 0 || lineDashOffset === 0 ? null : lineDashOffset * this.zoom,
    };
  }
  private paint(what: 'fill' | 'stroke', style: Style): Attributes {
    const { color, opacity, definition } = paintOf(style);
    const alpha = opacity * this.globalAlpha;
    return {
      [what]: definition === null ? color : `url(#${this.define(definition)})`,
      [`${what}-opacity`]: alpha === 1 || color === 'none' ? null : Number(alpha.toFixed(3)),
    };
  }

  /** The id of what stands in `defs`: the same content is written once. */
  private define(content: string): string {
    const id = this.definitions.get(content) ?? `d${this.definitions.size + 1}`;
    this.definitions.set(content, id);
    return id;
  }

  private get zoom(): number {
    const [a, b] = this.matrix;
    return Math.hypot(a, b);
  }
  private at(x: number, y: number): string {
    const [a, b, c, d, e, f] = this.matrix;
    return `${round(a * x + c * y + e)} ${round(b * x + d * y + f)}`;
  }
}
