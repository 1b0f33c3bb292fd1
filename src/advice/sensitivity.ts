import type {
  CapacityMeasure,
  FieldSensitivity,
  ModelFigures,
  SensitivityReport,
  SensitivityStep,
  WhatIf,
} from '../protocol';
import type { ModelSubject } from './subject';
import { costFields, figuresOf, SIZE_NAMES, whatIfs, type Accepts, type SizeRole } from './what-if';

/** What is the same of a report whatever the file is called. */
export type Sensitivity = Pick<SensitivityReport, 'reference' | 'figures' | 'fields'>;

/**
 * What each field that decides cost is worth, by its next value below and above: dollars against the capacity that the
 * field is about (see `docs/what-if.md`), the cheapest losses first.
 */
export function sensitivityOf(subject: ModelSubject, accepts?: Accepts): Sensitivity {
  const figures = figuresOf(subject);
  const fields = costFields(subject.config, subject.architecture).flatMap((field): FieldSensitivity[] => {
    const capacity = MEASURES[field.role] ?? 'parameters';
    const steps = whatIfs(subject, field, 1, accepts).map((step) => weigh(step, figures, capacity));
    const { path, value, role } = field;
    return steps.length > 0 ? [{ path, what: SIZE_NAMES[role], value, capacity, steps }] : [];
  });
  const [afd] = figures.afdCost;
  return {
    reference: afd
      ? { context: afd.context, attentionOn: afd.attentionOn, ffnOn: afd.ffnOn, usdPer1M: afd.usdPer1M }
      : null,
    figures,
    fields: fields
      .map((field) => ({ field, standing: standingOf(field) }))
      .sort((a, b) => a.standing.tier - b.standing.tier || b.standing.gain - a.standing.gain)
      .map(({ field }) => field),
  };
}

/**
 * What a size takes from the model when it shrinks. Heads and their dims: the effective rank that the report argues with
 * (section 4.2); windows and selections: the tokens looked at; states: what they hold. All others are weights.
 */
const MEASURES: Readonly<Partial<Record<SizeRole, CapacityMeasure>>> = {
  queryHeads: 'effectiveRank',
  kvHeads: 'effectiveRank',
  headDim: 'effectiveRank',
  nopeDim: 'effectiveRank',
  ropeDim: 'effectiveRank',
  queryRank: 'effectiveRank',
  kvRank: 'effectiveRank',
  window: 'attendedTokens',
  ratio: 'attendedTokens',
  attendedTokens: 'attendedTokens',
  attentionPattern: 'attendedTokens',
  stateHeads: 'stateBytes',
  stateKeyDim: 'stateBytes',
  stateValueDim: 'stateBytes',
};

/** Shares below are rounding. */
const NOTHING = 1e-9;

function weigh(step: WhatIf, base: ModelFigures, capacity: CapacityMeasure): SensitivityStep {
  const [before, after] = [base.afdCost[0]?.usdPer1M ?? 0, step.figures.afdCost[0]?.usdPer1M ?? 0];
  const usdSavedPer1M = Math.abs(before - after) <= NOTHING * before ? 0 : before - after;
  const capacityLost = lost(base, step.figures, capacity);
  // A price needs a trade: dollars one way, capacity the other.
  const isTrade = usdSavedPer1M * capacityLost > 0;
  return {
    ...step,
    usdSavedPer1M,
    capacityLost,
    usdPerPercent: isTrade ? usdSavedPer1M / (100 * capacityLost) : null,
  };
}

/** Share of the measure that is lost; of total and activated parameters the one that changes more. */
function lost(base: ModelFigures, now: ModelFigures, capacity: CapacityMeasure): number {
  const share = (of: (figures: ModelFigures) => number) =>
    of(base) === 0 ? 0 : (of(base) - of(now)) / of(base);
  if (capacity !== 'parameters') return share((f) => f[capacity]);
  const [total, activated] = [share((f) => f.totalParameters), share((f) => f.activatedParameters)];
  return Math.abs(total) >= Math.abs(activated) ? total : activated;
}

/** Where a field stands: what saves and loses nothing, what saves at a loss, what saves nothing. */
function standingOf({ steps }: FieldSensitivity): { readonly tier: number; readonly gain: number } {
  const saving = steps.filter((step) => step.usdSavedPer1M > 0);
  const free = saving.filter((step) => step.capacityLost <= NOTHING).map((step) => step.usdSavedPer1M);
  if (free.length > 0) return { tier: 0, gain: Math.max(...free) };
  const traded = saving.map((step) => step.usdPerPercent ?? 0);
  return traded.length > 0 ? { tier: 1, gain: Math.max(...traded) } : { tier: 2, gain: 0 };
}
