import { isObject } from '../reader';
import type { Tensor } from '../types';
import type { Format } from './formats';
import { nameList, type ListKind, type NameList } from './names';

/** How the weights that it names are stored. */
export interface Rule {
  /** Null: all of them. */
  readonly names: NameList | null;
  /** Null: as the model's dtype is. */
  readonly formatOf: (tensor: Tensor) => Format | null;
}

/** A quantization method as a config describes it. The first rule that names a weight's layer decides. */
export interface Method {
  /** For the user: `fp8`, `compressed-tensors`. */
  readonly name: string;
  readonly rules: readonly Rule[];
  /** What was assumed, or not understood. */
  readonly notes: readonly string[];
  /** Sizes may be some bytes off: the method stores what no config tells. */
  readonly isEstimate: boolean;
}

/** A method's rules, and what is to be said of them. */
export interface Rules {
  readonly rules: readonly Rule[];
  readonly notes?: readonly string[];
  readonly isEstimate?: boolean;
}

export type Config = Readonly<Record<string, unknown>>;

export const lower = (value: unknown): string | null =>
  typeof value === 'string' ? value.toLowerCase() : null;
export const wholeNumber = (value: unknown): number | null =>
  typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= 1e9 ? value : null;
/** Bits of a packed value; what is no width of one is null. */
export const bitsOf = (value: unknown): number | null => {
  const bits = wholeNumber(value);
  return bits !== null && bits <= 16 ? bits : null;
};
export const list = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? (value as unknown[]) : [];
export const objectOf = (value: unknown): Config => (isObject(value) ? value : {});

/** Linear layers; routers, LM heads and towers stay as they are with most methods. */
export const isLinear = ({ role, module }: Tensor): boolean =>
  role === 'matrix' && !['router', 'lmHead', 'embedding', 'vision', 'audio'].includes(module);
/** With methods that leave out only what their lists name. */
export const isLinearOrHead = (tensor: Tensor): boolean =>
  isLinear(tensor) || (tensor.role === 'matrix' && tensor.module === 'lmHead');

export const everywhere = (format: Format | null, fits: (tensor: Tensor) => boolean = isLinear): Rule => ({
  names: null,
  formatOf: (tensor) => (fits(tensor) ? format : null),
});

/** What a list names, whatever it is: a router too. */
export const named = (names: NameList, format: Format | null): Rule => ({
  names,
  formatOf: ({ role }) => (role === 'matrix' || role === 'table' ? format : null),
});

/** One rule for each format of a map from module name to its settings: such maps have up to 50,000 names. */
export function namedByFormat(
  entries: readonly (readonly [name: string, settings: Config])[],
  formatOf: (settings: Config) => Format | null,
  kind: ListKind = 'paths',
): Rule[] {
  const byFormat = new Map<string, { readonly format: Format | null; readonly names: string[] }>();
  for (const [name, settings] of entries) {
    const format = formatOf(settings);
    const key = format?.name ?? '';
    const known = byFormat.get(key);
    if (known) known.names.push(name);
    else byFormat.set(key, { format, names: [name] });
  }
  return [...byFormat.values()].map(({ format, names }) => named(nameList(names, kind), format));
}
