/** How a token's experts lie over servers or accelerators that share the routed experts (Step-3 report, section 5.5). */

export interface Routing {
  readonly experts: number;
  readonly topK: number;
  /** Groups of experts that a router chooses among first (`n_group`); 1: none. */
  readonly groups: number;
  /** Groups that one token's experts come from at most (`topk_group`). */
  readonly groupLimit: number;
}

/**
 * Probability that a token has at least one expert on a given one of `parts` equal parts of the experts, when every choice
 * that the router may make is equally likely. Parts hold consecutive experts, as groups do. Null where experts or groups
 * do not divide evenly.
 */
export function hitProbability(routing: Routing, parts: number): number | null {
  const { experts, topK, groups, groupLimit } = routing;
  const here = experts / parts;
  const groupSize = experts / groups;
  // A part holds whole groups, or a group spreads over whole parts.
  const groupsHere = Math.max(1, groups / parts);
  const perGroup = here / groupsHere;
  if (![here, groupSize, groupsHere, perGroup, groupSize / perGroup].every(Number.isInteger)) return null;
  const open = groupLimit * groupSize;
  if (groupLimit < 1 || groupLimit > groups || topK > open) return null;
  let missed = 0;
  for (let chosen = 0; chosen <= Math.min(groupsHere, groupLimit); chosen++)
    missed += hypergeometric(groups, groupsHere, groupLimit, chosen) * noneOf(open, chosen * perGroup, topK);
  return 1 - missed;
}

/**
 * Distinct experts of a layer that a batch is expected to hit, when each token's choice is uniform and independent of the
 * others': E·(1 - (1 - k/E)^B). An expert that no token of the batch chose is not read.
 */
export const expectedExperts = (of: number, perToken: number, batch: number): number =>
  of * (1 - (1 - perToken / of) ** batch);

/** Probability that `draws` of `all` without replacement hold none of `marked`. */
function noneOf(all: number, marked: number, draws: number): number {
  let probability = 1;
  for (let i = 0; i < draws; i++) probability *= Math.max(0, all - marked - i) / (all - i);
  return probability;
}

/** Probability that `draws` of `all` without replacement hold exactly `hits` of `marked`. */
function hypergeometric(all: number, marked: number, draws: number, hits: number): number {
  return (choose(marked, hits) * choose(all - marked, draws - hits)) / choose(all, draws);
}

function choose(n: number, k: number): number {
  if (k < 0 || k > n) return 0;
  let result = 1;
  for (let i = 0; i < k; i++) result *= (n - i) / (i + 1);
  return result;
}
