import { sensitivityOf, type ModelSubject } from '../../advice';
import type { FieldEffect, ModelFigures, SensitivityData } from '../../protocol';
import { acceptedBySchema } from '../what-if';

/** What the neighbouring values of each field that decides cost bring, at one of the options' contexts. */
export function sensitivityAt(id: string, subject: ModelSubject, context: number): SensitivityData {
  const { figures, fields } = sensitivityOf(subject, acceptedBySchema(subject));
  const now = effectOf(figures, context);
  return {
    id,
    context,
    now,
    fields: fields.map(({ path, what, value, steps }) => ({
      path,
      what,
      value,
      steps: steps.map((step) => ({
        to: step.to,
        edits: step.edits,
        also: step.also,
        change: difference(effectOf(step.figures, context), now),
      })),
    })),
  };
}

function effectOf(figures: ModelFigures, context: number): FieldEffect {
  const { kvBytesPerToken, totalParameters, activatedParameters, effectiveRank } = figures;
  return {
    usdPer1M: Object.fromEntries(
      figures.cost.filter((c) => c.context === context).map((c) => [c.target, c.totalUsdPer1M]),
    ),
    afdUsdPer1M: figures.afdCost.find((c) => c.context === context)?.usdPer1M ?? null,
    kvBytesPerToken,
    totalParameters,
    activatedParameters,
    effectiveRank,
  };
}

/** Shares of a sum that are rounding alone. */
const NOTHING = 1e-9;
const less = (after: number, before: number): number =>
  Math.abs(after - before) <= NOTHING * Math.abs(before) ? 0 : after - before;

function difference(after: FieldEffect, before: FieldEffect): FieldEffect {
  const { afdUsdPer1M: afd } = before;
  return {
    usdPer1M: Object.fromEntries(
      Object.entries(before.usdPer1M).flatMap(([target, usd]) => {
        const now = after.usdPer1M[target];
        return now === undefined ? [] : [[target, less(now, usd)] as const];
      }),
    ),
    afdUsdPer1M: afd === null || after.afdUsdPer1M === null ? null : less(after.afdUsdPer1M, afd),
    kvBytesPerToken: less(after.kvBytesPerToken, before.kvBytesPerToken),
    totalParameters: less(after.totalParameters, before.totalParameters),
    activatedParameters: less(after.activatedParameters, before.activatedParameters),
    effectiveRank: less(after.effectiveRank, before.effectiveRank),
  };
}
