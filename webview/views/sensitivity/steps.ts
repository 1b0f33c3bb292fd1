/** The steps of all fields as lines of the chart, and in words. */
import type { FieldEffect, FieldStep, FieldWorth, SensitivityData } from '../../../src/protocol';
import { formatBytes, formatCount, formatUsd } from '../../format';

/** The dollars that fields are drawn by. */
export interface Cost {
  of(effect: FieldEffect): number | null;
}

export interface Step {
  readonly key: string;
  readonly field: FieldWorth;
  readonly step: FieldStep;
  /** Dollars per 1M tokens; null where nothing has a price. */
  readonly usd: number | null;
}

/** Field by field, those that move the cost most first. */
export function stepsOf({ fields }: SensitivityData, cost: Cost): Step[] {
  return fields
    .map((field) =>
      field.steps.map((step): Step => {
        const key = `${field.path.join('.')} ${step.to < field.value ? 'below' : 'above'}`;
        return { key, field, step, usd: cost.of(step.change) };
      }),
    )
    .sort((a, b) => reach(b) - reach(a))
    .flat();
}

const reach = (steps: readonly Step[]): number => Math.max(...steps.map(({ usd }) => Math.abs(usd ?? 0)));

export const nameOf = ({ path }: FieldWorth): string => path.join('.');

/** `num_key_value_heads 8 → 4`. */
export const editText = ({ field, step }: Step): string => `${nameOf(field)} ${field.value} → ${step.to}`;

const signed = (value: number, text: (value: number) => string): string =>
  value === 0 ? '0' : `${value > 0 ? '+' : '−'}${text(Math.abs(value))}`;
export const signedUsd = (value: number | null): string => (value === null ? '—' : signed(value, formatUsd));
export const signedBytes = (value: number): string => signed(value, formatBytes);
export const signedCount = (value: number): string => signed(value, formatCount);

/** Everything that the step changes besides the field itself: `query heads 64 → 32`. */
export const alsoTexts = ({ step }: Step): string[] =>
  step.also.map(
    ({ what, from, to }) => `${what} ${[...new Set(from)].join(', ')} → ${[...new Set(to)].join(', ')}`,
  );

/** What the step brings, a line each. */
export function effectTexts({ step: { change }, usd }: Step): string[] {
  return [
    `Cost: ${signedUsd(usd)} per 1M tokens`,
    `KV cache: ${signedBytes(change.kvBytesPerToken)} per token`,
    `Parameters: ${signedCount(change.totalParameters)} total, ${signedCount(change.activatedParameters)} activated`,
    `Effective attention rank: ${signedCount(change.effectiveRank)}`,
  ];
}
