/**
 * Types of `build/validators.js`, which `scripts/compile-schemas.mjs` compiles from `schemas/`; imported as
 * `#validators`. No ajv at run time.
 */

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

/** By the name in `schemas/config-NAME.schema.json`: of the object that holds a language model. */
export const configs: Readonly<Record<string, Validator>>;

/** Checks the command line's JSON output, `schemas/analysis.schema.json`. */
export const analysis: Validator;

/** Checks a `decode-lens.json`, `schemas/workspace.schema.json`. */
export const workspace: Validator;

/** Checks the JSON of `decode-lens check`, `schemas/check.schema.json`. */
export const check: Validator;

/**
 * What each key means, for hover: of a schema (`analysis` and `workspace` too), by dotted key path without array indexes, such as
 * `rope_scaling.factor`. Empty for a name that is no schema. Paths are own properties only: ask with `Object.hasOwn`.
 */
export function schemaDocs(schema: string): Readonly<Record<string, string>>;

/** What may be written at a path. */
export interface SchemaValue {
  readonly types?: readonly string[];
  /** Allowed or usual ones. */
  readonly values?: readonly unknown[];
}

/** By the same paths as `schemaDocs`, for completion; of a list's entries below `path[]`. */
export function schemaValues(schema: string): Readonly<Record<string, SchemaValue>>;
