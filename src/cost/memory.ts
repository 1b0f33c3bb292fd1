import {
  constant,
  difference,
  maximum,
  modelWeights,
  product,
  quotient,
  sum,
  variable,
  type Architecture,
  type Expression,
} from '../architecture';
import type { Accelerator } from '../hardware';
import type { Precision, ServingOptions } from '../protocol';
import { BYTES_PER_ELEMENT, OTHER_PRECISION } from './accounting';
import type { Op } from './operations';

/**
 * Share of an accelerator's memory that an engine fills with weights and KV cache: vLLM's `gpu_memory_utilization`, whose
 * default was 0.9 for years and is 0.92 in its latest versions. Activations and CUDA graphs, some GB, are taken from it too and are not counted here: what
 * comes out is the most that can fit.
 */
export const MEMORY_SHARE = 0.9;

/**
 * How one copy of a model is spread.
 *
 * Without configured degrees it lies on one server: every weight once, and the KV cache shared evenly, as enough KV heads or
 * data-parallel attention do. With degrees the group has `tensorParallel` accelerators, or as many such groups as expert
 * parallelism takes: routed experts stand once in all of them, every other weight once in each tensor-parallel group, and a
 * sequence's KV lies in one group, KV heads shared out and copied where there are fewer than accelerators.
 */
export interface Placement {
  readonly gpus: number;
  /** Accelerators that share the weights outside routed experts. */
  readonly tensorParallel: number;
  /** Accelerators that share the routed experts. */
  readonly expertParallel: number;
  /** The user chose degrees: then KV heads decide how far a cache can be shared out. */
  readonly isConfigured: boolean;
}

export function placementOf({
  tensorParallel,
  expertParallel,
  gpusPerServer,
}: Pick<ServingOptions, 'tensorParallel' | 'expertParallel' | 'gpusPerServer'>): Placement {
  if (tensorParallel === null && expertParallel === null)
    return {
      gpus: gpusPerServer,
      tensorParallel: gpusPerServer,
      expertParallel: gpusPerServer,
      isConfigured: false,
    };
  const group = tensorParallel ?? 1;
  const experts = Math.max(group, expertParallel ?? 1);
  return {
    gpus: group * Math.ceil(experts / group),
    tensorParallel: group,
    expertParallel: experts,
    isConfigured: true,
  };
}

/** What a model's weights take in memory. */
export interface WeightMemory {
  /** Routed experts. */
  readonly experts: number;
  /** Everything else, towers included. */
  readonly rest: number;
  /** For the user: how the bytes were counted. */
  readonly format: string;
}

/**
 * Weights of the model as they are served, without MTP layers: as stored where the config names a quantization, else matrices
 * of attention and FFN at `precision` and the rest at BF16, as costs count them.
 */
export function weightMemory(architecture: Architecture, precision: Precision): WeightMemory {
  const { storage } = architecture;
  const sums = { experts: 0, rest: 0 };
  const isStored = storage.method !== null || storage.expertFormat !== null;
  if (isStored) {
    for (const { module, bytes, scaleBytes } of architecture.stored)
      if (module !== 'mtp') sums[module === 'routedFfn' ? 'experts' : 'rest'] += bytes + scaleBytes;
  } else {
    for (const { module, tensor, elements, copies } of modelWeights(architecture)) {
      if (module === 'mtp') continue;
      const isGemm =
        tensor.role === 'matrix' && ['attention', 'denseFfn', 'routedFfn', 'sharedFfn'].includes(module);
      const width = BYTES_PER_ELEMENT[isGemm ? precision : OTHER_PRECISION];
      sums[module === 'routedFfn' ? 'experts' : 'rest'] += elements.value * copies.value * width;
    }
  }
  const format = isStored ? `${storage.method?.name ?? 'FP4 experts'}, as stored` : precision.toUpperCase();
  return { ...sums, format };
}

/** Weights that the fullest accelerator of a placement holds, in bytes. */
export const weightsPerGpu = ({ experts, rest }: WeightMemory, placement: Placement): number =>
  experts / placement.expertParallel + rest / placement.tensorParallel;

/**
 * Bytes that one sequence takes on each accelerator of its tensor-parallel group: KV cache in whole blocks, and states. Of
 * `n` KV heads, min(n, tensorParallel) shares can be made; the latent of MLA is one head and lies on every accelerator.
 */
export function sequencePerGpu(ops: readonly Op[], { tensorParallel, isConfigured }: Placement): Expression {
  return sum(
    ...ops
      .filter((op) => op.kv.bytesReserved.value + op.kv.stateBytes.value > 0)
      .map(({ kv }) => {
        const shares = isConfigured ? Math.min(tensorParallel, kv.shares) : tensorParallel;
        const bytes = sum(kv.bytesReserved, kv.stateBytes);
        return shares === 1 ? bytes : quotient(bytes, variable('n_share', shares, SHARES));
      }),
  );
}
const SHARES = { paths: [], note: 'accelerators that a cache is shared among' };

/** Memory of one accelerator that weights and caches may fill, in bytes; null where it is not known. */
export const usableMemory = ({ memory }: Accelerator): number | null =>
  memory === null ? null : MEMORY_SHARE * memory;

/** What fits beside the weights, at one context on one kind of accelerator. */
export interface FittingBatch {
  readonly accelerator: Accelerator;
  readonly placement: Placement;
  /** Bytes of weights on all of the placement's accelerators, copies included. */
  readonly weightsBytes: number;
  /** Bytes of one sequence on all accelerators of its tensor-parallel group, copies included. */
  readonly sequenceBytes: number;
  /** Bytes that may be filled on all of the placement's accelerators. */
  readonly usableBytes: number;
  /** Sequences that fit beside the weights of one tensor-parallel group, not rounded; 0 where weights don't fit. */
  readonly sequencesPerGroup: Expression;
  /** Sequences of all groups together; null: a sequence takes nothing, so that memory sets no limit. */
  readonly largestBatch: number | null;
}

/** The largest batch that fits: (usable memory - weights) / bytes of a sequence. Null where the memory is not known. */
export function largestBatch(
  weights: WeightMemory,
  ops: readonly Op[],
  accelerator: Accelerator,
  placement: Placement,
): FittingBatch | null {
  const { memory } = accelerator;
  if (memory === null) return null;
  const perGpu = weightsPerGpu(weights, placement);
  const usable = product(MEMORY_SHARE, variable(`M(${accelerator.name})`, memory, { paths: [], note: 'B' }));
  const held = variable('W_gpu', perGpu, {
    paths: [],
    note: `weights on one of ${placement.gpus}, ${weights.format}`,
  });
  const sequence = sequencePerGpu(ops, placement);
  const isFree = sequence.value === 0;
  const free = difference(usable, held);
  const sequencesPerGroup = maximum(0, quotient(free, isFree ? constant(1) : sequence));
  const groups = placement.gpus / placement.tensorParallel;
  const whole = groups * Math.floor(sequencesPerGroup.value);
  return {
    accelerator,
    placement,
    weightsBytes: perGpu * placement.gpus,
    sequenceBytes: sequence.value * placement.tensorParallel,
    usableBytes: usable.value * placement.gpus,
    sequencesPerGroup,
    largestBatch: isFree && free.value >= 0 ? null : whole,
  };
}

/** Accelerators that hold the weights once, without any cache; null where their memory is not known. */
export function gpusForWeights({ experts, rest }: WeightMemory, accelerator: Accelerator): number | null {
  const usable = usableMemory(accelerator);
  return usable === null ? null : Math.ceil((experts + rest) / usable);
}
