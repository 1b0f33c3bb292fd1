import type { JsonPath, Severity } from '../protocol';
import type { Origin } from './expression';
import type { AttentionBlock, FfnBlock, LayerGroup, Sourced } from './types';

/** A value with the place it was read from. */
export interface Field<T> {
  readonly value: T;
  readonly origin: Origin;
}

/** What a reader could not make sense of. */
export interface ReadProblem {
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  readonly path: JsonPath;
}

/** Layers and sizes above these are no model's; they would only make loops long and products inexact. */
const MAX_LAYERS = 10_000;
const MAX_SIZE = 1e9;

export const isObject = (x: unknown): x is Record<string, unknown> =>
  typeof x === 'object' && x !== null && !Array.isArray(x);

/**
 * Reads keys of one config object. Nothing throws: a key that is missing or has no usable value is noted as
 * a problem and stands in as 1, and the family's reader gives no architecture when an error was noted.
 */
export class ConfigReader {
  constructor(
    readonly config: Readonly<Record<string, unknown>>,
    readonly path: JsonPath,
    readonly problems: ReadProblem[],
    /** Keys of this object that the family's reader has looked at. */
    readonly known = new Set<string>(),
  ) {}

  /** A reader of a nested object; an absent or wrong one reads as empty. */
  nested(key: string): ConfigReader {
    const value = this.config[key];
    return new ConfigReader(isObject(value) ? value : {}, [...this.path, key], this.problems);
  }

  has(key: string): boolean {
    this.known.add(key);
    return this.config[key] !== undefined && this.config[key] !== null;
  }

  /** A key's value as it stands, for what has a form of its own. */
  raw(key: string): unknown {
    this.known.add(key);
    return this.config[key];
  }

  pathOf(key: string): JsonPath {
    return [...this.path, key];
  }

  originOf(...keys: string[]): Origin {
    return { paths: keys.filter((key) => this.has(key)).map((key) => this.pathOf(key)) };
  }

  /** A size or count: a whole number of at least `least`. The first of the keys that is given counts; null is absent. */
  size(keys: string | readonly string[], fallback?: Field<number> | number, least = 1): Field<number> {
    const names = typeof keys === 'string' ? [keys] : keys;
    // Every other name of the key is understood too.
    for (const name of names) this.known.add(name);
    const key = names.find((name) => this.has(name));
    if (key === undefined) {
      if (typeof fallback === 'number')
        return {
          value: fallback,
          origin: { paths: [], note: `default of the family: ${names[0] ?? ''} is absent` },
        };
      if (fallback) return fallback;
      this.missing(names);
      return { value: 1, origin: { paths: [] } };
    }
    const value = this.config[key];
    const origin = this.originOf(key);
    if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= MAX_SIZE)
      return { value, origin };
    this.problem(
      'error',
      'config/size',
      `"${key}" must be a whole number from ${least} to ${MAX_SIZE.toExponential()}.`,
      [key],
    );
    return { value: 1, origin };
  }

  /** A size that may be absent or null. */
  optionalSize(keys: string | readonly string[], least = 1): Field<number> | null {
    const names = typeof keys === 'string' ? [keys] : keys;
    return names.some((name) => this.has(name)) ? this.size(names, undefined, least) : null;
  }

  flag(key: string, fallback: boolean): Field<boolean> {
    const value = this.raw(key);
    if (value === undefined || value === null)
      return { value: fallback, origin: { paths: [], note: `default of the family: ${key} is absent` } };
    if (typeof value === 'boolean') return { value, origin: this.originOf(key) };
    this.problem('error', 'config/flag', `"${key}" must be true or false.`, [key]);
    return { value: fallback, origin: this.originOf(key) };
  }

  text(key: string): string | null {
    const value = this.raw(key);
    return typeof value === 'string' ? value : null;
  }

  /** A list, or null if absent; what is given and no list is a problem. */
  list(key: string): readonly unknown[] | null {
    if (!this.has(key)) return null;
    const value = this.config[key];
    if (Array.isArray(value)) return value as unknown[];
    this.problem('error', 'config/list', `"${key}" must be a list.`, [key]);
    return null;
  }

  /** The number of layers, bounded so that nothing below can run long. */
  layers(key = 'num_hidden_layers', fallback?: number): Field<number> {
    const layers = this.size(key, fallback);
    if (layers.value <= MAX_LAYERS) return layers;
    this.problem('error', 'config/size', `"${key}" must be at most ${MAX_LAYERS}.`, [key]);
    return { ...layers, value: 1 };
  }

  /** A list with one entry a layer; longer and shorter ones are a problem. */
  perLayer(key: string, layers: number): readonly unknown[] | null {
    const list = this.list(key);
    if (list === null || list.length === layers) return list;
    this.problem('error', 'config/per-layer', `"${key}" has ${list.length} entries for ${layers} layers.`, [
      key,
    ]);
    return null;
  }

  /** Notes a problem once, however often the key is read. */
  problem(severity: Severity, code: string, message: string, at: JsonPath = []): void {
    if (this.problems.some((p) => p.message === message)) return;
    this.problems.push({ severity, code, message, path: [...this.path, ...at] });
  }

  private missing(names: readonly string[]): void {
    const alternatives = names.map((name) => `"${name}"`).join(' or ');
    this.problem(
      'error',
      'config/missing',
      `${alternatives} is missing: the architecture can't be read without it.`,
    );
  }
}

export const given = <T>(value: T, origin: Origin = { paths: [] }): Field<T> => ({ value, origin });

/** A block from its fields: values and origins parted. */
export function sourced<T extends object>(fields: { readonly [K in keyof T]: Field<T[K]> }): Sourced<T> {
  const values: Partial<T> = {};
  const origins: Partial<Record<keyof T, Origin>> = {};
  for (const key of Object.keys(fields) as (keyof T)[]) {
    values[key] = fields[key].value;
    origins[key] = fields[key].origin;
  }
  return { ...(values as T), origins };
}

/**
 * Collects layers of the same blocks into groups, in order of first appearance.
 * Blocks are compared by identity: the caller makes each block once.
 */
export function groupLayers(
  layers: Field<number>,
  pattern: { readonly attention?: Origin; readonly ffn?: Origin },
  blocksOf: (index: number) => { readonly attention: AttentionBlock; readonly ffn: FfnBlock },
): LayerGroup[] {
  const groups: { indices: number[]; attention: AttentionBlock; ffn: FfnBlock }[] = [];
  for (let i = 0; i < layers.value; i++) {
    const { attention, ffn } = blocksOf(i);
    const group = groups.find((g) => g.attention === attention && g.ffn === ffn);
    if (group) group.indices.push(i);
    else groups.push({ indices: [i], attention, ffn });
  }
  const labels = groupLabels(groups);
  // A pattern of expert layers says nothing of how many layers have attention, and the other way round.
  const origin = (of: Origin | undefined, differs: boolean): Origin => ({
    paths: [...layers.origin.paths, ...(of && differs ? of.paths : [])],
  });
  const origins = {
    attention: origin(pattern.attention, new Set(groups.map((g) => g.attention)).size > 1),
    ffn: origin(pattern.ffn, new Set(groups.map((g) => g.ffn)).size > 1),
  };
  return groups.map((group, i) => ({ ...group, label: labels[i] ?? String(i), origins }));
}

/** What differs between the groups, in a word or two each. */
function groupLabels(
  groups: readonly { readonly attention: AttentionBlock; readonly ffn: FfnBlock }[],
): string[] {
  if (groups.length === 1) return [''];
  const attentions = groups.map(({ attention: a }) =>
    a.kind === 'latent' ? 'mla' : a.kind === 'linear' ? 'lightning' : a.window === 'none' ? 'full' : a.window,
  );
  const ffns = groups.map((group) => group.ffn.kind);
  const varied = [attentions, ffns].filter((names) => new Set(names).size > 1);
  const labels = groups.map((_, i) => varied.map((names) => names[i] ?? '').join('_'));
  return labels.map((label, i) => (labels.indexOf(label) === i && label !== '' ? label : `${label}${i + 1}`));
}
