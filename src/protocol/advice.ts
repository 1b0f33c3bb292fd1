/** What advice is made of: the same for the server, the command line, the panel and agents. */
import type { JsonPath, Severity } from './analysis';

/** A change of a config by the key's place. The text edit that does it keeps the file's own formatting. */
export type ConfigEdit =
  | { readonly path: JsonPath; readonly value: unknown }
  | { readonly path: JsonPath; readonly remove: true }
  | { readonly path: JsonPath; readonly rename: string }
  /** Of a key that stands twice, what the last one overrides is taken out of the text; the config stays what it is. */
  | { readonly path: JsonPath; readonly removeOverridden: true };

/** One way to mend a finding, or one change that is worth a look. */
export interface Fix {
  /** What it does and what that brings: `num_key_value_heads 8 → 4: KV -50%`. */
  readonly title: string;
  readonly edits: readonly ConfigEdit[];
  /** The one right thing to do, without loss: a fix-all may apply it. */
  readonly isPreferred: boolean;
}

/** What a user makes of a rule: its severity, or silence. */
export type RuleSeverity = Severity | 'off';
export const RULE_SEVERITIES: readonly RuleSeverity[] = ['error', 'warning', 'information', 'off'];
