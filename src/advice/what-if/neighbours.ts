import type { CostField, SizeRole } from './sizes';

/** Values beside a field's own, the nearest first. */
export interface Neighbours {
  readonly lower: readonly number[];
  readonly upper: readonly number[];
}

/** Widths of heads that attention kernels are written for. */
const HEAD_DIMS = [32, 64, 96, 128, 192, 256, 512];

/**
 * Sensible values beside a field's own, by what the size is: they keep shapes that tensor cores and FP8's blocks of 128
 * like, and heads that KV heads divide. Whether a config may have them, its reader decides (`index.ts`).
 */
export function neighboursOf(field: CostField, layerPeriod: number): Neighbours {
  const { value } = field;
  switch (field.role) {
    case 'kvHeads':
      return sides(value, kvHeadCounts(field));
    case 'queryHeads':
      return around(value, [0.75, 0.5, 0.25], [1.5, 2], queryHeadUnit(field));
    case 'headDim':
    case 'valueDim':
    case 'nopeDim':
    case 'ropeDim':
    case 'indexDim':
      return sides(value, HEAD_DIMS);
    case 'stateKeyDim':
    case 'stateValueDim':
      return sides(value, [8, 16, ...HEAD_DIMS]);
    case 'kvRank':
    case 'queryRank':
      return around(value, [0.75, 0.5, 0.25], [1.5, 2], value >= 512 ? 128 : 64);
    case 'layers':
      return around(value, [0.9, 0.8], [1.1, 1.2], layerPeriod);
    case 'hidden':
    case 'expertInput':
      return around(value, [0.875, 0.75, 0.5], [1.125, 1.25, 1.5, 2], widthUnit(value));
    case 'sharedWidth':
      // None yet: one as wide as a routed expert.
      if (value === 0) return sides(0, sharedWidths(field));
      return around(value, [0.75, 0.5], [1.25, 1.5], widthUnit(value));
    case 'ffnWidth':
    case 'expertWidth':
      return around(value, [0.75, 0.5], [1.25, 1.5], widthUnit(value));
    case 'vocab':
      return around(value, [0.75, 0.5], [1.5, 2], widthUnit(value));
    case 'experts':
      return around(value, [0.5, 0.25], [1.5, 2], value % 8 === 0 ? 8 : 1);
    case 'topK':
      return around(value, [(value - 1) / value, 0.5], [(value + 1) / value, 2], 1);
    case 'window':
    case 'attendedTokens':
    case 'indexHeads':
    case 'stateHeads':
    case 'ratio':
      return around(value, [0.5, 0.25], [2, 4], 1);
    case 'sharedExperts':
    case 'factor':
      return sides(value, value <= 8 ? countsAround(value) : [value / 4, value / 2, 2 * value, 4 * value]);
    case 'attentionPattern':
    case 'ffnPattern':
      return value <= 8 ? sides(value, countsAround(value)) : around(value, [0.9, 0.8], [1.1, 1.2], 1);
  }
}

const countsAround = (value: number): number[] => [value - 2, value - 1, value + 1, value + 2];

/** Multiples of 128 as FP8's block scales and tensor-core tiles want them; toy models have less. */
const widthUnit = (value: number): number => (value >= 256 ? 128 : 16);

/** KV heads share the query heads evenly: halves and doubles where these do, else the nearest divisors. */
function kvHeadCounts({ value, sizes }: CostField): number[] {
  const queryHeads = Math.max(
    0,
    ...sizes.map(({ block }) => (block?.kind === 'softmax' ? block.queryHeads : 0)),
  );
  const divisors = Array.from({ length: queryHeads }, (_, i) => i + 1).filter((n) => queryHeads % n === 0);
  const isDoubling = (n: number) => Number.isInteger(Math.log2(n / value));
  return [false, true].flatMap((isUpper) => {
    const side = divisors.filter((n) => (isUpper ? n > value : n < value));
    const doublings = side.filter(isDoubling);
    return doublings.length > 0 ? doublings : side;
  });
}

/** The number of KV heads, where another key states it and it is not that of all heads. */
function queryHeadUnit({ value, sizes }: CostField): number {
  const counts = sizes.flatMap(({ block }) => (block?.kind === 'softmax' ? [block.kvHeads] : []));
  const kvHeads = Math.max(1, ...counts);
  if (kvHeads < value) return kvHeads;
  return value % 8 === 0 ? 8 : 1;
}

const sharedWidths = ({ sizes }: CostField): number[] =>
  sizes.flatMap(({ block }) => (block?.kind === 'moe' ? [block.intermediate] : []));

function around(value: number, lower: readonly number[], upper: readonly number[], unit: number): Neighbours {
  const candidates = [...lower, ...upper].map(
    (factor) => Math.max(1, Math.round((value * factor) / unit)) * unit,
  );
  return sides(value, candidates);
}

/** Whole numbers below and above, the nearest first. */
function sides(value: number, candidates: readonly number[]): Neighbours {
  const usable = [...new Set(candidates)].filter((n) => Number.isInteger(n) && n >= 0).sort((a, b) => a - b);
  return { lower: usable.filter((n) => n < value).reverse(), upper: usable.filter((n) => n > value) };
}

/** Roles whose sizes are the attention's own. */
export const ATTENTION_ROLES: ReadonlySet<SizeRole> = new Set<SizeRole>([
  'queryHeads',
  'kvHeads',
  'headDim',
  'valueDim',
  'nopeDim',
  'ropeDim',
  'queryRank',
  'kvRank',
  'window',
  'ratio',
  'indexHeads',
  'indexDim',
  'attendedTokens',
  'stateHeads',
  'stateKeyDim',
  'stateValueDim',
  'attentionPattern',
]);
