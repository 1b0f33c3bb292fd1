import {
  gpusForWeights,
  kvBytesPerToken,
  largestBatch,
  MEMORY_SHARE,
  placementOf,
  stateBytes,
  weightMemory,
  weightsPerGpu,
  type Placement,
  type WeightMemory,
} from '../../../cost';
import type { JsonPath } from '../../../protocol';
import { bytes, contextLength, gpus, percent, whole } from '../../format';
import { maxPositions } from '../../positions';
import type { Advice, ModelRule } from '../../rule';
import type { ModelSubject } from '../../subject';

interface Need {
  readonly weights: WeightMemory;
  readonly placement: Placement;
}

const known = new WeakMap<ModelSubject, Need>();
function needOf(subject: ModelSubject): Need {
  let need = known.get(subject);
  if (!need) {
    const { precision, serving } = subject.context.options;
    need = { weights: weightMemory(subject.architecture, precision), placement: placementOf(serving) };
    known.set(subject, need);
  }
  return need;
}

/** Memory of one accelerator that may be filled, where weights leave anything of it. */
const fits = ({ weights, placement }: Need, memory: number | null): boolean | null =>
  memory === null ? null : weightsPerGpu(weights, placement) <= MEMORY_SHARE * memory;

const placeText = ({ gpus: count, tensorParallel, expertParallel, isConfigured }: Placement): string =>
  isConfigured
    ? `${gpus(count)} (TP ${tensorParallel}${expertParallel > tensorParallel ? `, EP ${expertParallel}` : ''})`
    : `one server of ${gpus(count)}`;

/** The number that most weights come from: routed experts, else layers. */
function weightsPath({ architecture, textPath }: ModelSubject): JsonPath {
  for (const { ffn } of architecture.groups)
    for (const block of ffn) {
      const path = block.kind === 'moe' ? block.origins.experts?.paths[0] : undefined;
      if (path) return path;
    }
  return architecture.model.origins.layers?.paths[0] ?? textPath;
}

function checkWeights(subject: ModelSubject): readonly Advice[] {
  const need = needOf(subject);
  const { weights, placement } = need;
  const isTooSmall = subject.context.targets.filter((target) => fits(need, target.memory) === false);
  if (isTooSmall.length === 0) return [];
  const total = weightsPerGpu(weights, placement) * placement.gpus;
  const needed = isTooSmall.map((target) => {
    const usable = MEMORY_SHARE * (target.memory ?? 0) * placement.gpus;
    return `${target.name} (${bytes(usable)} usable) takes ${gpus(gpusForWeights(weights, target) ?? 0)} or more`;
  });
  return [
    {
      path: weightsPath(subject),
      message: `Weights of ${bytes(total)} (${weights.format}) don’t fit on ${placeText(placement)} at ${percent(MEMORY_SHARE)} of the memory: ${needed.join(', ')}.`,
    },
  ];
}

export const weightsMemory: ModelRule = {
  of: 'model',
  code: 'hardware/weights-memory',
  title: 'Weights that don’t fit',
  severity: 'information',
  what: 'Holds the weights against 0.9 of the memory of one server of each target, or of the accelerators that the configured degrees of parallelism take, and says how many accelerators hold them. Weights count as the config’s own quantization stores them; without one, matrices of attention and FFN at the chosen precision and the rest at BF16. MTP layers are left out. With degrees, routed experts lie once over all accelerators, everything else once in each tensor-parallel group.',
  why: 'An accelerator holds experts / EP + rest / TP bytes of weights; an engine gives weights, KV cache and activations 0.9 of its memory. What doesn’t fit needs more accelerators, fewer bits or fewer parameters.',
  ignoreWhen:
    'The model is meant for several servers (the degrees, once configured, say which), or for other targets.',
  source:
    'Engines’ share of the memory: vLLM’s gpu_memory_utilization, by default 0.9 for years and 0.92 of late; memory from the table of accelerators.',
  example: { model: 'Qwen3-235B-A22B', changes: { num_experts: 512 } },
  check: checkWeights,
};

/** The number that decides the size of the KV cache. */
function cachePath({ architecture, textPath }: ModelSubject): JsonPath {
  for (const { attention } of architecture.groups)
    for (const block of attention) {
      const origin =
        block.kind === 'softmax'
          ? block.origins.kvHeads
          : block.kind === 'latent'
            ? block.origins.kvRank
            : undefined;
      if (origin?.paths[0]) return origin.paths[0];
    }
  return architecture.model.origins.layers?.paths[0] ?? textPath;
}

/** Where not one sequence fits, though the weights do. */
function tooLong(subject: ModelSubject, context: number): string[] {
  const need = needOf(subject);
  const ops = subject.opsAt(context);
  return subject.context.targets.flatMap((target) => {
    if (fits(need, target.memory) !== true) return [];
    const fit = largestBatch(need.weights, ops, target, need.placement);
    if (fit?.largestBatch !== 0) return [];
    const free = (fit.usableBytes - fit.weightsBytes) / (fit.placement.gpus / fit.placement.tensorParallel);
    return [
      `${target.name} has ${bytes(Math.max(0, free))} beside the weights for ${bytes(fit.sequenceBytes)}`,
    ];
  });
}

function checkCache(subject: ModelSubject): readonly Advice[] {
  const { contexts } = subject.context.options;
  const { placement } = needOf(subject);
  const advice = (context: number, what: string, lacking: readonly string[]): Advice => ({
    path: cachePath(subject),
    message: `Not one sequence of ${what} fits on ${placeText(placement)}: ${lacking.join(', ')}; ${batchesText(subject, context)}.`,
  });
  for (const context of [...contexts].sort((a, b) => a - b)) {
    const lacking = tooLong(subject, context);
    if (lacking.length > 0) return [advice(context, contextLength(context), lacking)];
  }
  const promised = maxPositions(subject.text);
  const longest = Math.max(1, ...contexts);
  if (promised === null || promised.value <= longest || !mayLack(subject, promised.value)) return [];
  const lacking = tooLong(subject, promised.value);
  if (lacking.length === 0) return [];
  const what = `the ${contextLength(promised.value)} of ${promised.key}`;
  return [{ ...advice(promised.value, what, lacking), severity: 'information' }];
}

/** Is it worth working out the operations at so long a context? No window makes a cache larger than without one. */
function mayLack(subject: ModelSubject, context: number): boolean {
  const { weights, placement } = needOf(subject);
  const { contexts, kvBlockSize } = subject.context.options;
  const ops = subject.opsAt(contexts[0] ?? 1);
  const most = kvBytesPerToken(ops).value * (context + kvBlockSize) + stateBytes(ops).value;
  const held = weightsPerGpu(weights, placement);
  return subject.context.targets.some(({ memory }) => memory !== null && most > MEMORY_SHARE * memory - held);
}

/** The longest context of powers of two at which a sequence still fits, on the targets that hold the weights. */
function batchesText(subject: ModelSubject, above: number): string {
  const need = needOf(subject);
  const best = subject.context.targets.flatMap((target) => {
    if (fits(need, target.memory) !== true) return [];
    for (let context = floorPower(above - 1); context >= 1; context /= 2) {
      const batch = largestBatch(need.weights, subject.opsAt(context), target, need.placement)?.largestBatch;
      if (batch !== 0 && batch !== null && batch !== undefined)
        return [`${whole(batch)} of ${contextLength(context)} on ${target.name}`];
    }
    return [];
  });
  return best.length > 0
    ? `the largest batch that does is ${best.join(', ')}`
    : 'states and weights leave no room for any';
}

const floorPower = (n: number): number => (n < 1 ? 0.5 : 2 ** Math.floor(Math.log2(n)));

export const cacheMemory: ModelRule = {
  of: 'model',
  code: 'hardware/cache-memory',
  title: 'A context that no memory is left for',
  severity: 'warning',
  what: 'Speaks where the weights fit on one server of a target (or on the accelerators of the configured degrees), but not one sequence beside them at a configured context; of max_position_embeddings it only informs. Says the largest batch that does fit.',
  why: 'The largest batch is (0.9 * memory - weights) over the KV cache of a sequence in whole blocks and its states, on each accelerator. Weights are read once for a whole batch: a batch of few sequences decodes at a fraction of the cost shown here, which assumes full batches.',
  ignoreWhen:
    'The context is for other hardware, the cache is kept elsewhere (host memory, other servers by context parallelism), or positions are a limit that nobody is meant to reach.',
  source:
    'PagedAttention (arXiv:2309.06180) for whole blocks; vLLM’s gpu_memory_utilization, by default 0.9 for years and 0.92 of late; src/cost/memory.ts.',
  example: {
    model: 'Qwen3-32B',
    changes: { num_key_value_heads: 64, head_dim: 128, max_position_embeddings: 1048576 },
  },
  check: checkCache,
};
