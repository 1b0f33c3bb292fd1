/** Pictures of a chart: drawn once more, by the chart itself, on another surface. */
import type { Chart } from 'chart.js';
import { Context } from 'svgcanvas';

/** What is needed of a chart, whatever it draws. */
export type Drawable = Pick<Chart, 'ctx' | 'width' | 'height' | 'draw'>;

/** Twice the size on screen: sharp on paper. */
const SCALE = 2;

function drawOn(chart: Drawable, surface: CanvasRenderingContext2D): void {
  const { ctx } = chart;
  // Everything that a chart and its plugins draw goes to `chart.ctx`.
  const writable = chart as { ctx: CanvasRenderingContext2D };
  writable.ctx = surface;
  try {
    chart.draw();
  } finally {
    writable.ctx = ctx;
  }
}

/** PNG on the given background. */
export async function pngOf(chart: Drawable, background: string): Promise<Blob> {
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(chart.width * SCALE);
  canvas.height = Math.round(chart.height * SCALE);
  const surface = canvas.getContext('2d');
  if (surface === null) throw new Error('this browser gives no canvas');
  surface.scale(SCALE, SCALE);
  drawOn(chart, surface);
  // Drawing clears the surface first: the background goes behind what is there.
  surface.globalCompositeOperation = 'destination-over';
  surface.fillStyle = background;
  surface.fillRect(0, 0, chart.width, chart.height);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => {
      if (blob) resolve(blob);
      else reject(new Error('the chart is too large for a picture'));
    }, 'image/png');
  });
}

/** SVG on the given background, with text as text. */
export function svgOf(chart: Drawable, background: string): string {
  const { width, height } = chart;
  const surface = new Context({ width, height });
  withStyles(() => {
    drawOn(chart, surface as unknown as CanvasRenderingContext2D);
  });
  const svg = surface.getSvg();
  const rect = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
  for (const [name, value] of Object.entries({ width, height, fill: background }))
    rect.setAttribute(name, String(value));
  svg.insertBefore(rect, svg.querySelector('g'));
  svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
  return new XMLSerializer().serializeToString(svg);
}

/**
 * svgcanvas reads fonts through the style attribute of a span, which this page's policy forbids: while it draws, that
 * attribute is set property by property, which is allowed.
 */
function withStyles(draw: () => void): void {
  const create = document.createElement.bind(document);
  document.createElement = (name: string) => {
    const element = create(name);
    element.setAttribute = (attribute: string, value: string) => {
      if (attribute === 'style') element.style.cssText = value;
      else Element.prototype.setAttribute.call(element, attribute, value);
    };
    return element;
  };
  try {
    draw();
  } finally {
    Reflect.deleteProperty(document, 'createElement');
  }
}

/** A blob's bytes for a message. */
export async function base64Of(blob: Blob): Promise<string> {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  let text = '';
  for (let i = 0; i < bytes.length; i += 0x8000)
    text += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  return btoa(text);
}
