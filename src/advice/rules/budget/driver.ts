import { decidingPathsOf, type Expression } from '../../../architecture';
import type { JsonPath } from '../../../protocol';
import type { ModelSubject } from '../../subject';
import { costFields, type CostField, type SizeRole } from '../../what-if/sizes';

/** A part of a number, with the formula that tells which keys it follows from. */
export interface Part {
  readonly value: number;
  readonly of: Expression;
}

/** What scales everything says little of where a number comes from. */
const GENERAL: readonly SizeRole[] = ['layers', 'hidden', 'vocab', 'attentionPattern', 'ffnPattern'];
/** Shares closer than this are equal: shared experts make an expert's width no better an answer than their number. */
const EQUAL = 0.05;
const MOST_DRIVERS = 3;
/** A special key that drives less than this share leaves the place to a general one. */
const MAIN_SHARE = 0.3;

/**
 * The keys that drive a number most, those that most of it depends on, found through the origins of its formulas: one, or
 * several that drive it alike. Keys of one block come before those of the whole model, such as the layer count, which
 * all of it depends on.
 */
export function driversOf(subject: ModelSubject, parts: readonly Part[]): CostField[] {
  const shares = new Map<string, number>();
  let total = 0;
  for (const { value, of } of parts) {
    total += value;
    for (const path of decidingPathsOf(of)) shares.set(keyOf(path), (shares.get(keyOf(path)) ?? 0) + value);
  }
  const fields = costFields(subject.config, subject.architecture).map((field) => ({
    field,
    share: (shares.get(keyOf(field.path)) ?? 0) / total,
  }));
  const special = fields.filter(({ field, share }) => share >= MAIN_SHARE && !GENERAL.includes(field.role));
  const candidates = special.length > 0 ? special : fields.filter(({ share }) => share > 0);
  const most = Math.max(...candidates.map(({ share }) => share));
  // In the order in which the block names its sizes: KV heads before their dim.
  return candidates
    .filter(({ share }) => share >= most - EQUAL)
    .slice(0, MOST_DRIVERS)
    .map(({ field }) => field);
}

const keyOf = (path: JsonPath): string => path.join('/');
