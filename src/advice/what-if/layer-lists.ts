import { objectAt, samePath, type Architecture } from '../../architecture';
import type { ConfigEdit, JsonPath } from '../../protocol';
import type { ModelSubject } from '../subject';

/** A list that repeats but for its ends: after `prefix` entries, up to the last `suffix`, each is the one `period` before it. */
interface Pattern {
  readonly prefix: number;
  readonly period: number;
  readonly suffix: number;
}

/** No model's layers repeat after more, nor end in more that are special. */
const MAX_PERIOD = 64;
const MAX_SUFFIX = 8;

/** The pattern of a list, told from at least two rounds of it; null where there is none. The least to say of it counts. */
export function patternOf(list: readonly unknown[]): Pattern | null {
  let best: Pattern | null = null;
  const cost = (p: Pattern) => p.prefix + p.period + p.suffix;
  for (let suffix = 0; suffix <= MAX_SUFFIX; suffix++) {
    const end = list.length - suffix;
    for (let period = 1; period <= Math.min(MAX_PERIOD, end / 2); period++) {
      let prefix = end - period;
      while (prefix > 0 && list[prefix - 1] === list[prefix - 1 + period]) prefix--;
      const pattern = { prefix, period, suffix };
      if (end - prefix >= 2 * period && (best === null || cost(pattern) < cost(best))) best = pattern;
    }
  }
  return best;
}

/** The list at another length, its ends kept: cut, or going on by its pattern. Null where it has none to go on by. */
function resized<T>(list: readonly T[], length: number): T[] | null {
  const pattern = patternOf(list.map((item) => JSON.stringify(item)));
  if (!pattern) return length <= list.length ? list.slice(0, length) : null;
  const { prefix, period, suffix } = pattern;
  const end = list.length - suffix;
  if (length < prefix + period + suffix) return null;
  const result = list.slice(0, Math.min(end, length - suffix));
  while (result.length < length - suffix) result.push(result[result.length - period] as T);
  return [...result, ...list.slice(end)];
}

/** Layers after which the kinds of layers repeat: a layer count changes by whole rounds. 1 where they do not. */
export function layerPeriod({ groups, model }: Architecture): number {
  const kinds = new Array<number>(model.layers).fill(-1);
  groups.forEach(({ indices }, kind) => {
    for (const i of indices) kinds[i] = kind;
  });
  return patternOf(kinds)?.period ?? 1;
}

/**
 * Edits that make everything that lists layers fit another layer count: lists with an entry each, strings with a letter
 * each, lists of layers' indexes, the index of the last layer. Null where one can't be continued. `nested`: also lists within
 * the objects beside the layer count; of those, some only happen to be as long (factors of rotary frequencies).
 */
export function layerListEdits(subject: ModelSubject, count: number, nested: boolean): ConfigEdit[] | null {
  const { architecture, config } = subject;
  const layers = architecture.model.layers;
  const patternPaths = patternPathsOf(architecture);
  const indexLists = patternPaths
    .map((path) => indexesOf(valueAt(config, path), layers))
    .filter((x) => x !== null);
  // Lists that belong together (Kimi Linear's) count from 1 if one of them names the last layer so.
  const base = indexLists.some((list) => list.includes(layers)) ? 1 : 0;
  const edits: ConfigEdit[] = [];
  for (const path of perLayerPaths(subject, patternPaths, nested)) {
    const value = valueAt(config, path);
    const indexes = patternPaths.some((p) => samePath(p, path)) ? indexesOf(value, layers) : null;
    const changed =
      indexes === null
        ? resizedValue(value, layers, count, architecture.mtp?.count ?? 0)
        : resizedIndexes(value, indexes, base, layers, count);
    if (changed === null) return null;
    if (changed !== undefined) edits.push({ path, value: changed });
  }
  return edits;
}

const valueAt = (config: unknown, path: JsonPath): unknown =>
  path.reduce<unknown>((at, step) => (at as Record<string, unknown> | null | undefined)?.[step], config);

/** Keys that decide which layer is what. */
function patternPathsOf({ groups, model }: Architecture): JsonPath[] {
  const own = model.origins.layers?.paths ?? [];
  const paths = groups.flatMap((group) => [...group.origins.attention.paths, ...group.origins.ffn.paths]);
  return unique(paths.filter((path) => !own.some((p) => samePath(p, path))));
}

/** Where lists of layers may stand: the keys of the pattern, and whatever lies beside the layer count. */
function perLayerPaths(
  { config, textPath }: ModelSubject,
  patternPaths: readonly JsonPath[],
  nested: boolean,
): JsonPath[] {
  const keysAt = (path: JsonPath): JsonPath[] =>
    Object.keys(objectAt(config, path) ?? {}).map((key) => [...path, key]);
  const beside = keysAt(textPath);
  const places = nested ? [...beside, ...beside.flatMap(keysAt)] : beside;
  return unique([...patternPaths, ...places.filter((path) => Array.isArray(valueAt(config, path)))]);
}

const unique = (paths: readonly JsonPath[]): JsonPath[] => [
  ...new Map(paths.map((path) => [JSON.stringify(path), path])).values(),
];

/** Ascending indexes of layers, in a list or (Step-3) a string with commas; null where it is something else. */
function indexesOf(value: unknown, layers: number): number[] | null {
  const items = typeof value === 'string' && value.includes(',') ? value.split(',').map(Number) : value;
  if (!Array.isArray(items) || items.length === 0 || items.length > layers) return null;
  const list = items as unknown[];
  const isAscending = list.every(
    (x, i) =>
      typeof x === 'number' && Number.isInteger(x) && x >= 0 && (i === 0 || x > (list[i - 1] as number)),
  );
  return isAscending && (list.at(-1) as number) <= layers ? (list as number[]) : null;
}

/** Undefined: the same. */
function resizedIndexes(
  value: unknown,
  indexes: readonly number[],
  base: number,
  layers: number,
  count: number,
): unknown {
  const flags = Array.from({ length: layers }, (_, i) => indexes.includes(i + base));
  const more = resized(flags, count);
  if (!more) return null;
  const changed = more.flatMap((is, i) => (is ? [i + base] : []));
  if (changed.length === indexes.length && changed.every((x, i) => x === indexes[i])) return undefined;
  return typeof value === 'string' ? changed.join(',') : changed;
}

/** A list or string of as many entries as layers; entries of MTP layers after them stay. Undefined: the same. */
function resizedValue(value: unknown, layers: number, count: number, mtp: number): unknown {
  // Up to the last layer stays up to the last one.
  if (typeof value === 'number')
    return value === layers || value === layers - 1 ? value + count - layers : undefined;
  if (typeof value === 'string') {
    if (value.length !== layers) return undefined;
    return resized(Array.from(value), count)?.join('') ?? null;
  }
  if (!Array.isArray(value) || value.length < layers || value.length > layers + mtp) return undefined;
  const list = value as unknown[];
  const more = resized(list.slice(0, layers), count);
  return more && [...more, ...list.slice(layers)];
}
