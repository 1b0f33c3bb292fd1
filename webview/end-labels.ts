/** Names of lines at their right ends, apart from each other. */
import type { Plugin } from 'chart.js';
import { FONT_SIZE, fontOf } from './charts';
import { shorten } from './format';
import { spread } from './spread';
import type { SeriesStyle } from './series';
import type { Theme } from './theme';

export interface EndLabel {
  readonly text: string;
  readonly style: SeriesStyle;
  readonly bold: boolean;
  /** Where the line ends. */
  readonly x: number;
  readonly y: number;
}

const HEIGHT = FONT_SIZE + 3;
/** From the chart's edge to the name: the leader's room. */
export const LEADER = 20;
const NARROW = 600;

/** Names are short where room is. */
export const fitName = (name: string, width: number): string => shorten(name, width < NARROW ? 13 : 26);

/** Draws the names of a chart's lines, in order of importance, in the room right of its area. */
export function endLabelsPlugin(
  labels: (chart: {
    getDatasetMeta(index: number): { data: readonly { x: number; y: number }[] };
  }) => EndLabel[],
  theme: () => Theme,
): Plugin<'scatter'> {
  return {
    id: 'endLabels',
    afterDatasetsDraw(chart) {
      const { ctx, chartArea } = chart;
      const colors = theme();
      const all = labels(chart);
      const places = spread(
        all.map(({ y }) => y),
        HEIGHT,
        chartArea.top - HEIGHT / 2,
        chartArea.bottom + HEIGHT / 2,
      );
      ctx.save();
      ctx.textBaseline = 'middle';
      all.forEach(({ text, style, bold, x, y }, i) => {
        const place = places[i];
        if (place === null || place === undefined) return;
        const right = chartArea.right + LEADER;
        ctx.strokeStyle = style.color;
        ctx.lineWidth = 1;
        ctx.beginPath();
        ctx.moveTo(x, y);
        ctx.lineTo(chartArea.right + 6, y);
        ctx.lineTo(right - 3, place);
        ctx.stroke();
        ctx.font = fontOf(colors, bold ? 'bold' : 'normal');
        ctx.fillStyle = colors.foreground;
        ctx.fillText(fitName(text, chart.width), right, place);
      });
      ctx.restore();
    },
  };
}
