/** Pictures of a chart: the same chart once more, on another surface. */
import { Chart, type ChartOptions } from 'chart.js';
import { type Measure, SvgContext } from './svg-context';

/** Twice the size on screen: sharp on paper. */
const SCALE = 2;

/** PNG on the given background. */
export async function pngOf(chart: Chart, background: string): Promise<Blob> {
  const canvas = document.createElement('canvas');
  const copy = drawAgain(chart, canvas, SCALE);
  const surface = copy.ctx;
  // Drawing begins with a clear surface: the background goes behind what is there.
  surface.globalCompositeOperation = 'destination-over';
  surface.fillStyle = background;
  surface.fillRect(0, 0, chart.width, chart.height);
  try {
    return await new Promise((resolve, reject) => {
      canvas.toBlob((blob) => {
        if (blob) resolve(blob);
        else reject(new Error('the chart is too large for a picture'));
      }, 'image/png');
    });
  } finally {
    copy.destroy();
  }
}

/** SVG on the given background, with text as text. */
export function svgOf(chart: Chart, background: string): string {
  const canvas = document.createElement('canvas');
  const recorder = new SvgContext(canvas, measureOn(document.createElement('canvas')));
  // chart.js asks its canvas for the surface to draw on.
  Object.defineProperty(canvas, 'getContext', { value: () => recorder });
  // Lines that may have styles by segment are drawn on the context itself, others as paths that can't be read.
  const direct = { segment: {} };
  const copy = drawAgain(chart, canvas, 1, { datasets: { scatter: direct, line: direct } });
  try {
    return recorder.toSvg(chart.width, chart.height, background, chart.canvas.ariaLabel ?? '');
  } finally {
    copy.destroy();
  }
}

function measureOn(canvas: HTMLCanvasElement): Measure {
  const surface = canvas.getContext('2d');
  if (surface === null) throw new Error('there is no canvas to measure text on');
  return (text, font, baseline) => {
    surface.font = font;
    surface.textBaseline = baseline;
    return surface.measureText(text);
  };
}

function drawAgain(
  chart: Chart,
  canvas: HTMLCanvasElement,
  devicePixelRatio: number,
  further: ChartOptions = {},
): Chart {
  canvas.width = chart.width;
  canvas.height = chart.height;
  const { data, options, plugins } = chart.config;
  const type = 'type' in chart.config ? chart.config.type : 'bar';
  return new Chart(canvas, {
    type,
    data,
    options: { ...options, ...further, responsive: false, animation: false, devicePixelRatio, events: [] },
    plugins: plugins ?? [],
  });
}

/** A blob's bytes for a message. */
export async function base64Of(blob: Blob): Promise<string> {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  let text = '';
  for (let i = 0; i < bytes.length; i += 0x8000)
    text += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  return btoa(text);
}
