import { product, type Expression } from '../expression';
import { matrix, vector } from '../tensors';
import type { Tensor } from '../types';

/** Checkpoints keep the mixers in FP32. */
const FP32 = { fixedBytes: 4 };

/**
 * Mixer of the `hc_mult` residual streams at one place (Manifold-Constrained Hyper-Connections, report section 2.2):
 * `rows` outputs of all streams, with a base each and a few scales.
 */
export const hyperConnection = (
  name: string,
  streams: Expression,
  hidden: Expression,
  rows: Expression,
  scales: Expression | number,
): Tensor[] => [
  matrix(`${name}_fn`, 'other', rows, product(streams, hidden), FP32),
  vector(`${name}_base`, 'other', rows, FP32),
  vector(`${name}_scale`, 'other', product(scales), FP32),
];
