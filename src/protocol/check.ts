/** What `decode-lens check` says of a tree: its JSON Schema is `schemas/check.schema.json`. */
import type { Finding } from './analysis';

export interface CheckedFile {
  /** From the current folder, with forward slashes. */
  readonly file: string;
  /** The model's name; null for a workspace file and for a config that can't be read. */
  readonly model: string | null;
  readonly findings: readonly Finding[];
}

export interface CheckSummary {
  /** Model configs that were found. */
  readonly configs: number;
  readonly errors: number;
  readonly warnings: number;
  readonly informations: number;
}

export interface CheckReport {
  readonly files: readonly CheckedFile[];
  readonly summary: CheckSummary;
}
