/** How a model looks on a chart of many: by colour, dash and shape together, always the same for the same list of models. */
import type { ComparedModel } from '../src/protocol';

/** Of a theme. */
interface SeriesColors {
  readonly active: string;
  readonly series: readonly string[];
}

export interface SeriesStyle {
  readonly color: string;
  readonly dash: readonly number[];
  readonly shape: 'rectRot' | 'circle' | 'triangle' | 'rect' | 'star' | 'crossRot' | 'rectRounded';
  readonly radius: number;
  readonly width: number;
}

/** The open config's shape is nobody else's. Five colours, six shapes and four dashes: sixty looks before one repeats. */
const SHAPES = ['circle', 'triangle', 'rect', 'star', 'crossRot', 'rectRounded'] as const;
/** A triangle fills least of its circle. */
export const radiusOf = (shape: string, radius: number): number =>
  shape === 'triangle' ? radius * 1.3 : radius;
const DASHES: readonly (readonly number[])[] = [[], [7, 3], [2, 2], [8, 3, 2, 3]];

export function seriesStyles(
  models: readonly Pick<ComparedModel, 'id' | 'active'>[],
  { active, series }: SeriesColors,
): ReadonlyMap<string, SeriesStyle> {
  return new Map(
    models.map((model, i): [string, SeriesStyle] => [
      model.id,
      model.active
        ? { color: active, dash: [], shape: 'rectRot', radius: 6, width: 3.5 }
        : otherStyle(i, series[i % series.length] ?? active),
    ]),
  );
}

function otherStyle(i: number, color: string): SeriesStyle {
  const shape = SHAPES[i % SHAPES.length] ?? 'circle';
  return { color, dash: DASHES[i % DASHES.length] ?? [], shape, radius: radiusOf(shape, 4), width: 1.75 };
}
