import type { Rule } from '../../rule';
import { expertParallel } from './expert-parallel';
import { fp8Blocks } from './fp8-blocks';
import { kvReplication } from './kv-replication';
import { cacheMemory, weightsMemory } from './memory';
import { serverSpan } from './server-span';
import { tensorCoreTiles } from './tensor-core-tiles';
import { tensorParallel } from './tensor-parallel';
import { vocabPadding } from './vocab-padding';

export const hardwareRules: readonly Rule[] = [
  tensorCoreTiles,
  fp8Blocks,
  vocabPadding,
  tensorParallel,
  serverSpan,
  kvReplication,
  expertParallel,
  weightsMemory,
  cacheMemory,
];
