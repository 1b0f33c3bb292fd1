import { gpus, percent } from '../../format';
import type { Advice, ModelRule } from '../../rule';
import type { ModelSubject } from '../../subject';

function check(subject: ModelSubject): readonly Advice[] {
  const { expertParallel: degree, gpusPerServer } = subject.context.options.serving;
  if (degree === null || degree === 1) return [];
  const found = new Map<string, Advice>();
  for (const { ffn } of subject.architecture.groups)
    for (const block of ffn) {
      if (block.kind !== 'moe' || block.experts % degree === 0) continue;
      const path = block.origins.experts?.paths[0] ?? subject.textPath;
      found.set(path.join('/'), { path, message: messageOn(block.experts, degree, gpusPerServer) });
    }
  return [...found.values()];
}

/** The largest lower degree that divides the experts and takes whole servers, or even shares of one; 1 if none does. */
function evenDegree(experts: number, degree: number, gpusPerServer: number): number {
  const isPlaced = (n: number) => n % gpusPerServer === 0 || gpusPerServer % n === 0;
  for (let n = Math.min(degree - 1, experts); n > 1; n--) if (experts % n === 0 && isPlaced(n)) return n;
  return 1;
}

function messageOn(experts: number, degree: number, gpusPerServer: number): string {
  const fullest = Math.ceil(experts / degree);
  const mean = Number((experts / degree).toPrecision(3));
  const copies = fullest * degree - experts;
  const below = evenDegree(experts, degree, gpusPerServer);
  const held =
    fullest === 1
      ? `${gpus(degree - experts)} of them without any`
      : `the fullest GPU holds ${fullest} and the mean is ${mean}`;
  return `${experts} routed experts over EP ${degree}: ${held}, so with balanced routing the layer waits for ${percent((fullest * degree) / experts - 1)} more than the mean; ${below > 1 ? `EP ${below}, or ` : ''}copies of ${copies} busy experts even it out.`;
}

export const expertParallel: ModelRule = {
  of: 'model',
  code: 'hardware/expert-parallel',
  title: 'Experts that expert parallelism does not divide',
  severity: 'warning',
  what: 'Holds the number of routed experts against the configured expert parallelism: speaks where some accelerators hold more of them than others. Silent without a configured degree.',
  why: 'Each accelerator computes the experts that it holds, and the combine waits for the fullest: with balanced routing ceil(E / EP) * EP / E - 1 of the FFN’s time and memory is lost. Some engines (SGLang) refuse an uneven division.',
  ignoreWhen:
    'Busy experts are copied so that every accelerator holds as many (EPLB, DeepSeek’s redundant experts), or shared experts take the free places.',
  source:
    'DeepSeek-V3 report (arXiv:2412.19437), section 3.4: redundant experts; Step-3 report (arXiv:2507.19427), section 5.5.',
  example: { model: 'Qwen3-235B-A22B', changes: { num_experts: 100 }, serving: { expertParallel: 16 } },
  check,
};
