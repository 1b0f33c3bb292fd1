import { latentAttention, type LatentSpec } from '../blocks';
import type { Expression } from '../expression';
import { given, type ConfigReader, type Field } from '../reader';
import type { LatentBlock } from '../types';

/** DeepseekV2Config and DeepseekV3Config of transformers. */
export const DEEPSEEK_LATENT = {
  q_lora_rank: 1536,
  kv_lora_rank: 512,
  qk_nope_head_dim: 128,
  qk_rope_head_dim: 64,
  v_head_dim: 128,
};

/** MLA under DeepSeek's keys. */
export function readLatent(
  text: ConfigReader,
  hidden: Expression,
  rest: Partial<LatentSpec> = {},
): LatentBlock {
  const queryHeads = text.size('num_attention_heads');
  return latentAttention(hidden, {
    queryHeads,
    queryRank: readQueryRank(text),
    kvRank: text.size('kv_lora_rank'),
    nopeDim: text.size('qk_nope_head_dim'),
    ropeDim: text.size('qk_rope_head_dim'),
    valueDim: text.size('v_head_dim', perHead(hidden, queryHeads)),
    bias: text.flag('attention_bias', false).value,
    ...rest,
  });
}

/** Null means one full query matrix, as 0 does in DeepSeek's reference code; the absent key has the class default. */
export function readQueryRank(text: ConfigReader): Field<number | null> {
  const rank = text.optionalSize('q_lora_rank', 0);
  return rank && rank.value > 0 ? rank : given(null, rank?.origin);
}

const perHead = (hidden: Expression, heads: Field<number>): Field<number> => ({
  value: Math.max(1, Math.floor(hidden.value / heads.value)),
  origin: { ...heads.origin, note: 'v_head_dim is not given: hidden_size / num_attention_heads' },
});
