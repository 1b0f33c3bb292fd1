/** What a model is compared by: less cost and more activated parameters are both better. */
export interface CostAndSize {
  readonly cost: number;
  readonly activated: number;
}

/**
 * The items that no other item beats, cheapest first: nothing else is at most as expensive and at least as
 * large without being equal in both. Equals stay together; items without finite numbers are left out.
 */
export function paretoFrontier<T extends CostAndSize>(items: readonly T[]): T[] {
  const sorted = items
    .filter((item) => Number.isFinite(item.cost) && Number.isFinite(item.activated))
    .sort((a, b) => a.cost - b.cost || b.activated - a.activated);
  const frontier: T[] = [];
  for (const item of sorted) {
    const last = frontier.at(-1);
    const beats = last === undefined || item.activated > last.activated;
    const equals = last?.activated === item.activated && last.cost === item.cost;
    if (beats || equals) frontier.push(item);
  }
  return frontier;
}
