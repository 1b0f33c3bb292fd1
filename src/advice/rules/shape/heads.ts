import { replace } from '../../../architecture';
import type { ModelRule } from '../../rule';
import { softmaxBlocks } from './keys';

/** Real models lie between 0.5 (a few small heads) and 3.2 (wide heads on a narrow stream). */
const USUAL = { least: 0.5, most: 4 } as const;

/** An explicit width of heads far from what hidden size and heads give. */
export const headDim: ModelRule = {
  of: 'model',
  code: 'shape/head-dim',
  title: 'Head dim far from hidden size over heads',
  severity: 'information',
  what: 'Looks at a stated `head_dim` and speaks where all query heads together are more than 4 times as wide as the hidden size, or less than half of it. Models with heads wider than hidden size over heads by design (Qwen3, Gemma, Mistral-Nemo) stay below that.',
  why: '`q_proj` and `o_proj` hold heads * head_dim * hidden elements each, and the KV cache 2 * KV heads * head_dim a token and layer: a head dim that was changed without the heads, or the other way round, multiplies both.',
  ignoreWhen: 'The width of the heads is a result of an ablation.',
  source:
    'Modelling code of Llama and its kin in transformers: `head_dim` defaults to hidden_size / num_attention_heads.',
  example: { model: 'Qwen3-32B', changes: { head_dim: 512 } },
  check: (subject) =>
    softmaxBlocks(subject).flatMap(({ queryHeads, headDim: dim, queryRank, origins }) => {
      const path = origins.headDim?.paths[0];
      const { hidden } = subject.architecture.model;
      const ratio = (queryHeads * dim) / hidden;
      if (path?.at(-1) !== 'head_dim' || queryRank !== null) return [];
      if (ratio >= USUAL.least && ratio <= USUAL.most) return [];
      const derived = hidden / queryHeads;
      const times = Number(ratio.toPrecision(3));
      return [
        {
          path,
          message: `${queryHeads} heads of ${dim} make ${queryHeads * dim}, ${times} times the hidden size ${hidden}: hidden size over heads would be ${Number(derived.toPrecision(6))}.`,
          fixes: Number.isInteger(derived)
            ? [replace({ path, from: dim, to: derived, because: 'hidden size over heads' })]
            : [],
        },
      ];
    }),
};
