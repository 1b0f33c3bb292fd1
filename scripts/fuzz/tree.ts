/** JSON as it is written, so that what no value can hold can be: a key twice, `1e400`, `NaN`, half a surrogate pair. */
export type Tree = Scalar | List | Entries;
export interface Scalar {
  readonly kind: 'scalar';
  /** As it stands in the file. */
  text: string;
}
export interface List {
  readonly kind: 'list';
  items: Tree[];
}
export interface Entries {
  readonly kind: 'object';
  entries: [key: string, value: Tree][];
}

export const scalar = (text: string): Scalar => ({ kind: 'scalar', text });
export const list = (items: Tree[]): List => ({ kind: 'list', items });
export const object = (entries: [string, Tree][]): Entries => ({ kind: 'object', entries });

export function treeOf(value: unknown): Tree {
  if (Array.isArray(value)) return list(value.map(treeOf));
  if (typeof value === 'object' && value !== null)
    return object(Object.entries(value).map(([key, child]) => [key, treeOf(child)]));
  return scalar(JSON.stringify(value));
}

export const cloneTree = (tree: Tree): Tree => structuredClone(tree);

/** How a file is written. */
export interface Style {
  /** Empty: all on one line. */
  readonly indent: string;
  readonly eol: '\n' | '\r\n';
}

export function textOf(tree: Tree, style: Style, depth = 0): string {
  if (tree.kind === 'scalar') return tree.text;
  const [open, close] = tree.kind === 'list' ? '[]' : '{}';
  const parts =
    tree.kind === 'list'
      ? tree.items.map((item) => textOf(item, style, depth + 1))
      : tree.entries.map(([key, value]) => `${JSON.stringify(key)}: ${textOf(value, style, depth + 1)}`);
  if (parts.length === 0) return `${open ?? ''}${close ?? ''}`;
  const line = (level: number) => (style.indent === '' ? '' : style.eol + style.indent.repeat(level));
  return `${open ?? ''}${line(depth + 1)}${parts.join(`,${line(depth + 1) || ' '}`)}${line(depth)}${close ?? ''}`;
}

/** All lists and objects of a tree, itself first. */
export function containersOf(tree: Tree): (List | Entries)[] {
  if (tree.kind === 'scalar') return [];
  const children = tree.kind === 'list' ? tree.items : tree.entries.map(([, value]) => value);
  return [tree, ...children.flatMap(containersOf)];
}
