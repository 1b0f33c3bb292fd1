import { BYTES_PER_ELEMENT } from '../../../cost';
import { percent, si } from '../../format';
import type { Advice, ModelRule } from '../../rule';
import type { ModelSubject } from '../../subject';

/** After attention and after the FFN of each layer (Megatron-LM, section 3). */
const ALL_REDUCES = 2;

function check(subject: ModelSubject): readonly Advice[] {
  const { architecture, context } = subject;
  const { tensorParallel: degree, gpusPerServer } = context.options.serving;
  if (degree === null || degree <= gpusPerServer) return [];
  const { hidden, layers, origins } = architecture.model;
  const slower = context.targets.flatMap(({ name, interconnect, network }) =>
    interconnect !== null && network !== null && network < interconnect
      ? [`${name} ${si(network, 'B/s')}, ${percent(network / interconnect)} of ${si(interconnect, 'B/s')}`]
      : [],
  );
  // A ring sends every value twice, but for the accelerator's own share.
  const sent = ((ALL_REDUCES * 2 * (degree - 1)) / degree) * layers * hidden * BYTES_PER_ELEMENT.bf16;
  return [
    {
      path: origins.hidden?.paths[0] ?? subject.textPath,
      message: `TP ${degree} spans servers of ${gpusPerServer}: ${ALL_REDUCES} all-reduces a layer of ${hidden} BF16 values, ${si(sent, 'B')} sent a token by each GPU, leave the server’s links for the network${slower.length > 0 ? ` (${slower.join('; ')})` : ''}; TP ${gpusPerServer} with data, expert or pipeline parallelism between servers keeps them inside.`,
    },
  ];
}

export const serverSpan: ModelRule = {
  of: 'model',
  code: 'hardware/tensor-parallel-span',
  title: 'Tensor parallelism beyond one server',
  severity: 'information',
  what: 'Speaks where the configured tensor parallelism exceeds the accelerators of one server, and compares the network’s bandwidth with that of the links inside, from each target’s row. Silent without a configured degree.',
  why: 'Tensor parallelism sums partial results twice a layer. A ring all-reduce sends 2 * (TP - 1) / TP times the 2 * hidden_size bytes of a token from each accelerator, so 4 * (TP - 1) / TP * layers * 2 * hidden_size bytes a token in all, and waits for it: nothing else can be computed in the meantime. The network is several times slower than NVLink, and adds its latency to every layer.',
  ignoreWhen:
    'The servers share one scale-up domain (GB200 NVL72: set gpusPerServer to 72), or latency is of no interest.',
  source: 'Megatron-LM (arXiv:1909.08053), section 3; bandwidths from the table of accelerators.',
  example: { model: 'Qwen3-32B', changes: {}, serving: { tensorParallel: 16 }, firesUnchanged: true },
  check,
};
