import { norms } from '../../tensors';
import type { Family } from '../decoder';
import { LLAMA, mlpBiasBy } from './llama';
import { biasBy, llamaLike } from './variant';

/** InternLM 1 to 3, from the modelling files of the models' repositories. */
export const internlmFamilies: readonly Family[] = [
  // `bias` is on q, k, v and o; the FFN has none.
  llamaLike(
    { name: 'InternLM', types: ['internlm'], classes: ['InternLMForCausalLM'], schema: 'internlm' },
    { defaults: { ...LLAMA, vocab_size: 103_168, bias: true }, attention: biasBy('bias') },
  ),
  llamaLike(
    {
      name: 'InternLM2',
      types: ['internlm2'],
      classes: ['InternLM2ForCausalLM', 'InternLM2ForRewardModel', 'InternLM2Model'],
      schema: 'internlm',
    },
    {
      defaults: { ...LLAMA, vocab_size: 103_168, bias: true },
      attention: (text) => ({
        ...biasBy('bias')(text),
        prefix: 'attention.',
        names: { qkv: 'wqkv', o: 'wo' },
      }),
      dense: () => ({ prefix: 'feed_forward', names: { gate: 'w1', up: 'w3', down: 'w2' } }),
      norms: (hidden) => norms(['attention_norm', 'ffn_norm'], hidden),
      ends: () => ({ names: { embedding: 'tok_embeddings', head: 'output' } }),
    },
  ),
  // `qkv_bias` is on q, k and v, `bias` on o and the FFN.
  llamaLike(
    { name: 'InternLM3', types: ['internlm3'], classes: ['InternLM3ForCausalLM'], schema: 'internlm' },
    {
      defaults: { ...LLAMA, vocab_size: 128_512, num_key_value_heads: 32 },
      attention: (text) => ({
        bias: { qkv: text.flag('qkv_bias', false).value, o: text.flag('bias', false).value },
      }),
      dense: mlpBiasBy('bias'),
    },
  ),
];
