import type { Rule } from '../../rule';
import { expertParallel } from './expert-parallel';
import { hybridFullAttention, hybridImbalance } from './hybrid';
import { attentionIntensity } from './intensity';
import { kvQuantization } from './kv-quantization';
import { memoryBoundAttention } from './memory-bound';
import { mtpGain } from './mtp';
import { moeOversparse } from './sparsity';
import { weakerAccelerator } from './weaker';

/** What the Step-3 report argues (arXiv:2507.19427), in the order of its sections. */
export const codesignRules: readonly Rule[] = [
  attentionIntensity,
  memoryBoundAttention,
  hybridFullAttention,
  hybridImbalance,
  kvQuantization,
  mtpGain,
  moeOversparse,
  expertParallel,
  weakerAccelerator,
];
