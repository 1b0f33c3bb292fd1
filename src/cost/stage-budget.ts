import { peakFlops, type Accelerator } from '../hardware';
import type { ServingOptions } from '../protocol';
import type { LayerLoad } from './layer-loads';

/**
 * Which accelerators are fast enough for attention-FFN disaggregation, whatever their price (Step-3 report, section 6):
 * attention and FFN of a layer must each be done within one stage's share of the time per output token.
 */

/** Seconds that a pipeline stage has for one layer: TPOT / stages / layers, 273 us for Step-3. */
export const layerBudgetSeconds = (
  { tpotMs, pipelineStages }: Pick<ServingOptions, 'tpotMs' | 'pipelineStages'>,
  layers: number,
): number => tpotMs / 1000 / pipelineStages / layers;

export interface AttentionFit {
  /** Bytes that one accelerator reads within a layer's budget. */
  readonly bytesPerLayer: number;
  /** Of these, the projections': replicated on each accelerator, but for the output projection, shared by a server's. */
  readonly linearBytes: number;
  /** KV and state bytes that it may read besides. Negative where the projections alone take longer. */
  readonly kvBytes: number;
  /** Sequences of the load's context, within the budget of memory and of compute. */
  readonly batch: number;
}

/** How much attention one accelerator does within a layer's budget. `load` is that of one token at some context. */
export function attentionFit(
  load: LayerLoad,
  accelerator: Accelerator,
  seconds: number,
  gpusPerServer: number,
): AttentionFit {
  const bytesPerLayer = accelerator.bandwidth * seconds;
  const linearBytes = load.inputWeightBytes + load.outputWeightBytes / gpusPerServer;
  const kvBytes = bytesPerLayer - linearBytes;
  const bytesPerSequence = load.core.reduce((sum, part) => sum + part.bytes, 0);
  const secondsPerSequence =
    load.core.reduce((sum, part) => sum + part.flops / peakFlops(accelerator, part.precision).flops, 0) +
    load.linearFlops / peakFlops(accelerator, load.linearPrecision).flops;
  const batch = Math.min(kvBytes / bytesPerSequence, seconds / secondsPerSequence);
  return { bytesPerLayer, linearBytes, kvBytes, batch: Math.max(0, Math.floor(batch)) };
}

/** Share of the memory bandwidth that FFN weights take once the batch is large enough to compute at peak (report, section 6). */
const FFN_BANDWIDTH_SHARE = 0.5;

export interface FfnFit {
  /** FFN weights that one accelerator reads, over all layers, within their budgets. */
  readonly bytesPerAccelerator: number;
  /** Accelerators that the weights of all FFNs need, before whole servers. */
  readonly accelerators: number;
  readonly servers: number;
}

/** How many accelerators read all FFN weights within the budget of `layers` layers. */
export function ffnFit(
  ffnBytes: number,
  layers: number,
  accelerator: Accelerator,
  seconds: number,
  gpusPerServer: number,
): FfnFit {
  const bytesPerAccelerator = accelerator.bandwidth * FFN_BANDWIDTH_SHARE * seconds * layers;
  const servers = Math.ceil(ffnBytes / (bytesPerAccelerator * gpusPerServer));
  return { bytesPerAccelerator, accelerators: servers * gpusPerServer, servers };
}
