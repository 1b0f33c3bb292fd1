/**
 * Types of `build/validators.js`, which `scripts/compile-schemas.mjs` compiles from `schemas/`; imported as
 * `#validators`. No ajv at run time.
 */

/** A group of config families with one schema: `schemas/config-<family>.schema.json`. */
export type ConfigFamily = 'llama' | 'deepseek' | 'step3' | 'llama4' | 'minimax' | 'ernie' | 'pangu';

/** One violation, as ajv reports it. Keyword `if` only repeats that a condition's branch failed: skip it. */
export interface ValidationError {
  /** JSON pointer to the value: `/text_config/hidden_size`, empty for the document itself. */
  readonly instancePath: string;
  readonly schemaPath: string;
  /** `type`, `minimum`, `maximum`, `exclusiveMinimum`, `enum`, `required`, `pattern`, `minLength`, `minItems`, … */
  readonly keyword: string;
  /** By keyword: `{type}`, `{comparison, limit}`, `{allowedValues}`, `{missingProperty}`, `{pattern}`, `{limit}`. */
  readonly params: Readonly<Record<string, unknown>>;
  readonly message?: string;
}

/** All violations stand in `errors` after a call that returned false. */
export interface Validator {
  (data: unknown): boolean;
  readonly errors?: readonly ValidationError[] | null;
}

export const llama: Validator;
export const deepseek: Validator;
export const step3: Validator;
export const llama4: Validator;
export const minimax: Validator;
export const ernie: Validator;
export const pangu: Validator;

/** Checks the command line's JSON output, `schemas/analysis.schema.json`. */
export const analysis: Validator;

/** Family by `model_type`, as the schemas list them. Any other `model_type` passes the schemas too: dispatch decides. */
export const modelTypeFamilies: Readonly<Record<string, ConfigFamily>>;

/**
 * What each key means, for hover: by family, then by dotted key path without array indexes, such as
 * `text_config.hidden_size`. Names are own properties only: ask with `Object.hasOwn`.
 */
export const schemaDocs: Readonly<Record<ConfigFamily | 'analysis', Readonly<Record<string, string>>>>;
