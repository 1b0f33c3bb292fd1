import type { RuleSeverity } from '../protocol';
import type { ReadProblem } from '../architecture';
import type { Advice, Rule } from './rule';
import { RULES } from './rules';
import { groupOf, ignoreEntries, isIgnored } from './silence';
import { ModelSubject, type ConfigSubject } from './subject';

/** Severities by code, or by group as `hardware/*`; a code's own entry counts before its group's. */
export type RuleSeverities = Readonly<Record<string, RuleSeverity>>;

/** A problem that may come with ways to mend it. */
export interface AdviceProblem extends ReadProblem {
  readonly onKey?: true;
  readonly unnecessary?: true;
}

/** What the rules say of a config. Rules that a user switched off, or that the file silences, do not run. */
export function advise(
  subject: ConfigSubject,
  severities: RuleSeverities,
  rules: readonly Rule[] = RULES,
): AdviceProblem[] {
  const ignore = ignoreEntries(subject.config);
  return rules.flatMap((rule) => {
    const chosen = chosenSeverity(rule.code, severities);
    if (chosen === 'off' || isIgnored(rule.code, ignore)) return [];
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
  return own(severities, code) ?? own(severities, `${groupOf(code)}/*`) ?? null;
}

/**
 * What the reader of a config noted, as the user wants to hear it. Its errors stay: nothing was computed because of them,
 * and silence would hide the cause.
 */
export function heard<P extends Pick<ReadProblem, 'code' | 'severity'>>(
  problems: readonly P[],
  config: unknown,
  severities: RuleSeverities,
): P[] {
  const ignore = ignoreEntries(config);
  return problems.flatMap((problem) => {
    if (problem.severity === 'error') return [problem];
    const chosen = chosenSeverity(problem.code, severities);
    if (chosen === 'off' || isIgnored(problem.code, ignore)) return [];
    return [chosen === null ? problem : { ...problem, severity: chosen }];
  });
}

const own = (severities: RuleSeverities, key: string): RuleSeverity | undefined =>
  Object.hasOwn(severities, key) ? severities[key] : undefined;
