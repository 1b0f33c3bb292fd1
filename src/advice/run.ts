import type { Fix, RuleSeverity } from '../protocol';
import type { ReadProblem } from '../architecture';
import type { Advice, Rule } from './rule';
import { RULES } from './rules';
import { ModelSubject, type ConfigSubject } from './subject';

/** Severities by code, or by group as `hardware/*`; a code's own entry counts before its group's. */
export type RuleSeverities = Readonly<Record<string, RuleSeverity>>;

/** A problem that may come with ways to mend it. */
export interface AdviceProblem extends ReadProblem {
  readonly onKey?: true;
  readonly fixes?: readonly Fix[];
}

/** What the rules say of a config. Rules that a user switched off do not run. */
export function advise(
  subject: ConfigSubject,
  severities: RuleSeverities,
  rules: readonly Rule[] = RULES,
): AdviceProblem[] {
  return rules.flatMap((rule) => {
    const chosen = chosenSeverity(rule.code, severities);
    if (chosen === 'off') return [];
    return check(rule, subject).map(({ severity, ...advice }): AdviceProblem => ({
      ...advice,
      code: rule.code,
      severity: chosen ?? severity ?? rule.severity,
    }));
  });
}

function check(rule: Rule, subject: ConfigSubject): readonly Advice[] {
  if (rule.of === 'config') return rule.check(subject);
  return subject instanceof ModelSubject ? rule.check(subject) : [];
}

/** What the user chose for a code; null: nothing. */
export function chosenSeverity(code: string, severities: RuleSeverities): RuleSeverity | null {
  const group = `${code.slice(0, code.indexOf('/'))}/*`;
  return own(severities, code) ?? own(severities, group) ?? null;
}

const own = (severities: RuleSeverities, key: string): RuleSeverity | undefined =>
  Object.hasOwn(severities, key) ? severities[key] : undefined;
