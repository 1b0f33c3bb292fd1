/** Letters and digits alone: `numHiddenLayers` and `num_hidden_layers` are the same word. */
const bare = (key: string): string => key.toLowerCase().replace(/[^a-z0-9]/g, '');

/** Edits forgiven by the length of a word: short keys differ from each other by one letter as they are. */
const allowedEdits = (length: number): number => (length < 5 ? 0 : length < 9 ? 1 : 2);

/**
 * The one of `candidates` that a key was probably meant to be: the same but for case and separators, or one or two
 * letters away. Null if there is none, or no nearest one.
 */
export function didYouMean(key: string, candidates: Iterable<string>): string | null {
  const word = bare(key);
  let best: string | null = null;
  let least = allowedEdits(word.length) + 1;
  let isTied = false;
  for (const candidate of candidates) {
    const other = bare(candidate);
    if (Math.abs(other.length - word.length) > least) continue;
    const edits = editDistance(word, other, least);
    if (edits < least) [best, least, isTied] = [candidate, edits, false];
    else if (edits === least && best !== null) isTied = true;
  }
  return isTied ? null : best;
}

/** Insertions, deletions, substitutions and swaps of neighbours between two words; anything above `limit` is `limit + 1`. */
export function editDistance(a: string, b: string, limit: number): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    let smallest = i;
    for (let j = 1; j <= b.length; j++) {
      const substituted = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let edits = Math.min(substituted, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (isSwap) edits = Math.min(edits, (beforePrevious[j - 2] ?? 0) + 1);
      row.push(edits);
      smallest = Math.min(smallest, edits);
    }
    if (smallest > limit) return limit + 1;
    [beforePrevious, previous] = [previous, row];
  }
  return Math.min(previous[b.length] ?? 0, limit + 1);
}
