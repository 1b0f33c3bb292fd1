/**
 * Lists of module names in quantization configs: exact paths, with a layer's number or without, globs, and regular
 * expressions after `re:`. Asked for a tensor by its path inside its layer, and the layer.
 */
export interface NameList {
  /** Of these layers (null: what stands once), those in which the list names the tensor. */
  readonly namedIn: (name: string, layers: readonly (number | null)[]) => number;
  /** Entries that were not understood. */
  readonly ignored: readonly string[];
}

/** `model.layers.3.mlp.gate`: what stands before the layer differs from file to file. */
const IN_LAYER = /(?:^|\.)(?:layers|h|blocks|block)\.(\d+|\*)(?:\.(.+))?$/;

/** Regular expressions come from the user's file: with nested repeats one could run for ever. */
const MAX_REPEATS = 4;
const isHarmless = (source: string): boolean =>
  source.length <= 500 &&
  !/\)[*+{?]|\\[1-9]|\(\?/.test(source.replace(/\(\?:/g, '(')) &&
  (source.replace(/\\./g, 'x').match(/[*+{]/g) ?? []).length <= MAX_REPEATS;

function compile(source: string): RegExp | null {
  if (!isHarmless(source)) return null;
  try {
    return new RegExp(source);
  } catch {
    return null;
  }
}

const escape = (text: string): string => text.replace(/[.+?^${}()|[\]\\]/g, '\\$&');

interface Pattern {
  readonly test: RegExp;
  /** It has a number in it, so that layers may differ. */
  readonly isNumbered: boolean;
}

export function nameList(entries: readonly unknown[]): NameList {
  /** By path inside a layer: its layers. */
  const byLayer = new Map<string, Set<number>>();
  /** The same for paths that end in `*`. */
  const byLayerPrefix = new Map<string, Set<number>>();
  /** Paths, or parts of one, in every layer: with dots at both ends. */
  const anywhere: string[] = [];
  const patterns: Pattern[] = [];
  const ignored: string[] = [];

  const addPattern = (source: string, entry: string) => {
    const test = compile(source);
    if (test) patterns.push({ test, isNumbered: /\d/.test(source.replace(/\\d/g, '')) });
    else ignored.push(entry);
  };
  const addTo = (map: Map<string, Set<number>>, path: string, layer: number) => {
    const known = map.get(path);
    if (known) known.add(layer);
    else map.set(path, new Set([layer]));
  };
  for (const entry of entries) {
    if (typeof entry !== 'string' || entry === '') continue;
    if (entry.startsWith('re:')) {
      addPattern(entry.slice(3), entry);
      continue;
    }
    const inLayer = IN_LAYER.exec(entry);
    const [, layer, path = ''] = inLayer ?? [];
    const star = path.indexOf('*');
    if (inLayer && layer !== '*' && star === -1) addTo(byLayer, path, Number(layer));
    else if (inLayer && layer !== '*' && star === path.length - 1)
      addTo(byLayerPrefix, path.slice(0, -1), Number(layer));
    else if (inLayer && layer === '*' && star === -1) anywhere.push(`.${path}.`);
    else if (!entry.includes('*')) anywhere.push(`.${entry.replace(/^model\.(?=.)/, '')}.`);
    else addPattern(`^${entry.split(/\*+/).map(escape).join('.*')}(\\.|$)`, entry);
  }

  const isAnywhere = (name: string, layer: number | null): boolean => {
    if (anywhere.length > 0) {
      const full = layer === null ? `.${name}.` : `.layers.${layer}.${name}.`;
      if (anywhere.some((part) => full.includes(part))) return true;
    }
    if (patterns.length === 0) return false;
    const spellings = fullNames(name, layer);
    return patterns.some(({ test }) => spellings.some((spelling) => test.test(spelling)));
  };
  const isNumbered = patterns.some((p) => p.isNumbered);

  return {
    ignored,
    namedIn(name, layers) {
      // One expert stands for all of them.
      const own = name.replace('.*.', '.0.');
      const sets = [...ancestors(own), ''].flatMap((path) => byLayer.get(path) ?? []);
      for (const [prefix, set] of byLayerPrefix) if (own.startsWith(prefix)) sets.push(set);
      if (isNumbered)
        return layers.filter((l) => isAnywhere(own, l) || (l !== null && sets.some((set) => set.has(l))))
          .length;
      if (layers.length > 0 && isAnywhere(own, layers[0] ?? null)) return layers.length;
      if (sets.length === 0) return 0;
      return layers.filter((l) => l !== null && sets.some((set) => set.has(l))).length;
    },
  };
}

/** `a`, `a.b`, `a.b.c` of `a.b.c`. */
function ancestors(name: string): string[] {
  const paths: string[] = [];
  for (let dot = name.indexOf('.'); dot !== -1; dot = name.indexOf('.', dot + 1))
    paths.push(name.slice(0, dot));
  return [...paths, name];
}

/** As the common wrappers and plain models spell it. */
const fullNames = (name: string, layer: number | null): string[] =>
  layer === null
    ? [name, `model.${name}`, `language_model.${name}`]
    : [
        `model.layers.${layer}.${name}`,
        `language_model.model.layers.${layer}.${name}`,
        `model.language_model.layers.${layer}.${name}`,
      ];
