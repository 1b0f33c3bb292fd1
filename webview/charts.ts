/** chart.js with only the parts that the views draw with, and the editor's theme as its defaults. */
import {
  BarController,
  BarElement,
  CategoryScale,
  Chart,
  Legend,
  LinearScale,
  LineElement,
  PointElement,
  ScatterController,
  Tooltip,
} from 'chart.js';
import type { Theme } from './theme';

Chart.register(
  BarController,
  BarElement,
  CategoryScale,
  Legend,
  LinearScale,
  LineElement,
  PointElement,
  ScatterController,
  Tooltip,
);

export const FONT_SIZE = 11;

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

export function fontOf(theme: Theme, weight: 'normal' | 'bold' = 'normal', size = FONT_SIZE): string {
  return `${weight} ${size}px ${theme.font}`;
}

/** A hatched fill, so that a series is told by more than its colour. */
export function hatch(color: string, background: string): CanvasPattern | string {
  const size = 6;
  const tile = document.createElement('canvas');
  tile.width = size;
  tile.height = size;
  const context = tile.getContext('2d');
  if (context === null) return color;
  context.fillStyle = background;
  context.fillRect(0, 0, size, size);
  context.strokeStyle = color;
  context.lineWidth = 2.4;
  context.beginPath();
  for (const shift of [-size, 0, size]) {
    context.moveTo(shift - 1, size + 1);
    context.lineTo(shift + size + 1, -1);
  }
  context.stroke();
  return context.createPattern(tile, 'repeat') ?? color;
}
