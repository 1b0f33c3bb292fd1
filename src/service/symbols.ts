import { getNodePath, type Node } from 'jsonc-parser';
import {
  modelWeights,
  nodeAt,
  pathsOf,
  type Architecture,
  type Expression,
  type WeightModule,
} from '../architecture';
import type { Op } from '../cost';
import type { JsonPath, Range } from '../protocol';
import type { AnalyzedConfig } from './analyze';

/** A key of a config. */
export interface KeySymbol {
  readonly name: string;
  /** Its value in short. */
  readonly detail: string;
  readonly range: Range;
  readonly keyRange: Range;
}

/** Keys of a config that decide one module of the model. */
export interface ModuleSymbol {
  readonly module: string;
  /** From the first of its keys to the last. */
  readonly range: Range;
  readonly keys: readonly KeySymbol[];
}

/** Modules in the order in which they are listed. */
const MODULES = [
  'Model',
  'Attention',
  'FFN and MoE',
  'Embeddings',
  'MTP',
  'Vision',
  'Audio',
  'Quantization',
  'Other keys',
] as const;
type Module = (typeof MODULES)[number];

const OF_WEIGHTS: Readonly<Partial<Record<WeightModule, Module>>> = {
  attention: 'Attention',
  denseFfn: 'FFN and MoE',
  routedFfn: 'FFN and MoE',
  sharedFfn: 'FFN and MoE',
  router: 'FFN and MoE',
  embedding: 'Embeddings',
  lmHead: 'Embeddings',
  mtp: 'MTP',
  vision: 'Vision',
  audio: 'Audio',
};
const DTYPES = ['torch_dtype', 'dtype', 'params_dtype', 'expert_dtype'];
const NAMES = ['model_type', 'architectures', '_name_or_path'];

/** The keys of a config, grouped by the module that they decide: what weights and operations were computed from them. */
export function moduleSymbols(analyzed: AnalyzedConfig): ModuleSymbol[] {
  const { config, architecture } = analyzed;
  const byModule = new Map<Module, KeySymbol[]>();
  const [ops = []] = analyzed.opsByContext.values();
  const places = architecture ? modulesByPlace(architecture, ops) : new Map<string, Set<Module>>();
  for (const property of leafProperties(config.root, analyzed)) {
    const key = symbolOf(property, analyzed);
    if (!key) continue;
    const [value] = property.children?.slice(1) ?? [];
    const path = value ? getNodePath(value) : [];
    const module = moduleOf(path, architecture, places);
    const others = byModule.get(module);
    if (others) others.push(key);
    else byModule.set(module, [key]);
  }
  return MODULES.flatMap((module) => {
    const keys = byModule.get(module);
    const [first, last] = [keys?.[0], keys?.at(-1)];
    if (!keys || !first || !last) return [];
    return [{ module, keys, range: { start: first.range.start, end: last.range.end } }];
  });
}

/** Keys of the root, and those within the object that holds the language model. */
function leafProperties(root: Node | undefined, { match }: AnalyzedConfig): Node[] {
  const own = root?.children ?? [];
  const textPath = match?.textPath ?? [];
  const text = textPath.length > 0 ? nodeAt(root, textPath) : undefined;
  const holdsText = ({ children }: Node): boolean =>
    text !== undefined && textPath[0] === children?.[0]?.value;
  return own.flatMap((property) =>
    holdsText(property) && text?.type === 'object' ? (text.children ?? []) : [property],
  );
}

/** Which modules each place of the file decides, by its path: asked once, however many keys there are. */
function modulesByPlace(architecture: Architecture, ops: readonly Op[]): ReadonlyMap<string, Set<Module>> {
  const places = new Map<string, Set<Module>>();
  const add = (module: Module, ...of: readonly Expression[]): void => {
    for (const path of of.flatMap(pathsOf)) {
      const modules = places.get(placeOf(path));
      if (modules) modules.add(module);
      else places.set(placeOf(path), new Set([module]));
    }
  };
  for (const { module, elements, copies, activated } of modelWeights(architecture)) {
    const of = OF_WEIGHTS[module];
    if (of) add(of, elements, copies, activated);
  }
  for (const { role, flops, kv } of ops) if (role === 'attention') add('Attention', flops, kv.bytesHeld);
  return places;
}

const placeOf = (path: JsonPath): string => path.join('/');

function moduleOf(
  path: JsonPath,
  architecture: Architecture | null,
  places: ReadonlyMap<string, ReadonlySet<Module>>,
): Module {
  const last = String(path.at(-1));
  const tower = architecture?.towers.find((t) => t.path.length > 0 && t.path.every((s, i) => path[i] === s));
  if (tower) return tower.kind === 'vision' ? 'Vision' : 'Audio';
  if (DTYPES.includes(last) || last === 'quantization_config') return 'Quantization';
  if (NAMES.includes(last)) return 'Model';
  const decided = places.get(placeOf(path)) ?? new Set<Module>();
  const [only, ...more] = [...decided].filter((module) => module !== 'MTP' || decided.size === 1);
  if (only === undefined) return byName(last);
  return more.length === 0 ? only : 'Model';
}

/** Keys that nothing is computed from say by their name where they belong, if anywhere. */
const byName = (key: string): Module => BY_NAME.find(([names]) => names.test(key))?.[1] ?? 'Other keys';
const BY_NAME: readonly (readonly [RegExp, Module])[] = [
  [/attn|attention|rope|rotary|position|window/, 'Attention'],
  [/moe|expert|router|mlp|ffn|hidden_act/, 'FFN and MoE'],
  [/embed|vocab|token_id/, 'Embeddings'],
];

function symbolOf(property: Node, { document }: AnalyzedConfig): KeySymbol | null {
  const [key, value] = property.children ?? [];
  if (!key) return null;
  const range = (from: Node, to: Node): Range => ({
    start: document.positionAt(from.offset),
    end: document.positionAt(to.offset + to.length),
  });
  return {
    name: String(key.value),
    detail: value ? inShort(document.getText(range(value, value))) : '',
    range: range(key, value ?? key),
    keyRange: range(key, key),
  };
}

const MAX_DETAIL = 40;
const inShort = (text: string): string => {
  const line = text.slice(0, 4 * MAX_DETAIL).replace(/\s+/g, ' ');
  return line.length > MAX_DETAIL ? `${line.slice(0, MAX_DETAIL)}…` : line;
};
