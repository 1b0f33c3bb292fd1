/** Letters and digits alone: `numHiddenLayers` and `num_hidden_layers` are the same word. */
const bare = (key: string): string => key.toLowerCase().replace(/[^a-z0-9]/g, '');

/** Edits forgiven by the length of a word: short keys differ from each other by one letter as they are. */
const allowedEdits = (length: number): number => (length < 5 ? 0 : length < 9 ? 1 : 2);

/** Which letters a word has, as bits: most words that are far from each other differ in them, which is quick to see. */
function lettersOf(word: string): number {
  let bits = 0;
  for (let i = 0; i < word.length; i++) bits |= 1 << (word.charCodeAt(i) & 31);
  return bits;
}

function bitCount(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count++;
  return count;
}

const spellings = new Map<string, { readonly word: string; readonly letters: number }>();
/** Of a key that a schema knows: there are few, and each is asked for often. */
function spellingOf(candidate: string) {
  let spelling = spellings.get(candidate);
  if (!spelling) {
    const word = bare(candidate);
    spelling = { word, letters: lettersOf(word) };
    spellings.set(candidate, spelling);
  }
  return spelling;
}

/**
 * The one of `candidates`, keys of a schema, that a key was probably meant to be: the same but for case and separators,
 * or one or two letters away. Null if there is none, or no nearest one.
 */
export function didYouMean(key: string, candidates: Iterable<string>): string | null {
  const word = bare(key);
  const letters = lettersOf(word);
  let best: string | null = null;
  let least = allowedEdits(word.length) + 1;
  let isTied = false;
  for (const candidate of candidates) {
    const other = spellingOf(candidate);
    // An edit changes the length by one at most, and two letters of the set.
    if (Math.abs(other.word.length - word.length) > least) continue;
    if (bitCount(letters ^ other.letters) > 2 * least) continue;
    const edits = editDistance(word, other.word, least);
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
