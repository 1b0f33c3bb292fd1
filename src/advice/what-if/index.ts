import type { Architecture } from '../../architecture';
import type { AlsoChanged, ConfigEdit, JsonPath, ModelFigures, WhatIf } from '../../protocol';
import { RULES } from '../rules';
import { advise } from '../run';
import type { ModelSubject } from '../subject';
import { carriedEdits } from './carried';
import { figuresOf } from './figures';
import { layerPeriod } from './layer-lists';
import { neighboursOf } from './neighbours';
import { SIZE_NAMES } from './size-names';
import { costField, sizesOf, type CostField } from './sizes';

export * from './figures';
export { ATTENTION_ROLES } from './neighbours';
export { SIZE_NAMES } from './size-names';
export { costField, costFields, type CostField, type SizeRole } from './sizes';

/** Does whoever asks take this config? The service checks its schema. */
export type Accepts = (subject: ModelSubject) => boolean;

/** A field's neighbouring values, `each` on either side, ascending, with the model that each would make. */
export function whatIfs(
  subject: ModelSubject,
  field: CostField,
  each: number,
  accepts: Accepts = () => true,
): WhatIf[] {
  const { lower, upper } = neighboursOf(field, layerPeriod(subject.architecture));
  const errors = errorsOf(subject);
  const take = (values: readonly number[]): WhatIf[] => {
    const taken: WhatIf[] = [];
    for (const value of values.slice(0, MOST_TRIED)) {
      if (taken.length === each) break;
      const found = whatIf(
        subject,
        field,
        value,
        (after) => !hasMore(errorsOf(after), errors) && accepts(after),
      );
      if (found) taken.push(found);
    }
    return taken;
  };
  return [...take(lower).reverse(), ...take(upper)];
}
/** On either side. */
const MOST_TRIED = 4;

/** The field at this place of the file, if it decides cost. */
export const fieldAt = ({ config, architecture }: ModelSubject, path: JsonPath): CostField | null =>
  costField(config, architecture, path);

/** One other value of a field; null where no sound model comes of it, or the same. */
function whatIf(subject: ModelSubject, field: CostField, to: number, accepts: Accepts): WhatIf | null {
  const own: ConfigEdit = { path: field.path, value: to };
  for (const carried of carriedEdits(subject, field, to)) {
    const edits = [own, ...carried];
    const after = subject.after(edits);
    if (!after || !accepts(after)) continue;
    const figures = figuresOf(after);
    if (!isFinite(figures) || isSame(figures, figuresOf(subject))) continue;
    const also = alsoChanged(subject.architecture, after.architecture, field);
    return { path: field.path, from: field.value, to, edits, also, figures };
  }
  return null;
}

/** What rules find that can find an error: a value with a new one is no neighbour. A budget is no matter of soundness. */
const errorsOf = (subject: ModelSubject): string[] =>
  advise(
    subject,
    {},
    RULES.filter((rule) => rule.severity === 'error' && !rule.code.startsWith('budget/')),
  ).flatMap((problem) => (problem.severity === 'error' ? [problem.code] : []));

const hasMore = (codes: readonly string[], than: readonly string[]): boolean =>
  codes.length > than.length || codes.some((code) => !than.includes(code));

const numbersOf = (f: ModelFigures): number[] => [
  f.kvBytesPerToken,
  ...f.kvAtContext.map((at) => at.bytes),
  f.stateBytes,
  f.totalParameters,
  f.activatedParameters,
  f.effectiveRank,
  f.attendedTokens,
  f.arithmeticIntensity,
  ...f.cost.map((cost) => cost.totalUsdPer1M),
];
const isFinite = (figures: ModelFigures): boolean => numbersOf(figures).every(Number.isFinite);

function isSame(a: ModelFigures, b: ModelFigures): boolean {
  const other = numbersOf(b);
  return numbersOf(a).every((x, i) => x === other[i]);
}

/** Sizes of other roles that the change brings with it: a head dim that is worked out from the heads. */
function alsoChanged(before: Architecture, after: Architecture, field: CostField): AlsoChanged[] {
  const [from, to] = [valuesByRole(before), valuesByRole(after)];
  const own = field.sizes.filter((size) => size.value === field.value).map((size) => size.role);
  if (field.role === 'sharedExperts') own.push('sharedWidth');
  return [...from].flatMap(([role, values]) => {
    const now = to.get(role) ?? [];
    const isOwn = own.includes(role) || role === field.role;
    // Values as wide as keys go without saying.
    const isToldOf = role === 'valueDim' && String(now) === String(to.get('headDim') ?? []);
    if (isOwn || isToldOf || String(values) === String(now)) return [];
    return [{ what: SIZE_NAMES[role], from: values, to: now }];
  });
}

function valuesByRole(architecture: Architecture) {
  const byRole = new Map<CostField['role'], number[]>();
  for (const { role, value, origin } of sizesOf(architecture)) {
    // Where no key says otherwise, experts read the hidden size.
    if (role === 'expertInput' && origin?.paths.length === 0) continue;
    const values = byRole.get(role) ?? [];
    if (!values.includes(value) && value > 0) byRole.set(role, [...values, value]);
  }
  return byRole;
}
