import type { Fix, JsonPath, Severity } from '../protocol';
import type { Budget } from './budgets';
import type { ConfigSubject, ModelSubject } from './subject';

/** What a rule has to say of one place in a config. */
export interface Advice {
  readonly path: JsonPath;
  /** One sentence with the numbers and, where there is one, the remedy. */
  readonly message: string;
  /** The key itself is what is wrong, not its value. */
  readonly onKey?: true;
  readonly fixes?: readonly Fix[];
  /** What stands there changes nothing. */
  readonly unnecessary?: true;
  /** Milder than the rule's own, where this instance is. */
  readonly severity?: Severity;
}

/** The groups that rules are listed in; a code begins with its group. */
export const RULE_GROUPS = ['shape', 'hardware', 'codesign', 'budget'] as const;
export type RuleGroup = (typeof RULE_GROUPS)[number];

/** What a user reads of a rule: its page in `docs/rules` is written from it. */
export interface RuleText {
  /** `group/name`: stable, for settings, ignore lists and links. */
  readonly code: `${RuleGroup}/${string}`;
  readonly title: string;
  /** Opinions are `information`; a warning states that something is lost; an error that the model can't be built or served so. */
  readonly severity: Severity;
  /** What it looks at and when it speaks: a paragraph. */
  readonly what: string;
  /** What is lost, with the arithmetic. */
  readonly why: string;
  /** When its authors may know better. */
  readonly ignoreWhen: string;
  /** Section of the report, modelling code, vendor's guide. */
  readonly source: string;
  /** A config, as little of it as makes the rule speak, given as changes of a catalog model: shown on the page and run as a test. */
  readonly example: RuleExample;
}

export interface RuleExample {
  /** Name in the catalog. */
  readonly model: string;
  /** Keys set on it, at the root; undefined removes one. */
  readonly changes: Readonly<Record<string, unknown>>;
  /** Serving options that differ from the defaults. */
  readonly serving?: Readonly<Record<string, number>>;
  /** A budget that the config is held against. */
  readonly budget?: Omit<Budget, 'source'>;
  /** The model itself makes the rule speak; the changes, if any, only make it plainer. */
  readonly firesUnchanged?: true;
}

/** A rule over the keys of a config, whether an architecture could be read from it or not. */
export interface ConfigRule extends RuleText {
  readonly of: 'config';
  readonly check: (subject: ConfigSubject) => readonly Advice[];
}

/** A rule over an architecture, its operations and its cost. */
export interface ModelRule extends RuleText {
  readonly of: 'model';
  readonly check: (subject: ModelSubject) => readonly Advice[];
}

export type Rule = ConfigRule | ModelRule;
