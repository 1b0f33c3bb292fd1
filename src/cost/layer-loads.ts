import type { LayerGroup } from '../architecture';
import { peakFlops, type Accelerator } from '../hardware';
import type { Precision } from '../protocol';
import type { Op } from './operations';

/** FLOPs and bytes of something that runs at the roofline. */
export interface RooflineLoad {
  readonly flops: number;
  /** KV or state bytes moved. */
  readonly bytes: number;
  readonly precision: Precision;
}

/** What a single layer of a group does for one step of the batch that the operations are for. */
export interface LayerLoad {
  readonly group: LayerGroup;
  /** Core attention, one entry a mixer. */
  readonly core: readonly RooflineLoad[];
  /** FLOPs of the projections around it. */
  readonly linearFlops: number;
  readonly linearPrecision: Precision;
  /** Bytes of the projections before the core attention. */
  readonly inputWeightBytes: number;
  /** Bytes of the projections after it (`o_proj`). */
  readonly outputWeightBytes: number;
}

/** The operations of a decode step as loads of a single layer of each of these groups; what stands once is left out. */
export function layerLoads(ops: readonly Op[], groups: readonly LayerGroup[]): LayerLoad[] {
  const byGroup = groups.map((): Op[] => []);
  for (const op of ops) if (op.group !== null) byGroup[op.group]?.push(op);
  return groups.map((group, at) => {
    const all = byGroup[at] ?? [];
    const layers = group.indices.length;
    const linear = all.filter((op) => op.role === 'attentionLinear');
    const total = (list: readonly Op[], of: (op: Op) => number) =>
      list.reduce((sum, op) => sum + of(op), 0) / layers;
    return {
      group,
      core: all.filter((op) => op.role === 'attention').map((op) => coreLoad(op, layers)),
      linearFlops: total(linear, (op) => op.flops.value),
      linearPrecision: linear[0]?.precision ?? 'bf16',
      inputWeightBytes: total(
        linear.filter((op) => !op.afterCore),
        (op) => op.weightBytes.value,
      ),
      outputWeightBytes: total(
        linear.filter((op) => op.afterCore),
        (op) => op.weightBytes.value,
      ),
    };
  });
}

/** A core attention's load, of all layers that do it or of one of `layers`. */
export const coreLoad = (op: Op, layers = 1): RooflineLoad => ({
  flops: op.flops.value / layers,
  bytes: (op.kv.readBytes.value + op.kv.writeBytes.value) / layers,
  precision: op.precision,
});

/** Seconds of computing and of moving bytes, each at its peak. */
export const rooflineSeconds = (
  load: RooflineLoad,
  accelerator: Accelerator,
): { readonly compute: number; readonly memory: number } => ({
  compute: load.flops / peakFlops(accelerator, load.precision).flops,
  memory: load.bytes / accelerator.bandwidth,
});

/**
 * Seconds of a layer's attention, as the report's cost has it (section 4.2): the larger of compute and memory for the
 * core, and the projections' compute, their weights being read once a batch.
 */
export function attentionSeconds(load: LayerLoad, accelerator: Accelerator): number {
  const core = load.core.reduce((sum, part) => {
    const { compute, memory } = rooflineSeconds(part, accelerator);
    return sum + Math.max(compute, memory);
  }, 0);
  return core + load.linearFlops / peakFlops(accelerator, load.linearPrecision).flops;
}
