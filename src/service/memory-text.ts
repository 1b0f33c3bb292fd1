import type { MemoryFit } from '../protocol';
import { whole } from './format';

/** How many sequences fit, in a word: the same in hovers and on the command line. */
export function batchSize({ largestBatch, weightsBytes, usableBytes }: MemoryFit): string {
  if (weightsBytes > usableBytes) return 'weights don’t fit';
  return largestBatch === null ? 'no limit' : whole(largestBatch);
}
