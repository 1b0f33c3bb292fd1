/** Names beside points: none over another, a point or, where it can be helped, a line. */
import type { Chart, Plugin } from 'chart.js';
import { FONT_SIZE, fontOf } from './charts';
import { type Anchor, placeLabels, type Segment } from './labels';
import type { Theme } from './theme';

export interface PointName {
  readonly x: number;
  readonly y: number;
  /** Of the point. */
  readonly radius: number;
  readonly text: string;
  readonly bold: boolean;
}

export interface PointNames {
  /** The first ones get the better places. */
  readonly names: readonly PointName[];
  readonly lines: readonly Segment[];
}

/** A drawn dataset's line, piece by piece. */
export function segmentsOf(points: readonly { readonly x: number; readonly y: number }[]): Segment[] {
  return points.slice(1).map((end, i) => {
    const start = points[i] ?? end;
    return { x1: start.x, y1: start.y, x2: end.x, y2: end.y };
  });
}

export function pointNamesPlugin(
  namesIn: (chart: Chart<'scatter'>) => PointNames,
  theme: () => Theme,
): Plugin<'scatter'> {
  return {
    id: 'names',
    afterDatasetsDraw(chart) {
      const { ctx, chartArea } = chart;
      const colors = theme();
      const { names, lines } = namesIn(chart);
      const font = ({ bold }: PointName) => fontOf(colors, bold ? 'bold' : 'normal');
      ctx.save();
      ctx.textBaseline = 'middle';
      const anchors = names.map((name): Anchor => {
        ctx.font = font(name);
        const { width } = ctx.measureText(name.text);
        return { x: name.x, y: name.y, radius: name.radius + 1, width, height: FONT_SIZE + 3 };
      });
      placeLabels(anchors, chartArea, lines).forEach((placed, i) => {
        const name = names[i];
        if (placed === null || name === undefined) return;
        const { box } = placed;
        const middle = (box.top + box.bottom) / 2;
        if (placed.leader) {
          const x = Math.min(Math.max(name.x, box.left), box.right);
          const y = Math.min(Math.max(name.y, box.top), box.bottom);
          ctx.strokeStyle = colors.axis;
          ctx.lineWidth = 1;
          ctx.beginPath();
          ctx.moveTo(name.x, name.y);
          ctx.lineTo(x, y);
          ctx.stroke();
        }
        ctx.font = font(name);
        // A halo in the background's colour keeps grid and lines out of the letters.
        ctx.strokeStyle = colors.background;
        ctx.lineWidth = 3;
        ctx.lineJoin = 'round';
        ctx.strokeText(name.text, box.left, middle);
        ctx.fillStyle = colors.foreground;
        ctx.fillText(name.text, box.left, middle);
      });
      ctx.restore();
    },
  };
}
