/** chart.js with only the parts that the views draw with, and the editor's theme as its defaults. */
import {
  BarController,
  BarElement,
  CategoryScale,
  Chart,
  Legend,
  LinearScale,
  LineElement,
  LogarithmicScale,
  PointElement,
  ScatterController,
  Tooltip,
} from 'chart.js';
import Annotation from 'chartjs-plugin-annotation';
import { formatUsdTick } from './format';
import { HATCH, rememberHatch, type Hatching } from './hatch';
import type { Theme } from './theme';

Chart.register(
  Annotation,
  BarController,
  BarElement,
  CategoryScale,
  Legend,
  LinearScale,
  LineElement,
  LogarithmicScale,
  PointElement,
  ScatterController,
  Tooltip,
);

export const FONT_SIZE = 11;

// Never animated: right for reduced motion and for following edits. Charts are updated with `update()`, not
// `update('none')`, which would leave the elements' shared colours as they were at the first draw.
Chart.defaults.animation = false;
Chart.defaults.maintainAspectRatio = false;
Chart.defaults.font.size = FONT_SIZE;

/** Charts take these over at their next `update`. */
export function applyTheme(theme: Theme): void {
  const { defaults } = Chart;
  defaults.font.family = theme.font;
  defaults.color = theme.foreground;
  defaults.borderColor = theme.grid;
  Object.assign(defaults.plugins.tooltip, {
    backgroundColor: theme.tooltip.background,
    titleColor: theme.tooltip.foreground,
    bodyColor: theme.tooltip.foreground,
    footerColor: theme.tooltip.foreground,
    borderColor: theme.tooltip.border,
    borderWidth: 1,
    cornerRadius: 3,
    padding: 8,
    displayColors: false,
  });
}

interface PaintedScale {
  readonly ticks?: object;
  readonly title?: object;
  readonly grid?: object;
  readonly border?: object;
}

/** chart.js copies its defaults into each scale once: a scale's colours have to be set on the scale. */
export function paintScale(scale: PaintedScale | undefined, theme: Theme, title?: string): void {
  if (scale === undefined) return;
  const { ticks, grid, border } = scale;
  Object.assign(ticks ?? {}, { color: theme.foreground });
  Object.assign(scale.title ?? {}, {
    color: theme.foreground,
    ...(title === undefined ? {} : { text: title }),
  });
  Object.assign(grid ?? {}, { color: theme.grid, tickColor: theme.grid });
  Object.assign(border ?? {}, { color: theme.axis });
}

/** For `ticks.callback` of a dollar axis. */
export function usdTick(value: number | string, _index: number, ticks: readonly { value: number }[]): string {
  const [first, second] = ticks;
  return formatUsdTick(Number(value), first && second ? second.value - first.value : Number(value));
}

export function fontOf(theme: Theme, weight: 'normal' | 'bold' = 'normal', size = FONT_SIZE): string {
  return `${weight} ${size}px ${theme.font}`;
}

/** A hatched fill, so that a series is told by more than its colour. */
export function hatch(
  color: string,
  background: string,
  hatching: Hatching = 'rising',
): CanvasPattern | string {
  const { size, lineWidth, lines } = HATCH;
  const tile = document.createElement('canvas');
  tile.width = size;
  tile.height = size;
  const context = tile.getContext('2d');
  if (context === null) return color;
  context.fillStyle = background;
  context.fillRect(0, 0, size, size);
  context.strokeStyle = color;
  context.lineWidth = lineWidth;
  context.beginPath();
  for (const [x1, y1, x2, y2] of lines[hatching]) {
    context.moveTo(x1, y1);
    context.lineTo(x2, y2);
  }
  context.stroke();
  const pattern = context.createPattern(tile, 'repeat');
  if (pattern === null) return color;
  rememberHatch(pattern, { color, background, hatching });
  return pattern;
}
