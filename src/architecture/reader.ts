import type { Fix, JsonPath, Severity } from '../protocol';
import type { Origin } from './expression';
import { replace } from './fixes';
import { attentionName, type Layer, type LayerGroup, type Sourced } from './types';

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
  /** Ways to mend it, where there are any. */
  readonly fixes?: readonly Fix[];
}

/** Layers and sizes above these are no model's; they would only make loops long and products inexact. */
export const MAX_LAYERS = 10_000;
const MAX_SIZE = 1e9;

export const isObject = (x: unknown): x is Record<string, unknown> =>
  typeof x === 'object' && x !== null && !Array.isArray(x);

const isSize = (value: unknown, least: number): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= least && value <= MAX_SIZE;
const wholeNumber = (least: number) => `a whole number from ${least} to ${MAX_SIZE.toExponential()}`;

/**
 * Other places of a key, by the name that readers ask for: another key, or a path to a nested one. The first that is
 * given counts, the key itself before all.
 */
export type KeyAliases = Readonly<Record<string, readonly (string | readonly string[])[]>>;

/** Keys' values that do not stand in the file as readers ask for them, worked out from what does; before all aliases. */
export type KeyValues = Readonly<Record<string, Field<unknown>>>;

/** Numbers and flags that a config class has for keys that a file leaves out. A null in the file is not absent. */
export type ClassDefaults = Readonly<Record<string, number | boolean>>;

/** A key's place and value; `origin` where it was worked out. */
interface Located {
  readonly steps: readonly string[];
  readonly value: unknown;
  readonly origin?: Origin;
}

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
    readonly aliases: KeyAliases = {},
    readonly values: KeyValues = {},
    /** What the family's config class assumes of absent keys; comes before a reader's own fallback. */
    readonly classDefaults: ClassDefaults = {},
  ) {}

  /** The same object for a dialect or family that writes other keys. Later aliases come before what is there. */
  withAliases(aliases: KeyAliases): ConfigReader {
    return this.with({ aliases: { ...this.aliases, ...aliases } });
  }

  /** The same object with values of keys that its form of config does not have, or has in another form. */
  withValues(values: KeyValues): ConfigReader {
    return this.with({ values: { ...this.values, ...values } });
  }

  /** The same object for a family whose config class has these defaults. */
  withDefaults(classDefaults: ClassDefaults): ConfigReader {
    return this.with({ classDefaults });
  }

  /** The same object for a reader whose problems and keys are nobody's business. */
  aside(): ConfigReader {
    return new ConfigReader(
      this.config,
      this.path,
      [],
      new Set(this.known),
      this.aliases,
      this.values,
      this.classDefaults,
    );
  }

  private with(changed: {
    readonly aliases?: KeyAliases;
    readonly values?: KeyValues;
    readonly classDefaults?: ClassDefaults;
  }): ConfigReader {
    return new ConfigReader(
      this.config,
      this.path,
      this.problems,
      this.known,
      changed.aliases ?? this.aliases,
      changed.values ?? this.values,
      changed.classDefaults ?? this.classDefaults,
    );
  }

  /** A reader of a nested object; an absent or wrong one reads as empty. */
  nested(key: string, aliases: KeyAliases = {}): ConfigReader {
    const value = this.raw(key);
    return new ConfigReader(
      isObject(value) ? value : {},
      this.pathOf(key),
      this.problems,
      undefined,
      aliases,
    );
  }

  /** Where a key's value stands: itself, or the first alias that is given. */
  private locate(key: string): Located {
    let located = this.located.get(key);
    if (!located) {
      located = this.find(key);
      this.located.set(key, located);
    }
    return located;
  }
  private readonly located = new Map<string, Located>();

  private find(key: string): Located {
    this.known.add(key);
    const worked = Object.hasOwn(this.values, key) ? this.values[key] : undefined;
    if (worked) return { steps: [key], ...worked };
    const own = this.config[key];
    const aliases = Object.hasOwn(this.aliases, key) ? this.aliases[key] : undefined;
    // Every other name of the key is understood too.
    for (const alias of aliases ?? []) this.known.add((typeof alias === 'string' ? alias : alias[0]) ?? '');
    if ((own !== undefined && own !== null) || aliases === undefined) return { steps: [key], value: own };
    for (const alias of aliases) {
      const steps = typeof alias === 'string' ? [alias] : alias;
      const value = steps.reduce<unknown>((at, step) => (isObject(at) ? at[step] : undefined), this.config);
      if (value !== undefined && value !== null) return { steps, value };
    }
    return { steps: [key], value: own };
  }

  has(key: string): boolean {
    const { value } = this.locate(key);
    return value !== undefined && value !== null;
  }

  /** A key's value as it stands, for what has a form of its own. */
  raw(key: string): unknown {
    return this.locate(key).value;
  }

  pathOf(key: string): JsonPath {
    const { steps, origin } = this.locate(key);
    return origin?.paths[0] ?? [...this.path, ...steps];
  }

  /** The key's name as the file has it. */
  private nameOf(key: string): string {
    const { steps, origin } = this.locate(key);
    return (origin?.paths[0]?.slice(this.path.length) ?? steps).join('.');
  }

  originOf(...keys: string[]): Origin {
    const given = keys
      .map((key) => this.locate(key))
      .filter(({ value }) => value !== undefined && value !== null);
    const paths = given.flatMap(({ steps, origin }) => origin?.paths ?? [[...this.path, ...steps]]);
    const note = given.length === 1 ? given[0]?.origin?.note : undefined;
    return note === undefined ? { paths } : { paths, note };
  }

  /** A size or count: a whole number of at least `least`. The first of the keys that is given counts; null is absent. */
  size(keys: string | readonly string[], fallback?: Field<number> | number, least = 1): Field<number> {
    const names = typeof keys === 'string' ? [keys] : keys;
    // Every other name of the key is understood too.
    for (const name of names) this.known.add(name);
    const key = names.find((name) => this.has(name));
    if (key === undefined) {
      const byClass = names.map((name) => this.classDefault(name)).find((x) => typeof x === 'number');
      const assumed = this.isAbsent(names) ? (byClass ?? fallback) : (fallback ?? byClass);
      if (typeof assumed === 'number') {
        this.noteAssumed(names, assumed);
        return { value: assumed, origin: defaultOrigin(names[0]) };
      }
      if (assumed) return assumed;
      this.missing(names);
      return { value: 1, origin: { paths: [] } };
    }
    const value = this.raw(key);
    const origin = this.originOf(key);
    if (isSize(value, least)) return { value, origin };
    this.problem('error', 'config/size', `"${this.nameOf(key)}" must be ${wholeNumber(least)}.`, [key]);
    return { value: 1, origin };
  }

  /** A size that may be absent or null. */
  optionalSize(keys: string | readonly string[], least = 1): Field<number> | null {
    const names = typeof keys === 'string' ? [keys] : keys;
    const isAssumed = this.isAbsent(names) && names.some((name) => this.classDefault(name) !== undefined);
    return isAssumed || names.some((name) => this.has(name)) ? this.size(names, undefined, least) : null;
  }

  /** Left out altogether: a null is given. */
  private isAbsent(names: readonly string[]): boolean {
    return names.every((name) => this.raw(name) === undefined);
  }

  /** What the family's config class assumes of a key that the file leaves out. */
  classDefault(key: string): number | boolean | undefined {
    return Object.hasOwn(this.classDefaults, key) ? this.classDefaults[key] : undefined;
  }

  flag(key: string, fallback: boolean): Field<boolean> {
    const value = this.raw(key);
    if (value === undefined || value === null) {
      const byClass = value === undefined ? this.classDefault(key) : undefined;
      return { value: typeof byClass === 'boolean' ? byClass : fallback, origin: defaultOrigin(key) };
    }
    if (typeof value === 'boolean') return { value, origin: this.originOf(key) };
    this.problem('error', 'config/flag', `"${this.nameOf(key)}" must be true or false.`, [key]);
    return { value: fallback, origin: this.originOf(key) };
  }

  text(key: string): string | null {
    const value = this.raw(key);
    return typeof value === 'string' ? value : null;
  }

  /** A list, or null if absent; what is given and no list is a problem. */
  list(key: string): readonly unknown[] | null {
    if (!this.has(key)) return null;
    const value = this.raw(key);
    if (Array.isArray(value)) return value as unknown[];
    this.problem('error', 'config/list', `"${this.nameOf(key)}" must be a list.`, [key]);
    return null;
  }

  /** The number of layers, bounded so that nothing below can run long. */
  layers(key = 'num_hidden_layers', fallback?: number): Field<number> {
    const layers = this.size(key, fallback);
    if (layers.value <= MAX_LAYERS) return layers;
    this.problem('error', 'config/size', `"${this.nameOf(key)}" must be at most ${MAX_LAYERS}.`, [key]);
    return { ...layers, value: 1 };
  }

  /** A list with one entry a layer; longer and shorter ones are a problem. */
  perLayer(key: string, layers: number): readonly unknown[] | null {
    const list = this.list(key);
    if (list === null || list.length === layers) return list;
    this.problem(
      'error',
      'config/per-layer',
      `"${this.nameOf(key)}" has ${list.length} entries for ${layers} layers.`,
      [key],
      this.lengthFixes(key, list, layers),
    );
    return null;
  }

  /** Either the layer count follows the list, or a list that is too long is cut. */
  private lengthFixes(key: string, list: readonly unknown[], layers: number): Fix[] {
    const count = 'num_hidden_layers';
    const isStated = this.raw(count) === layers && list.length > 0;
    const cut = { path: this.pathOf(key), from: list, to: list.slice(0, layers) };
    return [
      ...(isStated ? [replace({ path: this.pathOf(count), from: layers, to: list.length })] : []),
      ...(list.length > layers
        ? [{ ...replace(cut), title: `Cut ${this.nameOf(key)} to ${layers} entries` }]
        : []),
    ];
  }

  /** A size that a number gives for all layers, or a list for each. */
  sizePerLayer(
    key: string,
    layers: number,
    fallback?: Field<number> | number,
    least = 1,
  ): (layer: number) => Field<number> {
    if (!Array.isArray(this.raw(key))) {
      const size = this.size(key, fallback, least);
      return () => size;
    }
    const origin = this.originOf(key);
    const list = this.perLayer(key, layers) ?? [];
    const wrong = list.findIndex((x) => !isSize(x, least));
    if (wrong >= 0)
      this.problem(
        'error',
        'config/size',
        `"${this.nameOf(key)}" entry ${wrong} must be ${wholeNumber(least)}.`,
        [key, wrong],
      );
    return (layer) => {
      const value = list[layer];
      return { value: isSize(value, least) ? value : 1, origin };
    };
  }

  /** Notes a problem once, however often the key is read. */
  problem(
    severity: Severity,
    code: string,
    message: string,
    at: JsonPath = [],
    fixes: readonly Fix[] = [],
  ): void {
    if (this.problems.some((p) => p.message === message)) return;
    const [key, ...rest] = at;
    const path = typeof key === 'string' ? [...this.pathOf(key), ...rest] : [...this.path, ...at];
    this.problems.push({ severity, code, message, path, ...(fixes.length > 0 ? { fixes } : {}) });
  }

  /** Nobody leaves the sizes of experts to a class default on purpose; nested configs of wrappers may. */
  private noteAssumed(names: readonly string[], assumed: number): void {
    if (assumed <= 1 || this.path.length > 0 || !names.some((name) => EXPERT_SIZES.has(name))) return;
    this.problem(
      'information',
      'config/class-default',
      `"${names[0] ?? ''}" is missing: ${assumed}, the default of the family's config class, counts.`,
    );
  }

  private missing(names: readonly string[]): void {
    const spellings = names.flatMap((name) => [
      name,
      ...(this.aliases[name] ?? []).map((alias) => (typeof alias === 'string' ? alias : alias.join('.'))),
    ]);
    const alternatives = spellings.map((name) => `"${name}"`).join(' or ');
    this.problem(
      'error',
      'config/missing',
      `${alternatives} is missing: the architecture can't be read without it.`,
    );
  }
}

const EXPERT_SIZES: ReadonlySet<string> = new Set([
  'num_experts',
  'num_local_experts',
  'n_routed_experts',
  'moe_num_experts',
  'num_experts_per_tok',
  'moe_topk',
  'moe_top_k',
  'moe_intermediate_size',
]);

const defaultOrigin = (key = ''): Origin => ({ paths: [], note: `default of the family: ${key} is absent` });

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
 * Collects layers of the same parts into groups, in order of first appearance. Blocks are compared by identity: the
 * caller makes each block once.
 */
export function groupLayers(
  layers: Field<number>,
  pattern: { readonly attention?: Origin; readonly ffn?: Origin },
  layerOf: (index: number) => Layer,
): LayerGroup[] {
  const groups: (Layer & { indices: number[] })[] = [];
  for (let i = 0; i < layers.value; i++) {
    const layer = layerOf(i);
    const group = groups.find((g) => isSameLayer(g, layer));
    if (group) group.indices.push(i);
    else groups.push({ indices: [i], attention: layer.attention, ffn: layer.ffn, extra: layer.extra });
  }
  const labels = groupLabels(groups);
  // A pattern of expert layers says nothing of how many layers have attention, and the other way round.
  const origin = (of: Origin | undefined, differs: boolean): Origin => ({
    paths: [...layers.origin.paths, ...(of && differs ? of.paths : [])],
  });
  const first = groups[0];
  const differs = (part: 'attention' | 'ffn') =>
    first !== undefined && groups.some((g) => !isSameList(g[part], first[part]));
  const origins = {
    attention: origin(pattern.attention, differs('attention')),
    ffn: origin(pattern.ffn, differs('ffn')),
  };
  return groups.map((group, i) => ({ ...group, label: labels[i] ?? String(i), origins }));
}

const isSameList = (a: readonly unknown[], b: readonly unknown[]): boolean =>
  a === b || (a.length === b.length && a.every((item, i) => item === b[i]));
const isSameLayer = (a: Layer, b: Layer): boolean =>
  isSameList(a.attention, b.attention) && isSameList(a.ffn, b.ffn) && isSameList(a.extra, b.extra);

/** What differs between the groups, in a word or two each. */
function groupLabels(groups: readonly Layer[]): string[] {
  if (groups.length === 1) return [''];
  const attentions = groups.map(({ attention }) => attention.map(shortName).join('_') || 'none');
  const ffns = groups.map(({ ffn }) => ffn.map((block) => block.kind).join('_') || 'none');
  const varied = [attentions, ffns].filter((names) => new Set(names).size > 1);
  const labels = groups.map((_, i) => varied.map((names) => names[i] ?? '').join('_'));
  return labels.map((label, i) => (labels.indexOf(label) === i && label !== '' ? label : `${label}${i + 1}`));
}

/** A mixer's name as part of a symbol: letters, digits and underscores. */
function shortName(a: Layer['attention'][number]): string {
  if (a.kind === 'softmax' && a.cache === 'own') return a.window === 'none' ? 'full' : a.window;
  return attentionName(a)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_');
}
