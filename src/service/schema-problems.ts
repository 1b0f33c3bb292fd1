import * as validators from '#validators';
import {
  FILE_KEY,
  objectAt,
  renameKey,
  replace,
  towerObjects,
  TOWER_PLACES,
  type Family,
  type ReadProblem,
} from '../architecture';
import type { AdviceProblem } from '../advice';
import type { Fix, JsonPath } from '../protocol';
import { didYouMean } from './did-you-mean';

/** The part of ajv's error object that is used here. */
interface SchemaError {
  readonly instancePath: string;
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly message?: string;
}

/** Nobody reads more; a wrong list would give one for each of its entries. */
const MAX_ERRORS = 50;

export interface Violation {
  readonly code: string;
  readonly message: string;
  readonly path: JsonPath;
  readonly fixes: readonly Fix[];
}

/** Where an object violates a schema, with the path of the exact value; each said once. */
function violationsOf(schema: string, value: unknown, base: JsonPath): Violation[] {
  const validate = schema === WORKSPACE ? validators.workspace : validators.configs[schema];
  if (!validate || validate(value)) return [];
  const errors: readonly SchemaError[] = validate.errors ?? [];
  const seen = new Set<string>();
  return errors.slice(0, MAX_ERRORS).flatMap((error) => {
    const steps = pathOf(error.instancePath, value);
    const path = [...base, ...steps];
    if (error.keyword === 'additionalProperties') return [unknownKey(schema, path, error)];
    const message = messageOf(error, schema !== WORKSPACE);
    const key = `${path.join('/')} ${message ?? ''}`;
    if (message === null || seen.has(key)) return [];
    seen.add(key);
    return [
      { code: `schema/${error.keyword}`, message, path, fixes: fixesOf(error, path, valueAt(value, steps)) },
    ];
  });
}

/** The schema of `decode-lens.json`. */
const WORKSPACE = 'workspace';

/** What is wrong with the form of a `decode-lens.json`. */
export const workspaceViolations = (value: unknown): Violation[] => violationsOf(WORKSPACE, value, []);

/** Of a schema that allows no other keys than its own. */
function unknownKey(schema: string, path: JsonPath, { params }: SchemaError): Violation {
  const key = String(params.additionalProperty);
  const prefix = path
    .filter((step) => typeof step === 'string')
    .map((step) => `${step}.`)
    .join('');
  const allowed = Object.keys(validators.schemaDocs(schema))
    .filter((known) => known.startsWith(prefix) && !known.slice(prefix.length).includes('.'))
    .map((known) => known.slice(prefix.length));
  const meant = didYouMean(key, allowed);
  const remedy = meant === null ? `allowed are ${allowed.join(', ')}` : `did you mean "${meant}"?`;
  const end = remedy.endsWith('?') ? '' : '.';
  return {
    code: 'schema/unknown-key',
    message: `${JSON.stringify(key)} is no key that is read here: ${remedy}${end}`,
    path: [...path, key],
    fixes: meant === null ? [] : [renameKey([...path, key], meant, true)],
  };
}

/**
 * Checks the object that holds the language model against its family's schema. What is wrong with a key that nothing
 * is computed from is a warning.
 */
export function schemaProblems(
  schema: string,
  config: unknown,
  base: JsonPath,
  isRead: (key: string) => boolean,
): ReadProblem[] {
  const value = base.reduce<unknown>((at, step) => (at as Record<string, unknown>)[step], config);
  return violationsOf(schema, value, base).map((violation) => {
    const step = violation.path[base.length];
    return { ...violation, severity: step === undefined || isRead(String(step)) ? 'error' : 'warning' };
  });
}

/** The schema of all towers, and of the wrapper's keys about them. */
const TOWERS = 'towers';

/** Checks the objects that describe towers. Only warnings: a tower never decides whether the language model is read. */
export const towerProblems = (config: Readonly<Record<string, unknown>>): ReadProblem[] =>
  towerObjects(config).flatMap((path) =>
    violationsOf(TOWERS, objectAt(config, path), path).map((v) => ({ ...v, severity: 'warning' as const })),
  );

/** The schema of what a file says to Decode Lens. */
const FILE = 'file';

export const fileProblems = (config: Readonly<Record<string, unknown>>): ReadProblem[] =>
  FILE_KEY in config
    ? violationsOf(FILE, config, []).map((v) => ({ ...v, severity: 'warning' as const }))
    : [];

/** Keys of the object that holds a language model, as its family's schema describes them. */
function keysOf(schema: string): readonly string[] {
  let keys = keysOfSchema.get(schema);
  if (!keys) {
    keys = Object.keys(validators.schemaDocs(schema)).filter((key) => !/[./]/.test(key));
    keysOfSchema.set(schema, keys);
  }
  return keys;
}
/** Keys that a schema describes by patterns. */
const patternsOf = (schema: string): RegExp[] =>
  Object.keys(validators.schemaDocs(schema))
    .filter((key) => key.startsWith('/'))
    .map((key) => new RegExp(key.slice(1, -1)));

/** The schema of configs whose family is not known. */
const UNKNOWN = 'generic';

const keysOfSchema = new Map<string, readonly string[]>();

/**
 * Keys that look like a slip of the pen: not known to the family, and close to one that is and that is not given.
 * A key that merely is not known is no problem: configs carry many that cost nothing.
 */
export function misspelledKeys(
  family: Pick<Family, 'name' | 'schema' | 'types'>,
  config: Readonly<Record<string, unknown>>,
  base: JsonPath,
  isRead: (key: string) => boolean,
): AdviceProblem[] {
  const known = keysOf(family.schema);
  const patterns = patternsOf(family.schema);
  const free = known.filter((key) => !(key in config));
  return Object.keys(config).flatMap((key) => {
    if (isRead(key) || known.includes(key) || patterns.some((pattern) => pattern.test(key))) return [];
    const meant = didYouMean(key, free);
    if (meant === null) return [];
    const whose = family.schema === UNKNOWN ? 'Model configs' : `${family.name} configs`;
    const message = `${whose} have no key ${JSON.stringify(key)}: did you mean "${meant}"?`;
    const path = [...base, key];
    const fixes = [renameKey(path, meant, true)];
    return [{ severity: 'warning', code: 'schema/unknown-key', message, path, onKey: true, fixes }];
  });
}

/** JSON pointer to path; array steps become numbers. */
function pathOf(pointer: string, root: unknown): JsonPath {
  const path: (string | number)[] = [];
  let at = root;
  for (const step of pointer.split('/').slice(1)) {
    const key = keyOfStep(step);
    path.push(Array.isArray(at) ? Number(key) : key);
    at = (at as Record<string, unknown> | undefined)?.[key];
  }
  return path;
}

const valueAt = (value: unknown, steps: JsonPath): unknown =>
  steps.reduce<unknown>((at, step) => (at as Record<string, unknown> | undefined)?.[step], value);

/** What was probably meant: a number or flag within quotation marks, or an allowed value a letter away. */
function fixesOf({ keyword, params }: SchemaError, path: JsonPath, value: unknown): Fix[] {
  if (typeof value !== 'string') return [];
  if (keyword === 'enum') {
    const meant = didYouMean(
      value,
      (params.allowedValues as unknown[]).filter((allowed) => typeof allowed === 'string'),
    );
    return meant === null ? [] : [replace({ path, from: value, to: meant })];
  }
  if (keyword !== 'type') return [];
  const types = [params.type].flat();
  const read = unquoted(value);
  const isFit =
    typeof read === 'number'
      ? types.includes('number') || (types.includes('integer') && Number.isInteger(read))
      : types.includes(read === null ? 'null' : typeof read);
  return isFit ? [replace({ path, from: value, to: read, isPreferred: true })] : [];
}

/** The value that a text spells, in JSON's words or in Python's. */
function unquoted(text: string): unknown {
  const word = WORDS.get(text.trim().toLowerCase());
  if (word !== undefined) return word;
  const value = /^\s*-?\d+(\.\d+)?(e[+-]?\d+)?\s*$/i.test(text) ? Number(text) : text;
  return value === Infinity || value === -Infinity ? text : value;
}
const WORDS = new Map([
  ['true', true],
  ['false', false],
  ['null', null],
  ['none', null],
]);

const TYPE_NAMES: Readonly<Record<string, string>> = {
  integer: 'a whole number',
  number: 'a number',
  string: 'a string',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  null: 'null',
};

/** The key that a step of a JSON pointer (RFC 6901) stands for. */
const keyOfStep = (step: string): string => step.replaceAll('~1', '/').replaceAll('~0', '~');

/** `"layer_types" entry 3` for `/layer_types/3`. */
function nameOf(instancePath: string, root: string): string {
  const steps = instancePath.split('/').slice(1).map(keyOfStep);
  const last = steps.at(-1);
  if (last === undefined) return root;
  return /^\d+$/.test(last) && steps.length > 1 ? `"${steps.at(-2) ?? ''}" entry ${last}` : `"${last}"`;
}

const entriesText = (count: unknown): string => `${String(count)} ${count === 1 ? 'entry' : 'entries'}`;

/** Above this a limit only catches absurd values; below, it is one of meaning. */
const ABSURD = 1000;

/** The error in a sentence; null for ajv's own bookkeeping (`if`, `allOf`), which comes with a cause. */
function messageOf({ keyword, params, message, instancePath }: SchemaError, isModel: boolean): string | null {
  const name = nameOf(instancePath, isModel ? 'This config' : 'This file');
  switch (keyword) {
    case 'if':
    case 'allOf':
      return null;
    case 'required':
      return `"${String(params.missingProperty)}" is missing${instancePath === '' ? '' : ` in ${name}`}.`;
    case 'type': {
      const types = Array.isArray(params.type) ? (params.type as unknown[]) : [params.type];
      return `${name} must be ${types.map((type) => TYPE_NAMES[String(type)] ?? String(type)).join(' or ')}.`;
    }
    case 'minimum':
      return `${name} must be at least ${String(params.limit)}.`;
    case 'exclusiveMinimum':
      return `${name} must be more than ${String(params.limit)}.`;
    case 'maximum':
      return `${name} must be at most ${String(params.limit)}${isModel && Number(params.limit) >= ABSURD ? ': no real model comes near' : ''}.`;
    case 'minItems':
      return `${name} must have at least ${entriesText(params.limit)}.`;
    case 'maxItems':
      return `${name} must have at most ${entriesText(params.limit)}.`;
    case 'enum':
      return `${name} must be one of ${(params.allowedValues as unknown[]).map((v) => JSON.stringify(v)).join(', ')}.`;
    case 'const':
      return `${name} must be ${JSON.stringify(params.allowedValue)}.`;
    case 'pattern':
      return `${name} does not have the form that is expected here.`;
    default:
      return `${name} ${message ?? 'is not valid'}.`;
  }
}

/** What a key means, from the description in its schema: the family's, or that of towers and of wrappers' keys about them. */
export function keyDescription(schema: string, path: JsonPath, base: JsonPath): string | null {
  if (path[0] === FILE_KEY) return describedBy(FILE, path);
  const tower = TOWER_PLACES.find(({ at }) => at.length < path.length && startsWith(path, at));
  return (
    describedBy(schema, startsWith(path, base) ? path.slice(base.length) : path) ??
    describedBy(TOWERS, tower ? path.slice(tower.at.length) : path)
  );
}

const startsWith = (path: JsonPath, base: JsonPath): boolean => base.every((step, i) => path[i] === step);

function describedBy(schema: string, path: JsonPath): string | null {
  const docs = validators.schemaDocs(schema);
  const key = path.filter((step) => typeof step === 'string').join('.');
  return (Object.hasOwn(docs, key) ? docs[key] : byPattern(docs, key)) ?? null;
}

/** Keys that a schema describes by a pattern: `/^[^.]+\.block_count$/`. A value within the key's object is the key's. */
function byPattern(docs: Readonly<Record<string, string>>, key: string): string | undefined {
  const name = key.replace(/\.value$/, '');
  const pattern = Object.keys(docs).find((k) => k.startsWith('/') && new RegExp(k.slice(1, -1)).test(name));
  if (pattern !== undefined) return docs[pattern];
  return Object.hasOwn(docs, name) ? docs[name] : undefined;
}
