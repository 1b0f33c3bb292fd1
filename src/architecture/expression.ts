import type { FormulaInput, JsonPath } from '../protocol';

/**
 * A number that knows how it came about. FLOPs, bytes and parameter counts are built with these few
 * combinators, so that the value shown and the formula shown beside it can't drift apart.
 * Text and inputs are made only when somebody asks: building an expression costs one small object.
 */
export interface Expression {
  readonly value: number;
  readonly node: Node;
}

/** Where a value was read from; `note` tells what was assumed when it was not the file's own. */
export interface Origin {
  readonly paths: readonly JsonPath[];
  readonly note?: string;
}

type Operator = 'sum' | 'difference' | 'product' | 'quotient' | 'minimum' | 'maximum' | 'ceiling';
type Node =
  | { readonly kind: 'constant' }
  | { readonly kind: 'variable'; readonly symbol: string; readonly origin: Origin }
  /** A part that has a formula of its own and stands here by its symbol. */
  | { readonly kind: 'named'; readonly symbol: string; readonly of: Expression }
  | { readonly kind: Operator; readonly args: readonly Expression[] };

const NOWHERE: Origin = { paths: [] };

/** A number that stands in the formula as itself: the 2 of a multiply-add. */
export const constant = (value: number): Expression => ({ value, node: { kind: 'constant' } });

/** A named input. */
export const variable = (symbol: string, value: number, origin: Origin = NOWHERE): Expression => ({
  value,
  node: { kind: 'variable', symbol, origin },
});

/** Stands by its symbol in formulas that use it, and still depends on all that its own formula does. */
export const named = (symbol: string, of: Expression): Expression => ({
  value: of.value,
  node: { kind: 'named', symbol, of },
});

const asExpression = (x: Expression | number): Expression => (typeof x === 'number' ? constant(x) : x);
const isConstant = (e: Expression, value: number) => e.node.kind === 'constant' && e.value === value;

/** Sum; constant zeros are left out of the formula. */
export function sum(...terms: readonly (Expression | number)[]): Expression {
  const args: Expression[] = [];
  let value = 0;
  for (const term of terms) {
    const e = asExpression(term);
    if (isConstant(e, 0)) continue;
    args.push(e);
    value += e.value;
  }
  if (args.length === 1 && args[0]) return args[0];
  return args.length === 0 ? constant(0) : { value, node: { kind: 'sum', args } };
}

/** Product; constant ones are left out of the formula, a constant zero makes it zero. */
export function product(...factors: readonly (Expression | number)[]): Expression {
  const args: Expression[] = [];
  let value = 1;
  for (const factor of factors) {
    const e = asExpression(factor);
    if (isConstant(e, 0)) return constant(0);
    if (isConstant(e, 1)) continue;
    args.push(e);
    value *= e.value;
  }
  if (args.length === 1 && args[0]) return args[0];
  return args.length === 0 ? constant(1) : { value, node: { kind: 'product', args } };
}

export const quotient = (a: Expression | number, b: Expression | number): Expression => {
  const args = [asExpression(a), asExpression(b)] as const;
  return { value: args[0].value / args[1].value, node: { kind: 'quotient', args } };
};

export const difference = (a: Expression | number, b: Expression | number): Expression => {
  const args = [asExpression(a), asExpression(b)] as const;
  return { value: args[0].value - args[1].value, node: { kind: 'difference', args } };
};

export const minimum = (...of: readonly (Expression | number)[]): Expression => {
  const args = of.map(asExpression);
  return { value: Math.min(...args.map((e) => e.value)), node: { kind: 'minimum', args } };
};

export const maximum = (...of: readonly (Expression | number)[]): Expression => {
  const args = of.map(asExpression);
  if (args.length === 1 && args[0]) return args[0];
  return { value: Math.max(...args.map((e) => e.value)), node: { kind: 'maximum', args } };
};

/** Rounded up to a whole number. */
export const ceiling = (of: Expression): Expression => ({
  value: Math.ceil(of.value),
  node: { kind: 'ceiling', args: [of] },
});

/** Tighter binding needs no parentheses inside looser. */
const BINDING: Readonly<Record<Node['kind'], number>> = {
  sum: 1,
  difference: 1,
  product: 2,
  quotient: 2,
  minimum: 3,
  maximum: 3,
  ceiling: 3,
  constant: 4,
  variable: 4,
  named: 4,
};

const SIGNS = { sum: ' + ', difference: ' - ', product: ' * ', quotient: ' / ' } as const;

/** The expression in symbols, `2 * H * d`, or with `leaf` in whatever stands for an input, such as its value. */
export function formulaText(
  e: Expression,
  leaf: (symbol: string, value: number) => string = (symbol) => symbol,
): string {
  const { node } = e;
  if (node.kind === 'constant') return String(e.value);
  if (node.kind === 'variable' || node.kind === 'named') return leaf(node.symbol, e.value);
  if (node.kind === 'minimum' || node.kind === 'maximum' || node.kind === 'ceiling')
    return `${node.kind === 'ceiling' ? 'ceil' : node.kind.slice(0, 3)}(${node.args.map((arg) => formulaText(arg, leaf)).join(', ')})`;
  const binding = BINDING[node.kind];
  const parts = node.args.map((arg, i) => {
    const inner = BINDING[arg.node.kind];
    const loose =
      inner < binding ||
      ((node.kind === 'quotient' || node.kind === 'difference') && i === 1 && inner === binding);
    return loose ? `(${formulaText(arg, leaf)})` : formulaText(arg, leaf);
  });
  return parts.join(SIGNS[node.kind]);
}

/** Every input by its symbol, in order of first appearance, each once. */
export function formulaInputs(e: Expression): FormulaInput[] {
  const found = new Map<string, FormulaInput>();
  const visit = ({ value, node }: Expression): void => {
    if (node.kind === 'constant') return;
    if (node.kind !== 'variable' && node.kind !== 'named') {
      node.args.forEach(visit);
      return;
    }
    const key = `${node.symbol}=${value}`;
    if (found.has(key)) return;
    const origin: Origin = node.kind === 'named' ? { paths: pathsOf(node.of) } : node.origin;
    found.set(key, {
      symbol: node.symbol,
      value,
      paths: origin.paths,
      ...(origin.note === undefined ? {} : { note: origin.note }),
    });
  };
  visit(e);
  return [...found.values()];
}

/** Every path that the expression depends on, each once. */
export const pathsOf = (e: Expression): JsonPath[] => collectPaths(e, () => true);

/** Those that its value follows from as it stands: of a maximum or minimum, only what is the largest or smallest. */
export const decidingPathsOf = (e: Expression): JsonPath[] =>
  collectPaths(
    e,
    (arg, { node, value }) => (node.kind !== 'maximum' && node.kind !== 'minimum') || arg.value === value,
  );

function collectPaths(e: Expression, counts: (arg: Expression, of: Expression) => boolean): JsonPath[] {
  const found = new Map<string, JsonPath>();
  const visit = (of: Expression): void => {
    const { node } = of;
    if (node.kind === 'constant') return;
    if (node.kind === 'named') visit(node.of);
    else if (node.kind === 'variable') for (const path of node.origin.paths) found.set(path.join('/'), path);
    else for (const arg of node.args) if (counts(arg, of)) visit(arg);
  };
  visit(e);
  return [...found.values()];
}

/** Does the expression use a value that was read from this path? */
export function dependsOn(e: Expression, path: JsonPath): boolean {
  const { node } = e;
  if (node.kind === 'constant') return false;
  if (node.kind === 'named') return dependsOn(node.of, path);
  if (node.kind === 'variable') return node.origin.paths.some((p) => samePath(p, path));
  return node.args.some((arg) => dependsOn(arg, path));
}

export const samePath = (a: JsonPath, b: JsonPath): boolean =>
  a.length === b.length && a.every((step, i) => step === b[i]);
