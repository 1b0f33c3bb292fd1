import type { ConfigEdit, Fix, JsonPath } from '../protocol';

/** One value put in the place of another. */
export interface Replacement {
  readonly path: JsonPath;
  readonly from: unknown;
  readonly to: unknown;
  /** What speaks for it: `divides 64`. */
  readonly because?: string;
  readonly isPreferred?: boolean;
  /** What has to change along. */
  readonly along?: readonly ConfigEdit[];
}

const show = (value: unknown): string => {
  const text = JSON.stringify(value);
  return text.length > 40 ? `${text.slice(0, 36)} …` : text;
};
const keyOf = (path: JsonPath): string => {
  const last = path.at(-1);
  return typeof last === 'number' ? `${String(path.at(-2) ?? '')} entry ${last}` : (last ?? '');
};

/** `num_key_value_heads 7 -> 8 (divides 64)`; a key that is absent is set. */
export function replace({ path, from, to, because, isPreferred, along }: Replacement): Fix {
  const why = because === undefined ? '' : ` (${because})`;
  return {
    title:
      from === undefined
        ? `Set ${keyOf(path)} to ${show(to)}${why}`
        : `${keyOf(path)} ${show(from)} → ${show(to)}${why}`,
    edits: [{ path, value: to }, ...(along ?? [])],
    isPreferred: isPreferred ?? false,
  };
}

export const removeKey = (path: JsonPath, because?: string, isPreferred = false): Fix => ({
  title: `Remove ${keyOf(path)}${because === undefined ? '' : ` (${because})`}`,
  edits: [{ path, remove: true }],
  isPreferred,
});

export const renameKey = (path: JsonPath, to: string, isPreferred = false): Fix => ({
  title: `Rename to ${JSON.stringify(to)}`,
  edits: [{ path, rename: to }],
  isPreferred,
});

/** The nearest whole numbers on both sides of a value that will do, the nearer first; looked for up to `most`. */
export function nearest(value: number, isFit: (candidate: number) => boolean, most: number): number[] {
  const from = Math.min(Math.max(1, Math.floor(value)), most);
  let [below, above]: (number | null)[] = [null, null];
  for (let n = from; n >= 1 && below === null && from - n < MAX_STEPS; n--) if (isFit(n)) below = n;
  for (let n = Math.max(1, Math.ceil(value)); n <= most && above === null && n - from < MAX_STEPS; n++)
    if (isFit(n)) above = n;
  const found = [below, above].filter((n): n is number => n !== null && n !== value);
  return [...new Set(found)].sort((a, b) => Math.abs(a - value) - Math.abs(b - value));
}
/** Nobody wants a fix that is further away. */
const MAX_STEPS = 4096;
