/** Pictures of a chart: the same chart once more, on another surface. */
import { Chart } from 'chart.js';

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

function drawAgain(chart: Chart, canvas: HTMLCanvasElement, devicePixelRatio: number): Chart {
  canvas.width = chart.width;
  canvas.height = chart.height;
  const { data, options, plugins } = chart.config;
  const type = 'type' in chart.config ? chart.config.type : 'bar';
  return new Chart(canvas, {
    type,
    data,
    options: { ...options, responsive: false, animation: false, devicePixelRatio, events: [] },
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
