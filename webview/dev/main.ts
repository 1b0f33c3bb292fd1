/** The panel, with a look into its charts and tables: chart.js knows its charts only within the same bundle. */
import '../main';
import { Chart } from 'chart.js';
import type { DevApi, DrawnChart, DrawnTable } from './api';

declare global {
  interface Window {
    decodeLensDev: Omit<DevApi, 'charts' | 'tables'>;
  }
}

const visible = (element: HTMLElement): boolean => element.offsetParent !== null;
const all = <K extends keyof HTMLElementTagNameMap>(name: K): HTMLElementTagNameMap[K][] =>
  Array.from(document.querySelectorAll(name)).filter(visible);

/** A point's own numbers and texts, and whose it is. */
function plain(point: unknown): unknown {
  if (typeof point !== 'object' || point === null) return point;
  const { model } = point as { model?: { label?: unknown } };
  const own = Object.entries(point).filter(([, value]) =>
    ['number', 'string', 'boolean'].includes(typeof value),
  );
  return { ...Object.fromEntries(own), ...(model?.label === undefined ? {} : { model: model.label }) };
}

/** Read from a copy: a canvas that is read from often is drawn on differently. */
function pixelsOf(canvas: HTMLCanvasElement): Uint32Array {
  const { width, height } = canvas;
  const copy = document.createElement('canvas');
  copy.width = width;
  copy.height = height;
  const surface = copy.getContext('2d', { willReadFrequently: true });
  surface?.drawImage(canvas, 0, 0);
  return new Uint32Array(surface?.getImageData(0, 0, width, height).data.buffer ?? []);
}

function drawnChart(canvas: HTMLCanvasElement): DrawnChart[] {
  const chart = Chart.getChart(canvas);
  if (chart === undefined) return [];
  const pixels = pixelsOf(canvas);
  const titles = Object.entries(chart.scales).map(([id, scale]): [string, string] => {
    const { title } = scale.options as { title?: { text?: string } };
    return [id, title?.text ?? ''];
  });
  return [
    {
      id: canvas.id.replace(/^chart-/, ''),
      labels: [...(chart.data.labels ?? [])],
      datasets: chart.data.datasets.map(({ label, data }) => ({ label: label ?? '', data: data.map(plain) })),
      axes: Object.fromEntries(titles),
      picture: pixels.reduce((hash, pixel) => (Math.imul(hash, 31) + pixel) | 0, 0),
      colours: new Set(pixels).size,
    },
  ];
}

const textOf = (element: Element | undefined): string => element?.textContent ?? '';

function drawnTable(table: HTMLTableElement): DrawnTable {
  return {
    id: table.id.replace(/^table-/, ''),
    columns: Array.from(table.tHead?.rows[0]?.cells ?? [], textOf),
    rows: Array.from(table.tBodies[0]?.rows ?? [], ({ cells: [head, ...cells] }) => ({
      name: textOf(head),
      texts: cells.map(textOf),
      values: cells.map((cell) => cell.dataset.value ?? ''),
    })),
  };
}

Object.assign(window.decodeLensDev, {
  charts: () => all('canvas').flatMap(drawnChart),
  tables: () => all('table').map(drawnTable),
} satisfies Pick<DevApi, 'charts' | 'tables'>);
