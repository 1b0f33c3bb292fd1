import { BYTES_PER_ELEMENT } from '../../../cost';
import { percent } from '../../format';
import type { Advice, ModelRule } from '../../rule';
import type { ModelSubject } from '../../subject';
import { dimText, gemmsOf, keyOf, namesText, placeOf, roundUp, sizeFix, splitsBlock, type Dim } from './dims';

/** Rows of a weight matrix that one tensor-core tile takes at least: the M of Hopper's wgmma, 64. */
const TILE_ROWS = 64;
/** Bytes of a row that are brought in at a time: TMA's widest swizzle, and the alignment that NVIDIA's guide advises. */
const SLICE_BYTES = 128;
/** Bytes that a matrix's rows must be a multiple of for TMA to load them at all. */
const ALIGNMENT_BYTES = 16;
/** Losses below this share of a token's GEMM FLOPs are not worth a word. */
const LEAST_LOSS = 0.01;

interface Loss {
  readonly dim: Dim;
  readonly unit: number;
  readonly flops: number;
  readonly ownFlops: number;
  readonly names: readonly string[];
}

/** What padding to whole tiles and slices costs, by dimension. */
function losses(subject: ModelSubject): { readonly total: number; readonly byDim: readonly Loss[] } {
  const slice = SLICE_BYTES / BYTES_PER_ELEMENT[subject.context.options.precision];
  const byDim = new Map<string, Loss>();
  let total = 0;
  for (const { out, input, flops, name, block } of gemmsOf(subject)) {
    total += flops;
    for (const [dim, unit, blockSize] of [
      [out, TILE_ROWS, block?.[0]],
      [input, slice, block?.[1]],
    ] as const) {
      const { shard } = dim;
      if (shard === null || shard % unit === 0) continue;
      // Of these hardware/fp8-blocks speaks.
      if (blockSize !== undefined && splitsBlock(dim, blockSize)) continue;
      // Gate and up in one matrix have twice the width that stands in the config.
      const key = `${placeOf(dim, subject).join('/')}/${dim.degree}`;
      const known = byDim.get(key);
      byDim.set(key, {
        dim: known && keyOf(known.dim, subject) ? known.dim : dim,
        unit: Math.max(unit, known?.unit ?? 1),
        flops: (known?.flops ?? 0) + flops * (roundUp(shard, unit) / shard - 1),
        ownFlops: (known?.ownFlops ?? 0) + flops,
        names: [...(known?.names ?? []), name],
      });
    }
  }
  return { total, byDim: [...byDim.values()] };
}

function check(subject: ModelSubject): readonly Advice[] {
  const { precision } = subject.context.options;
  const { total, byDim } = losses(subject);
  const width = BYTES_PER_ELEMENT[precision];
  const isRagged = ({ whole, shard }: Dim) => ((shard ?? whole) * width) % ALIGNMENT_BYTES !== 0;
  return byDim
    .filter(({ dim, flops }) => flops >= LEAST_LOSS * total || isRagged(dim))
    .map(({ dim, unit, flops, ownFlops, names }): Advice => {
      const shard = dim.shard ?? dim.whole;
      const key = keyOf(dim, subject);
      const whole = roundUp(dim.whole, unit * dim.degree);
      return {
        path: placeOf(dim, subject),
        message: `${dimText(dim, subject)} is ${Number((shard / unit).toFixed(2))} times ${unit}, the step of Hopper’s tensor cores at ${precision.toUpperCase()}: padding adds ${percent(flops / ownFlops)} to the work in ${namesText(names)}, ${percent(flops / total)} to a token’s GEMM FLOPs${isRagged(dim) ? `, and rows of ${shard * width} bytes, no multiple of ${ALIGNMENT_BYTES}, must be padded to be loaded at all` : ''}; ${whole} needs none.`,
        fixes: key ? sizeFix(subject, key, dim.whole, whole) : [],
      };
    });
}

export const tensorCoreTiles: ModelRule = {
  of: 'model',
  code: 'hardware/tensor-core-tiles',
  title: 'Dims that miss tensor-core tiles',
  severity: 'information',
  what: 'Looks at every GEMM of attention and FFN, divided as the configured tensor parallelism divides it: are its output rows a multiple of 64 and its inner dim one of 128 bytes (64 values of BF16, 128 of FP8 or INT8)? Speaks where padding one dim costs 1% of a token’s GEMM FLOPs or more, or where its rows are no multiple of the 16 bytes that loads are aligned to.',
  why: 'A tensor core works on whole tiles: what a dim lacks to the next multiple is multiplied all the same, as zeros. With f(n) = ceil(n / unit) * unit, a GEMM does f(n) / n times its FLOPs; no kernel does less, and with larger tiles more is lost. FP8 kernels with block scales go further: DeepGEMM takes output dims of multiples of 64 and inner dims of multiples of 128 only. Rows that are no multiple of 16 bytes are refused by TMA and by cuBLAS’s FP8 GEMMs.',
  ignoreWhen:
    'The model decodes at batches so small that weights are read slower than they are multiplied; the engine pads the weights once at load (vLLM does for MXFP4); or the target is another than Hopper.',
  source:
    'NVIDIA, Matrix Multiplication Background User’s Guide, sections on tensor-core requirements and tile quantization (multiples of 128 bytes from A100 on); PTX ISA, wgmma: M 64, K 32 bytes, N in steps of 8; DeepGEMM’s check of shapes.',
  example: { model: 'Qwen3-235B-A22B', changes: { moe_intermediate_size: 1344 } },
  check,
};
