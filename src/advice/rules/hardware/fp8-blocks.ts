import { percent } from '../../format';
import type { Advice, ModelRule } from '../../rule';
import type { ModelSubject } from '../../subject';
import { dimText, gemmsOf, keyOf, namesText, placeOf, roundUp, sizeFix, splitsBlock, type Dim } from './dims';

interface Misfit {
  readonly dim: Dim;
  readonly block: number;
  readonly isRouted: boolean;
  readonly names: readonly string[];
}

/** Shares of matrices that hold no whole number of blocks. */
function misfits(subject: ModelSubject): readonly Misfit[] {
  const byDim = new Map<string, Misfit>();
  for (const { name, out, input, isRouted, block } of gemmsOf(subject)) {
    if (!block) continue;
    for (const [dim, size] of [
      [out, block[0]],
      [input, block[1]],
    ] as const) {
      if (!splitsBlock(dim, size)) continue;
      const key = `${placeOf(dim, subject).join('/')}=${dim.whole}/${dim.degree}`;
      const known = byDim.get(key);
      byDim.set(key, {
        dim,
        block: size,
        isRouted: isRouted && (known?.isRouted ?? true),
        names: [...(known?.names ?? []), name],
      });
    }
  }
  return [...byDim.values()];
}

function check(subject: ModelSubject): readonly Advice[] {
  return misfits(subject).map(({ dim, block, isRouted, names }): Advice => {
    const { whole, degree } = dim;
    const shard = dim.shard ?? whole;
    const padded = roundUp(shard, block);
    const fitting = largestDegree(whole, degree, block);
    const key = keyOf(dim, subject);
    const to = roundUp(whole, block * degree);
    const remedies = [
      ...(fitting > 1 ? [`TP ${fitting}`] : []),
      ...(isRouted ? ['expert parallelism'] : []),
      `a width of ${to}`,
    ];
    return {
      path: placeOf(dim, subject),
      message: `${dimText(dim, subject)} is no whole number of the checkpoint’s blocks of ${block}: engines refuse ${namesText(names)} or pad them to ${padded}, ${percent(padded / shard - 1)} more weights and work; ${anyOf(remedies)} keeps blocks whole.`,
      fixes: key ? sizeFix(subject, key, whole, to) : [],
    };
  });
}

/** The largest degree that divides this one and leaves whole blocks on every accelerator; 1 if none does. */
function largestDegree(whole: number, degree: number, block: number): number {
  for (let parts = Math.floor(degree / 2); parts > 1; parts--)
    if (degree % parts === 0 && whole % (parts * block) === 0) return parts;
  return 1;
}

const anyOf = (words: readonly string[]): string =>
  words.length > 1 ? `${words.slice(0, -1).join(', ')} or ${words.at(-1) ?? ''}` : (words[0] ?? '');

export const fp8Blocks: ModelRule = {
  of: 'model',
  code: 'hardware/fp8-blocks',
  title: 'Shares of matrices that split FP8 blocks',
  severity: 'warning',
  what: 'At the configured tensor parallelism, looks at the share of each matrix that one accelerator holds: is it a whole number of the blocks (usually 128 x 128) that share an FP8 scale? Blocks are those of the config’s own quantization: a config without one may be quantized in another way, and is left to hardware/tensor-core-tiles. Silent without configured tensor parallelism.',
  why: 'A block has one scale and can’t be divided between accelerators: vLLM and SGLang stop with “is not divisible by weight quantization block_n”, or pad every share to ceil(n / TP / 128) * 128, which costs that much more memory and work. Qwen3-235B-A22B-FP8, with experts of 1536 / 8 = 192, is the known case.',
  ignoreWhen:
    'Experts are placed whole (expert parallelism: set that degree), or the checkpoint has other scales than blocks.',
  source:
    'DeepSeek-V3 report (arXiv:2412.19437), section 3.3.2: weights scaled by 128 x 128 blocks; vLLM’s validate_fp8_block_shape, issue vllm-project/vllm#52997.',
  example: {
    model: 'DeepSeek-V3',
    changes: {
      moe_intermediate_size: 1536,
      quantization_config: { quant_method: 'fp8', weight_block_size: [128, 128] },
    },
    serving: { tensorParallel: 8 },
  },
  check,
};
