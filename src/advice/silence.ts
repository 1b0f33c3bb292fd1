import { FILE_KEY, isObject } from '../architecture';
import type { JsonPath } from '../protocol';

/** Where a file says what is not to be reported in it: `"$decodeLens": {"ignore": ["shape/rope-scaling", "hardware/*"]}`. */
export const IGNORE_PATH: JsonPath = [FILE_KEY, 'ignore'];

/** The entries as they stand; what is no text silences nothing. */
export function ignoreEntries(config: unknown): readonly unknown[] {
  const own = isObject(config) ? config[FILE_KEY] : undefined;
  const list = isObject(own) ? own.ignore : undefined;
  return Array.isArray(list) ? (list as unknown[]) : [];
}

export const groupOf = (code: string): string => code.slice(0, code.indexOf('/'));

/** Does the list name this code, or its group as `hardware/*`? */
export const isIgnored = (code: string, ignore: readonly unknown[]): boolean =>
  ignore.length > 0 && (ignore.includes(code) || ignore.includes(`${groupOf(code)}/*`));
