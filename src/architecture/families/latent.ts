import { latentAttention, type LatentSpec } from '../blocks';
import type { Expression } from '../expression';
import { given, type ConfigReader, type Field } from '../reader';
import type { LatentBlock } from '../types';

/** What a config class assumes of the keys of latent attention that its files leave out. */
export interface LatentDefaults {
  readonly heads?: number;
  readonly queryRank?: number;
  readonly kvRank?: number;
  readonly nopeDim?: number;
  readonly ropeDim?: number;
  /** Absent: hidden over heads. */
  readonly valueDim?: number;
}

/** DeepseekV2Config and DeepseekV3Config of transformers. */
export const DEEPSEEK_LATENT = { queryRank: 1536, kvRank: 512, nopeDim: 128, ropeDim: 64, valueDim: 128 };

/** MLA under DeepSeek's keys. */
export function readLatent(
  text: ConfigReader,
  hidden: Expression,
  defaults: LatentDefaults = DEEPSEEK_LATENT,
  rest: Partial<LatentSpec> = {},
): LatentBlock {
  const queryHeads = text.size('num_attention_heads', defaults.heads);
  return latentAttention(hidden, {
    queryHeads,
    queryRank: readQueryRank(text, defaults),
    kvRank: text.size('kv_lora_rank', defaults.kvRank),
    nopeDim: text.size('qk_nope_head_dim', defaults.nopeDim),
    ropeDim: text.size('qk_rope_head_dim', defaults.ropeDim),
    valueDim: text.size('v_head_dim', defaults.valueDim ?? perHead(hidden, queryHeads)),
    bias: text.flag('attention_bias', false).value,
    ...rest,
  });
}

/** Null means one full query matrix; the absent key has the class default. */
export const readQueryRank = (text: ConfigReader, defaults: LatentDefaults): Field<number | null> =>
  text.raw('q_lora_rank') === null || (defaults.queryRank === undefined && !text.has('q_lora_rank'))
    ? given(null)
    : text.size('q_lora_rank', defaults.queryRank);

const perHead = (hidden: Expression, heads: Field<number>): Field<number> => ({
  value: Math.max(1, Math.floor(hidden.value / heads.value)),
  origin: { ...heads.origin, note: 'v_head_dim is not given: hidden_size / num_attention_heads' },
});
