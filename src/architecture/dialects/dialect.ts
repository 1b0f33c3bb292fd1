import type { JsonPath } from '../../protocol';
import { readByKeys } from '../by-keys/read';
import { unreadKeys } from '../by-keys/unread';
import { FAMILIES } from '../families';
import type { Family, FamilyInput, FamilyParts, FamilyReader } from '../families/decoder';
import { type ConfigReader, type KeyAliases, type KeyValues } from '../reader';

/** A form of config that is not Hugging Face's config.json: told by its keys, read as one of the families. */
export interface Dialect {
  readonly family: Family;
  /** Where this file has its keys, and by which it was told; null: it is no file of this kind. */
  readonly find: (file: Readonly<Record<string, unknown>>) => DialectMatch | null;
}
export interface DialectMatch {
  readonly path: JsonPath;
  readonly keys: readonly string[];
  /** In place of a `model_type`. */
  readonly modelType: string;
}

export const isGiven = (value: unknown): boolean => value !== undefined && value !== null;

/** All of these keys are given. */
export const hasAll = (object: Readonly<Record<string, unknown>>, keys: readonly string[]): boolean =>
  keys.every((key) => isGiven(object[key]));

/**
 * A dialect as a family whose reader sees the file through `aliases`. Keys that its reader never asked for and that may
 * change the architecture are refused.
 */
export function dialectFamily(
  name: string,
  schema: string,
  aliases: KeyAliases,
  read: FamilyReader,
  storage: (text: ConfigReader) => KeyValues,
  unread: (text: ConfigReader) => readonly string[] = (text) => unreadKeys(text).structural,
): Family {
  return {
    name,
    types: [],
    schema,
    aliases,
    refusesUnread: true,
    storage,
    read: (input) => {
      for (const names of Object.values(aliases))
        for (const name of names) input.text.known.add((typeof name === 'string' ? name : name[0]) ?? '');
      const parts = read(input);
      refuse(input.text, name, unread(input.text));
      return parts;
    },
  };
}

function refuse(text: ConfigReader, name: string, keys: readonly string[]): void {
  for (const key of keys)
    text.problem(
      'error',
      'config/unread-key',
      `"${key}" may change the architecture, and Decode Lens knows no such key of ${name}: nothing was computed, rather than something wrong.`,
      [key],
    );
}

/** An object within the dialect's: the same rule holds for its keys, of which these cost nothing. */
export function refuseUnreadWithin(
  text: ConfigReader,
  key: string,
  name: string,
  known: readonly string[],
): void {
  const nested = text.nested(key);
  for (const other of known) nested.known.add(other);
  refuse(nested, `${name} ("${key}")`, unreadKeys(nested).structural);
}

/** Reads on as a family does, through what the dialect knows of its keys. Without such a family the keys have to do. */
export function readAs(type: string, input: FamilyInput, values: KeyValues = {}): FamilyParts {
  const target = FAMILIES.get(type);
  const text = input.text
    .withAliases({ ...target?.aliases, ...input.text.aliases })
    .withDefaults(target?.defaults ?? {})
    .withValues(values);
  return target
    ? target.read({ root: input.root, text, modelType: type })
    : readByKeys({ ...input, text }).parts;
}
