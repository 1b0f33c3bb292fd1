/** Layers by their numbers, as short as they can be told. */

/** `0-2, 5, 7-8`; of an even pattern, `3-59, every 4th`. Ascending indices. */
export function rangesText(indices: readonly number[]): string {
  const [first, second] = indices;
  const last = indices.at(-1);
  if (first === undefined || last === undefined) return 'none';
  const step = (second ?? first) - first;
  const isEven = step > 1 && indices.length > 2 && indices.every((index, i) => index === first + i * step);
  if (isEven) return `${first}-${last}, every ${ordinal(step)}`;
  const runs: [number, number][] = [];
  for (const index of indices) {
    const run = runs.at(-1);
    if (run && index === run[1] + 1) run[1] = index;
    else runs.push([index, index]);
  }
  return runs.map(([from, to]) => (from === to ? String(from) : `${from}-${to}`)).join(', ');
}

function ordinal(n: number): string {
  const teens = n % 100 > 10 && n % 100 < 14;
  return `${n}${(teens ? undefined : ['th', 'st', 'nd', 'rd'][n % 10]) ?? 'th'}`;
}

/** Layers of one kind look alike, by attention and by FFN: numbers of looks, counted from 0; null where a layer has no such part. */
export interface Look {
  readonly attention: number | null;
  readonly ffn: number | null;
}

/**
 * The look of each kind of layer. The same attention (or FFN) looks the same in all kinds; kinds that only differ in sizes, and so have
 * the same label, are told apart by the look of their attention.
 */
export function looksOf(
  kinds: readonly {
    readonly label: string;
    readonly attention: readonly string[];
    readonly ffn: readonly string[];
  }[],
): Look[] {
  const attentions: string[] = [];
  // Dense ones come first: they look the same in every model.
  const ffns: string[] = ['dense FFN'];
  const place = (list: string[], name: string): number => {
    if (!list.includes(name)) list.push(name);
    return list.indexOf(name);
  };
  const seen = new Map<string, number>();
  return kinds.map(({ label, attention, ffn }) => {
    const before = seen.get(label) ?? 0;
    seen.set(label, before + 1);
    const mixer = attention.join(' + ');
    return {
      attention:
        attention.length === 0 ? null : place(attentions, before === 0 ? mixer : `${label} ${before}`),
      ffn: ffn.length === 0 ? null : place(ffns, label.slice(mixer.length).replace(/^ \+ /, '')),
    };
  });
}
