import type { ClassDefaults } from '../../reader';
import type { Family } from '../decoder';
import { expertsEverywhere } from './ffn';
import { llamaLike } from './variant';
import { slidingEverywhere } from './window';

/** MistralConfig; its projections never have biases. */
const MISTRAL: ClassDefaults = {
  vocab_size: 32_000,
  hidden_size: 4096,
  intermediate_size: 14_336,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  num_key_value_heads: 8,
};

export const mistralFamilies: readonly Family[] = [
  llamaLike(
    {
      name: 'Mistral',
      types: ['mistral', 'ministral', 'llava_mistral', 'mistral3', 'idefics2', 'voxtral_realtime_text'],
      classes: ['MistralForCausalLM', 'MistralModel', 'MinistralForCausalLM', 'LlavaMistralForCausalLM'],
    },
    { defaults: { ...MISTRAL, sliding_window: 4096 }, window: slidingEverywhere },
  ),
  llamaLike(
    { name: 'Ministral 3', types: ['ministral3'], classes: ['Ministral3ForCausalLM'] },
    {
      defaults: { ...MISTRAL, vocab_size: 131_072, num_hidden_layers: 34, head_dim: 128 },
      window: slidingEverywhere,
    },
  ),
  llamaLike(
    { name: 'Mixtral', types: ['mixtral'], classes: ['MixtralForCausalLM', 'MixtralModel'] },
    {
      defaults: { ...MISTRAL, num_local_experts: 8, num_experts_per_tok: 2 },
      window: slidingEverywhere,
      experts: expertsEverywhere((text) => ({
        experts: text.size(['num_local_experts', 'num_experts']),
        topK: text.size('num_experts_per_tok'),
        intermediate: text.size('intermediate_size'),
        prefix: 'block_sparse_moe',
        names: { gate: 'w1', up: 'w3', down: 'w2' },
      })),
    },
  ),
];
