import { compilePattern, type Pattern } from './pattern';

/** A layer's number; null for what stands once. */
export type Place = number | null;

/**
 * Lists of module names in quantization configs: paths, with a layer's number or without, globs, and regular expressions
 * after `re:`. Asked for a tensor by its path inside its layer, and the layers.
 */
export interface NameList {
  /** Those of the places in which the list names the tensor. Layers from `mtpFrom` on are MTP layers. */
  readonly namedIn: (name: string, places: readonly Place[], mtpFrom?: number) => readonly Place[];
  /** Entries that were not understood. */
  readonly ignored: readonly string[];
}

/**
 * How a method reads its entries: as parts of a path, which name all within them too; as a module's whole name
 * (compressed-tensors, whose lists name parents of what is quantized); by any substring (AWQ); or as regular expressions.
 */
export type ListKind = 'paths' | 'exact' | 'substrings' | 'patterns';

/** What stands before the language model's layers differs from file to file. */
const WRAPPERS = /^(?:(?:model|language_model|text_model|thinker|llm|backbone|transformer|decoder)\.)+(?=.)/;
/** `layers.3.mlp.gate`, `mtp.layers.0.mlp.gate`, `layers.*`. */
const IN_LAYER = /^(mtp\.)?(?:layers|h|blocks|block)\.(\d+|\*)(?:\.(.+))?$/;

/** Numbers of MTP layers among those of layers, where they are counted apart. */
const mtpKey = (index: number): number => -1 - index;

/** Layers may differ where it has a number in it. */
const isNumbered = (source: string): boolean => /\d|\\d/.test(source.replace(/(?:\\d|\[0-9\])[+*]/g, ''));

const escape = (text: string): string => text.replace(/[.+?^${}()|[\]\\]/g, '\\$&');
/** A glob names a module and all in it, with `.*` at its end or without. */
const globSource = (glob: string): string =>
  `${glob.replace(/\.\*$/, '').split(/\*+/).map(escape).join('.*')}(\\.|$)`;

/** Each is tried on every module of every layer: far more than any published list has would take seconds. */
const MAX_PATTERNS = 200;

const LAYERS = 'layers.';
const ONLY_WRAPPERS = /^(?:(?:model|language_model|text_model|thinker|llm|backbone|transformer|decoder)\.)*$/;
const prefixes = new Map<string, boolean>();
/** Lists have few prefixes and a thousand entries. */
function isWrapperPrefix(prefix: string): boolean {
  let known = prefixes.get(prefix);
  if (known === undefined) {
    known = ONLY_WRAPPERS.test(prefix);
    if (prefixes.size < 100) prefixes.set(prefix, known);
  }
  return known;
}

/** `model.layers.3.mlp.gate` as most entries are, without a regular expression each; null for any other form. */
function plainLayerPath(entry: string): { readonly layer: string; readonly path: string } | null {
  const at = entry.indexOf(LAYERS);
  if (at === -1 || entry.includes('*') || !isWrapperPrefix(entry.slice(0, at))) return null;
  const dot = entry.indexOf('.', at + LAYERS.length);
  const layer = entry.slice(at + LAYERS.length, dot === -1 ? undefined : dot);
  return /^\d+$/.test(layer) && dot < entry.length - 1
    ? { layer, path: dot === -1 ? '' : entry.slice(dot + 1) }
    : null;
}

/** Layers that a path or glob inside a layer is listed for. */
interface Listed {
  readonly layers: Set<number>;
  /** `layers.*`. */
  all: boolean;
}

export function nameList(entries: readonly unknown[], kind: ListKind = 'paths'): NameList {
  const byPath = new Map<string, Listed>();
  const byGlob = new Map<string, Listed & { readonly test: Pattern }>();
  /** Paths, or parts of one, in every layer: with dots at both ends. */
  const anywhere: string[] = [];
  /** Whole paths of what stands once. */
  const once: string[] = [];
  const sources: string[] = [];
  const ignored: string[] = [];

  const addPattern = (entry: string, source: string) => {
    if (sources.length < MAX_PATTERNS && compilePattern(source)) sources.push(source);
    else ignored.push(entry);
  };
  const addInLayer = (listed: Listed, mtp: string | undefined, layer: string) => {
    if (layer === '*') listed.all = true;
    else listed.layers.add(mtp === undefined ? Number(layer) : mtpKey(Number(layer)));
  };
  const addPath = (path: string, mtp: string | undefined, layer: string) => {
    let listed = byPath.get(path);
    if (!listed) {
      listed = { layers: new Set<number>(), all: false };
      byPath.set(path, listed);
    }
    addInLayer(listed, mtp, layer);
  };
  const add = (entry: string) => {
    if (kind === 'patterns' || entry.startsWith('re:')) {
      addPattern(entry, entry.replace(/^re:/, ''));
      return;
    }
    if (kind === 'substrings') {
      addPattern(entry, `.*${escape(entry)}`);
      return;
    }
    const plain = plainLayerPath(entry);
    if (plain) {
      addPath(plain.path, undefined, plain.layer);
      return;
    }
    const inside = entry.replace(WRAPPERS, '');
    const [, mtp, layer, path = ''] = IN_LAYER.exec(inside) ?? [];
    if (layer === undefined) {
      if (entry.includes('*')) addPattern(entry, globSource(entry));
      else (inside === entry ? anywhere : once).push(`.${inside}.`);
    } else if (path.includes('*')) {
      const test = byGlob.get(path)?.test ?? compilePattern(globSource(path));
      const listed = byGlob.get(path) ?? (test && { layers: new Set<number>(), all: false, test });
      if (!listed) return;
      byGlob.set(path, listed);
      addInLayer(listed, mtp, layer);
    } else {
      addPath(path, mtp, layer);
    }
  };
  for (const entry of entries) if (typeof entry === 'string' && entry !== '') add(entry);
  const numbered = anyOf(sources.filter(isNumbered));
  const unnumbered = anyOf(sources.filter((source) => !isNumbered(source)));

  return {
    ignored,
    namedIn(name, places, mtpFrom = Infinity) {
      const [sample] = places;
      if (sample === undefined) return NOWHERE;
      // One expert stands for all of them.
      const own = name.replaceAll('*', '0');
      const isMtp = sample !== null && sample >= mtpFrom;
      const dotted = isMtp ? `.mtp.${own}.` : `.${own}.`;
      if (anywhere.some((part) => (kind === 'exact' ? part === dotted : dotted.includes(part))))
        return places;
      if (sample === null && once.some((path) => dotted.startsWith(path))) return places;
      if (unnumbered && isMatched(unnumbered, own, sample, mtpFrom)) return places;
      const listed: Listed[] = [];
      if (sample !== null) {
        for (const path of kind === 'exact' ? [own] : ['', ...ancestors(own)]) {
          const found = byPath.get(path);
          if (found) listed.push(found);
        }
        for (const glob of byGlob.values()) if (glob.test(own)) listed.push(glob);
      }
      if (listed.some((l) => l.all)) return places;
      if (listed.length === 0 && !numbered) return NOWHERE;
      return places.filter(
        (place) =>
          (place !== null && listed.some(({ layers }) => isListed(layers, place, mtpFrom))) ||
          (numbered !== null && isMatched(numbered, own, place, mtpFrom)),
      );
    },
  };
}
const isListed = (layers: ReadonlySet<number>, layer: number, mtpFrom: number): boolean =>
  layers.has(layer) || (layer >= mtpFrom && layers.has(mtpKey(layer - mtpFrom)));
const NOWHERE: readonly Place[] = [];

/** `a`, `a.b`, `a.b.c` of `a.b.c`. */
function ancestors(name: string): string[] {
  const paths: string[] = [];
  for (let dot = name.indexOf('.'); dot !== -1; dot = name.indexOf('.', dot + 1))
    paths.push(name.slice(0, dot));
  return [...paths, name];
}

/** All patterns as one. */
function anyOf(sources: readonly string[]): Pattern | null {
  if (sources.length === 0) return null;
  const whole = compilePattern(sources.join('|'));
  if (whole) return whole;
  const each = sources.flatMap((source) => compilePattern(source) ?? []);
  return (text) => each.some((test) => test(text));
}

const isMatched = (test: Pattern, name: string, place: Place, mtpFrom: number): boolean =>
  fullNames(name, place, mtpFrom).some(test);

/** As plain models and the common wrappers spell it. */
function fullNames(name: string, place: Place, mtpFrom: number): string[] {
  const inside = place === null ? name : `layers.${place}.${name}`;
  const names = PREFIXES.map((prefix) => `${prefix}${inside}`);
  if (place === null) return names;
  names.push(`transformer.h.${place}.${name}`);
  if (place >= mtpFrom) names.push(`mtp.layers.${place - mtpFrom}.${name}`, `mtp.${name}`);
  return names;
}
const PREFIXES = [
  '',
  'model.',
  'language_model.model.',
  'model.language_model.',
  'language_model.',
  'backbone.',
];
