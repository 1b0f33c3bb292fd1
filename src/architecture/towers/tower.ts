import { constant, pathsOf, product, variable, type Expression, type Origin } from '../expression';
import type { ConfigReader, KeyAliases } from '../reader';
import { convolution, linear, table, vector } from '../tensors';
import type { Tensor, Tower } from '../types';

/** What readers of towers are made of: sizes of a config as inputs of formulas, and tensors under a common path. */

/** An object of a config, whose sizes are read as expressions. Absent keys take the default of the config class. */
export class TowerConfig {
  constructor(readonly reader: ConfigReader) {}

  nested(key: string): TowerConfig {
    return new TowerConfig(this.reader.nested(key));
  }

  /** The same object where it has other keys for the usual ones. */
  withAliases(aliases: KeyAliases): TowerConfig {
    return new TowerConfig(this.reader.withAliases(aliases));
  }

  has(key: string): boolean {
    return this.reader.has(key);
  }

  /** A whole number; the first of the keys that is given counts. */
  size(keys: string | readonly string[], symbol: string, fallback?: number): Expression {
    const { value, origin } = this.reader.size(keys, fallback);
    return variable(symbol, value, origin);
  }

  /** A side of something square: a number, or a list that repeats it. */
  side(key: string, symbol: string, fallback?: number): Expression {
    const value = this.reader.raw(key);
    if (!Array.isArray(value)) return this.size(key, symbol, fallback);
    const sides = value as readonly unknown[];
    const [first] = sides;
    if (Number.isInteger(first) && Number(first) > 0 && sides.every((side) => side === first))
      return variable(symbol, Number(first), this.reader.originOf(key));
    this.unsupported(key);
    return constant(1);
  }

  /** A number that need not be whole, such as a ratio of widths. */
  ratio(key: string, symbol: string, fallback: number): Expression {
    const value = this.reader.raw(key);
    if (value === undefined || value === null) return variable(symbol, fallback, defaultOf(key));
    if (typeof value === 'number' && value > 0 && Number.isFinite(value))
      return variable(symbol, value, this.reader.originOf(key));
    this.unsupported(key);
    return constant(1);
  }

  /** How many entries a list has; a single number is a list of one. */
  entries(key: string, symbol: string, fallback: number): Expression {
    const value = this.reader.raw(key);
    if (value === undefined || value === null) return variable(symbol, fallback, defaultOf(key));
    const length = Array.isArray(value) ? value.length : 1;
    return variable(symbol, length, this.reader.originOf(key));
  }

  /** Whole numbers of a list, such as the sides of a kernel. */
  sizes(key: string, symbol: string, fallback: readonly number[]): Expression[] {
    const value = this.reader.raw(key);
    const list: readonly unknown[] = Array.isArray(value) ? value : fallback;
    const origin = Array.isArray(value) ? this.reader.originOf(key) : defaultOf(key);
    if (list.length !== fallback.length || !list.every((x) => Number.isInteger(x) && Number(x) > 0)) {
      this.unsupported(key);
      return fallback.map(() => constant(1));
    }
    return list.map((x, i) => variable(`${symbol}_${i + 1}`, Number(x), origin));
  }

  flag(key: string, fallback: boolean): boolean {
    return this.reader.flag(key, fallback).value;
  }

  text(key: string): string | null {
    return this.reader.text(key);
  }

  /** The tower can't be counted for what stands at this key. */
  unsupported(key: string): void {
    this.reader.problem('error', 'config/unsupported', `The tower's "${key}" is not read.`, [key]);
  }
}

const defaultOf = (key: string): Origin => ({ paths: [], note: `class default: ${key} is absent` });

/** A number that follows from others by more than sums and products. */
export const derived = (
  symbol: string,
  value: number,
  from: readonly Expression[],
  note?: string,
): Expression =>
  variable(symbol, value, { paths: from.flatMap(pathsOf), ...(note === undefined ? {} : { note }) });

/** A width times a ratio, cut to a whole number as Python's `int` does. */
export const flooredProduct = (symbol: string, width: Expression, ratio: Expression): Expression =>
  derived(symbol, Math.floor(width.value * ratio.value), [width, ratio]);

/** Patches of a square image; what is left over at its edges is cut off. */
export const patchesOf = (image: Expression, patch: Expression): Expression =>
  derived('N_patch', Math.floor(image.value / patch.value) ** 2, [image, patch], 'patches of one image');

/** `1/ratio` of a pixel shuffle, as the whole number of neighbours that become one token along a side. */
export const inverse = (ratio: Expression, symbol: string): Expression =>
  derived(symbol, Math.round(1 / ratio.value), [ratio]);

export const square = (x: Expression): Expression => product(x, x);

/** Where tensors of a tower stand: a path that all their names begin with, and how often it is there. */
export class Part {
  constructor(
    readonly kind: Tower['kind'],
    readonly prefix = '',
    readonly copies: Expression = constant(1),
  ) {}

  /** A part of this one; `times` for a list of equal ones. */
  at(name: string, times: Expression = constant(1)): Part {
    return new Part(this.kind, this.pathTo(name), product(this.copies, times));
  }

  /** An empty name is the part itself. */
  private pathTo(name: string): string {
    return [this.prefix, name].filter((step) => step !== '').join('.');
  }

  linear(name: string, out: Expression, input: Expression, bias = true): Tensor[] {
    return linear(this.pathTo(name), this.kind, out, input, bias, { copies: this.copies });
  }

  /** A convolution of `inputs` values a position: channels times the kernel's area. Never quantized. */
  conv(name: string, out: Expression, inputs: Expression, bias = true): Tensor[] {
    const path = this.pathTo(name);
    const { kind, copies } = this;
    return [
      convolution(path, kind, out, inputs, { copies }),
      ...(bias ? [vector(`${path}.bias`, kind, out, { copies })] : []),
    ];
  }

  layerNorm(name: string, width: Expression): Tensor[] {
    return [...this.vector(name, width), ...this.vector(`${name}.bias`, width)];
  }

  rmsNorm(name: string, width: Expression): Tensor[] {
    return this.vector(name, width);
  }

  vector(name: string, size: Expression): Tensor[] {
    return [vector(this.pathTo(name), this.kind, size, { copies: this.copies })];
  }

  table(name: string, rows: Expression, width: Expression): Tensor[] {
    return [table(this.pathTo(name), this.kind, rows, width, { copies: this.copies })];
  }
}

/** How one kind of transformer block names its weights, and which of them have biases. */
export interface BlockStyle {
  /** Projections from the width to a multiple of it. */
  readonly attention: readonly (readonly [name: string, multiple: number, bias: boolean])[];
  /** Two names for a gated MLP. */
  readonly up: readonly string[];
  readonly down: string;
  readonly mlpBias: boolean;
  readonly norms: readonly string[];
  readonly normKind: 'layer' | 'rms';
}

/** Equal transformer blocks: attention, MLP and norms. */
export function blocks(part: Part, width: Expression, inner: Expression, style: BlockStyle): Tensor[] {
  return [
    ...style.attention.flatMap(([name, multiple, bias]) =>
      part.linear(name, product(multiple, width), width, bias),
    ),
    ...style.up.flatMap((name) => part.linear(name, inner, width, style.mlpBias)),
    ...part.linear(style.down, width, inner, style.mlpBias),
    ...style.norms.flatMap((name) =>
      style.normKind === 'rms' ? part.rmsNorm(name, width) : part.layerNorm(name, width),
    ),
  ];
}

/** Query, key, value and output projections under the usual names. */
export const projections = (prefix: string, output: string, bias: boolean): BlockStyle['attention'] =>
  ['q_proj', 'k_proj', 'v_proj', output].map((name) => [`${prefix}.${name}`, 1, bias] as const);
