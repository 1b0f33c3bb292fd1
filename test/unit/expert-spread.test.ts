import assert from 'node:assert/strict';
import fc from 'fast-check';
import { hitProbability, type Routing } from '../../src/cost';

/** Subsets of `size` of 0..n-1. */
function* subsets(n: number, size: number, from = 0): Generator<number[]> {
  if (size === 0) yield [];
  else
    for (let i = from; i <= n - size; i++) for (const rest of subsets(n, size - 1, i + 1)) yield [i, ...rest];
}

/** The same by trying out everything that a router may choose. */
function byEnumeration({ experts, topK, groups, groupLimit }: Routing, parts: number): number {
  const groupSize = experts / groups;
  let [all, hit] = [0, 0];
  for (const chosen of subsets(groups, groupLimit)) {
    const open = chosen.flatMap((g) => Array.from({ length: groupSize }, (_, i) => g * groupSize + i));
    for (const pick of subsets(open.length, topK)) {
      all++;
      if (pick.some((i) => (open[i] ?? Infinity) < experts / parts)) hit++;
    }
  }
  return hit / all;
}

describe('spread of a token’s experts over servers', () => {
  it('agrees with an enumeration of every choice', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(1, 2, 4),
        fc.constantFrom(1, 2, 4, 8),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 4 }),
        (groups, parts, limit, topK) => {
          const routing = { experts: 8, topK, groups, groupLimit: Math.min(limit, groups) };
          const open = (routing.groupLimit * 8) / groups;
          const actual = hitProbability(routing, parts);
          if (topK > open) assert.equal(actual, null);
          else assert.ok(Math.abs((actual ?? NaN) - byEnumeration(routing, parts)) < 1e-9);
        },
      ),
      { numRuns: 60 },
    );
  });
  it('DeepSeek-V3: 8 of 256 over 8 servers reach 5.3 of them; at most 4 with its limit to 4 of 8 groups', () => {
    const free = { experts: 256, topK: 8, groups: 1, groupLimit: 1 };
    assert.equal((8 * (hitProbability(free, 8) ?? 0)).toFixed(1), '5.3');
    const limited = 8 * (hitProbability({ ...free, groups: 8, groupLimit: 4 }, 8) ?? 0);
    assert.ok(limited < 4 && limited > 3.5, String(limited));
  });
  it('says nothing where experts do not divide', () => {
    assert.equal(hitProbability({ experts: 10, topK: 2, groups: 1, groupLimit: 1 }, 3), null);
    assert.equal(hitProbability({ experts: 12, topK: 2, groups: 3, groupLimit: 2 }, 2), null);
  });
});
