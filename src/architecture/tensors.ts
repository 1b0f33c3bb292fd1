import { constant, product, variable, type Expression, type Origin } from './expression';
import type { Field } from './reader';
import type { Tensor, WeightModule } from './types';

/** Builders of weight arrays, for blocks and readers. */

const ONE = constant(1);
const ZERO = constant(0);

type Options = Partial<Pick<Tensor, 'copies' | 'activated' | 'afterCore' | 'fixedBytes' | 'keepsDtype'>>;

const tensor = (
  name: string,
  module: WeightModule,
  role: Tensor['role'],
  shape: readonly Expression[],
  { copies = ONE, activated = role === 'table' ? ZERO : copies, ...rest }: Options,
): Tensor => ({ name, module, role, shape, copies, activated, ...rest });

/** A linear layer's weight, [out, in]. */
export const matrix = (
  name: string,
  module: WeightModule,
  out: Expression,
  input: Expression,
  options: Options = {},
): Tensor => tensor(name, module, 'matrix', [out, input], options);

/** A depthwise convolution over time: one kernel a channel. */
export const convolution = (
  name: string,
  module: WeightModule,
  channels: Expression,
  kernel: Expression,
  options: Options = {},
): Tensor => tensor(name, module, 'conv', [channels, kernel], options);

/** A norm, a bias, a gate's scalars. */
export const vector = (name: string, module: WeightModule, size: Expression, options: Options = {}): Tensor =>
  tensor(name, module, 'vector', [size], options);

/** A table of which a token reads one row. */
export const table = (
  name: string,
  module: WeightModule,
  rows: Expression,
  width: Expression,
  options: Options = {},
): Tensor => tensor(name, module, 'table', [rows, width], options);

/** A linear layer with or without its bias. */
export const linear = (
  name: string,
  module: WeightModule,
  out: Expression,
  input: Expression,
  bias: boolean,
  options: Options = {},
): Tensor[] => [
  matrix(name, module, out, input, options),
  ...(bias ? [vector(`${name}.bias`, module, out, options)] : []),
];

/** RMSNorms, or with `bias` LayerNorms, of one width. */
export const norms = (names: readonly string[], width: Expression, bias = false): Tensor[] =>
  names.flatMap((name) => [
    vector(name, 'norm', width),
    ...(bias ? [vector(`${name}.bias`, 'norm', width)] : []),
  ]);

/** Elements of one copy. */
export const elementsOf = (t: Tensor): Expression => product(...t.shape);

/** A field of a config as a named input of formulas. */
export const symbol = (name: string, { value, origin }: Field<number>): Expression =>
  variable(name, value, origin);

/** A field of a block as a named input of formulas. */
export function field<T extends object>(
  block: T & { readonly origins: Readonly<Partial<Record<string, Origin>>> },
  key: keyof T & string,
  name: string,
): Expression {
  return variable(name, Number(block[key]), block.origins[key]);
}
