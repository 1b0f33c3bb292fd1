import type { Expression } from '../expression';
import type { ConfigReader } from '../reader';
import { matrix, symbol } from '../tensors';
import type { Tensor } from '../types';
import type { Family } from './decoder';
import { readDeepSeek } from './deepseek';

/**
 * A.X K2 (transformers' axk2): DeepSeek-V3.2's layout, queries and a gate of the attention's output from one matrix, and
 * norms with a gate of their own.
 */

/** Norms whose output is multiplied with a low-rank gate of the input; before dense FFNs a plain one. */
function gatedNorms(text: ConfigReader, hidden: Expression, hasExperts: boolean): Tensor[] {
  const rank = symbol('r_gate', text.size('gated_norm_rank'));
  return ['input_layernorm', ...(hasExperts ? ['post_attention_layernorm'] : [])].flatMap((name) => [
    matrix(`${name}.mlp.fc1`, 'other', rank, hidden),
    matrix(`${name}.mlp.fc2`, 'other', hidden, rank),
  ]);
}

export const axk2Families: readonly Family[] = [
  {
    name: 'A.X K2',
    types: ['axk2', 'AXK2'],
    classes: ['AXK2ForCausalLM'],
    schema: 'mla',
    defaults: {
      vocab_size: 163_840,
      hidden_size: 2048,
      intermediate_size: 5120,
      num_hidden_layers: 48,
      num_attention_heads: 32,
      q_lora_rank: 384,
      kv_lora_rank: 128,
      qk_nope_head_dim: 64,
      qk_rope_head_dim: 32,
      v_head_dim: 64,
      n_routed_experts: 128,
      num_experts_per_tok: 8,
      moe_intermediate_size: 512,
      n_shared_experts: 1,
      first_k_dense_replace: 1,
      index_n_heads: 16,
      index_head_dim: 128,
      index_topk: 2048,
      gated_norm_rank: 16,
    },
    read: readDeepSeek({
      correctionBias: 'always',
      queryGate: true,
      layerExtra: gatedNorms,
    }),
  },
];
