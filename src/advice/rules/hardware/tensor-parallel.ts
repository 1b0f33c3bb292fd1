import type { AttentionBlock, FfnBlock, Origin } from '../../../architecture';
import type { JsonPath } from '../../../protocol';
import { percent } from '../../format';
import type { Advice, ModelRule } from '../../rule';
import type { ModelSubject } from '../../subject';
import { gcd, roundUp, sizeFix } from './dims';

/** Something that tensor parallelism divides into whole parts. */
interface Divided {
  readonly what: string;
  readonly count: number;
  readonly origin: Origin | undefined;
  /** A width can be made a little larger; heads are a choice of another kind. */
  readonly isWidth?: true;
  /** Parts that may be copied: KV heads. */
  readonly mayCopy?: true;
}

function ofAttention(a: AttentionBlock): Divided[] {
  switch (a.kind) {
    case 'softmax':
      return [
        { what: 'query heads', count: a.queryHeads, origin: a.origins.queryHeads },
        ...(a.kvHeads === a.queryHeads
          ? []
          : [{ what: 'KV heads', count: a.kvHeads, origin: a.origins.kvHeads, mayCopy: true } as const]),
      ];
    case 'latent':
    case 'compressed':
      return [{ what: 'query heads', count: a.queryHeads, origin: a.origins.queryHeads }];
    case 'recurrent':
      // One head is a way to say that all channels are alike: those of Mamba, of short convolutions.
      return a.heads > 1 ? [{ what: `heads of ${a.variant}`, count: a.heads, origin: a.origins.heads }] : [];
  }
}

function ofFfn(ffn: FfnBlock, expertsWhole: boolean): Divided[] {
  if (ffn.kind === 'dense')
    return [
      { what: 'intermediate dims', count: ffn.intermediate, origin: ffn.origins.intermediate, isWidth: true },
    ];
  const { intermediate, sharedIntermediate, origins } = ffn;
  return [
    ...(expertsWhole
      ? []
      : [
          {
            what: 'intermediate dims of an expert',
            count: intermediate,
            origin: origins.intermediate,
            isWidth: true,
          } as const,
        ]),
    ...(sharedIntermediate > 0
      ? [
          {
            what: 'intermediate dims of the shared experts',
            count: sharedIntermediate,
            origin: origins.sharedIntermediate,
          },
        ]
      : []),
  ];
}

function check(subject: ModelSubject): readonly Advice[] {
  const { tensorParallel: degree, expertParallel } = subject.context.options.serving;
  if (degree === null || degree === 1) return [];
  const found = new Map<string, Advice>();
  for (const { attention, ffn } of subject.architecture.groups)
    for (const divided of [
      ...attention.flatMap(ofAttention),
      ...ffn.flatMap((block) => ofFfn(block, (expertParallel ?? 1) > 1)),
    ]) {
      const { count, mayCopy } = divided;
      if (count % degree === 0 || (mayCopy && degree % count === 0)) continue;
      const advice = adviceOn(divided, degree, subject);
      const key = `${advice.path.join('/')} ${divided.what} ${count}`;
      if (!found.has(key)) found.set(key, advice);
    }
  return [...found.values()];
}

function adviceOn({ what, count, origin, isWidth }: Divided, degree: number, subject: ModelSubject): Advice {
  const path: JsonPath = origin?.paths[0] ?? subject.textPath;
  const fullest = Math.ceil(count / degree);
  const up = roundUp(count, degree);
  const below = gcd(count, degree);
  const excess = (fullest * degree) / count - 1;
  return {
    path,
    message: `${count} ${what} can’t be shared out evenly over TP ${degree}: engines refuse it, and where they don’t the fullest GPU has ${fullest} and ${percent(excess)} more than its share; ${below > 1 ? `TP ${below} or ` : ''}${up} of them divide evenly.`,
    fixes: isWidth && origin?.paths.length === 1 ? sizeFix(subject, path, count, up) : [],
  };
}

export const tensorParallel: ModelRule = {
  of: 'model',
  code: 'hardware/tensor-parallel',
  title: 'Heads or widths that tensor parallelism does not divide',
  severity: 'warning',
  what: 'Holds query heads, KV heads, heads of recurrent mixers and the widths of dense FFNs, shared and routed experts against the configured tensor parallelism: each must be divisible by it. KV heads may also divide it, as they can be copied; routed experts are left out where expert parallelism is configured, as they then stay whole; latent ranks (MLA, MFA) are never divided. Silent without a configured degree.',
  why: 'Each accelerator takes n / TP heads and columns (Megatron-LM); a layer ends when the fullest does, so ceil(n / TP) * TP / n - 1 of the time is lost where an engine allows it at all: vLLM, SGLang and TensorRT-LLM stop with an error.',
  ignoreWhen: 'The model is served at another degree, or by an engine that pads heads and widths at load.',
  source:
    'Megatron-LM (arXiv:1909.08053), section 3; vLLM’s ModelConfig.verify_with_parallel_config and divide().',
  example: { model: 'Qwen3-32B', changes: { intermediate_size: 25700 }, serving: { tensorParallel: 8 } },
  check,
};
