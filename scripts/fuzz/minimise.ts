/**
 * A shorter text that still fails, by leaving out ever smaller pieces: lines first, then characters. Stops after some
 * tries, so that it takes seconds at most.
 */
export function minimise(text: string, fails: (text: string) => boolean, mostTries = 3000): string {
  let tries = mostTries;
  const stillFails = (candidate: string): boolean => tries-- > 0 && fails(candidate);
  const byLines = reduce(text.split('\n'), (lines) => stillFails(lines.join('\n'))).join('\n');
  return reduce(Array.from(byLines), (characters) => stillFails(characters.join(''))).join('');
}

/** Leaves out pieces of half, a quarter, … of the list, for as long as what remains still fails. */
export function reduce<T>(list: readonly T[], fails: (list: readonly T[]) => boolean): readonly T[] {
  const search = candidates(list);
  let step = search.next(false);
  while (!step.done) step = search.next(fails(step.value));
  return step.value;
}

/** The same where trying takes its time. */
export async function reduceAsync<T>(
  list: readonly T[],
  fails: (list: readonly T[]) => Promise<boolean>,
): Promise<readonly T[]> {
  const search = candidates(list);
  let step = search.next(false);
  while (!step.done) step = search.next(await fails(step.value));
  return step.value;
}

/** Gives lists to try, is told of each whether it fails, and returns the shortest that did. */
function* candidates<T>(list: readonly T[]): Generator<readonly T[], readonly T[], boolean> {
  let kept = list;
  for (let size = Math.ceil(kept.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let start = 0; start < kept.length;) {
      const candidate = [...kept.slice(0, start), ...kept.slice(start + size)];
      if (candidate.length < kept.length && (yield candidate)) kept = candidate;
      else start += size;
    }
  }
  return kept;
}
