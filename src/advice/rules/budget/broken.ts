import type { Fix, JsonPath } from '../../../protocol';
import { signedPercent } from '../../format';
import type { Advice } from '../../rule';
import type { ModelSubject } from '../../subject';
import { carriedEdits } from '../../what-if/carried';
import { layerPeriod } from '../../what-if/layer-lists';
import { neighboursOf } from '../../what-if/neighbours';
import type { CostField } from '../../what-if/sizes';
import { driversOf, type Part } from './driver';

/** A number that a budget limits. */
export interface Limited {
  readonly what: string;
  /** Undefined where the budget says nothing of it. */
  readonly limit: number | undefined;
  readonly show: (value: number) => string;
  /** Null where it can't be told, for want of a price. */
  readonly valueOf: (subject: ModelSubject) => number | null;
  readonly partsOf: (subject: ModelSubject) => readonly Part[];
}

/** What there is to say of a number over its budget; null where it keeps it. */
export function brokenBudget(subject: ModelSubject, source: string, limited: Limited): Advice | null {
  const { what, limit, show, valueOf, partsOf } = limited;
  const value = limit === undefined ? null : valueOf(subject);
  if (limit === undefined || value === null || value <= limit) return null;
  const over = signedPercent(value / limit - 1).slice(1);
  const drivers = driversOf(subject, partsOf(subject));
  let [field] = drivers;
  let fix: Fix | null = null;
  for (const driver of drivers) {
    fix = fixOf(subject, driver, limited);
    if (!fix) continue;
    field = driver;
    break;
  }
  const remedy = fix
    ? `${fix.title} would keep it`
    : field
      ? `no usual value of ${keyOf(field.path)} (${field.value}) alone would keep it`
      : 'no single key drives it';
  return {
    path: field?.path ?? subject.textPath,
    message: `${what} is ${show(value)}, ${over} over the budget of ${show(limit)} (${source}); ${remedy}.`,
    fixes: fix ? [fix] : [],
  };
}

/** Models that are read anew, at most, to find a value. */
const MOST_TRIED = 4;

/** The nearest lower value of the key with which the number keeps the budget. */
function fixOf(subject: ModelSubject, field: CostField, { limit, show, valueOf }: Limited): Fix | null {
  const { lower } = neighboursOf(field, layerPeriod(subject.architecture));
  for (const to of lower.filter((n) => n > 0).slice(0, MOST_TRIED)) {
    const [carried = []] = carriedEdits(subject, field, to);
    const edits = [{ path: field.path, value: to }, ...carried];
    const after = subject.after(edits);
    const value = after && valueOf(after);
    if (value === null || value > (limit ?? 0)) continue;
    return {
      title: `${keyOf(field.path)} ${field.value} → ${to} (${show(value)})`,
      edits,
      isPreferred: false,
    };
  }
  return null;
}

const keyOf = (path: JsonPath): string => path.filter((step) => typeof step === 'string').at(-1) ?? '';
