import type { MoeSpec } from '../../blocks';
import { given, type ClassDefaults, type ConfigReader } from '../../reader';
import type { Family } from '../decoder';
import { expertsEverywhere } from './ffn';
import { LLAMA, mlpBiasBy } from './llama';
import { biasBy, llamaLike, type AttentionTraits } from './variant';
import { slidingByTypes } from './window';

/** GraniteMoeConfig: experts as one array a layer, shared ones beside them if `shared_intermediate_size` is above 0. */
const graniteExperts = expertsEverywhere((text): MoeSpec => ({
  experts: text.size('num_local_experts'),
  topK: text.size('num_experts_per_tok'),
  intermediate: text.size('intermediate_size'),
  sharedIntermediate: text.optionalSize('shared_intermediate_size', 0) ?? given(0),
  prefix: '',
  routerName: 'block_sparse_moe.router.layer',
  expertsName: 'block_sparse_moe',
  sharedName: 'shared_mlp',
  names: { gateUp: 'input_linear', down: 'output_linear' },
}));

/** Every fourth layer attends to everything; each head has a sink. */
const granitesWindow = slidingByTypes((i) => i % 4 !== 0);
const withSinks = (text: ConfigReader): AttentionTraits => ({
  ...biasBy('attention_bias')(text),
  sinks: true,
});

const GRANITE_SWA: ClassDefaults = {
  vocab_size: 100_352,
  hidden_size: 2560,
  intermediate_size: 8192,
  num_hidden_layers: 24,
  num_attention_heads: 20,
  num_key_value_heads: 4,
  tie_word_embeddings: true,
  sliding_window: 128,
};
const GRANITE_MOE: ClassDefaults = { ...LLAMA, num_local_experts: 8, num_experts_per_tok: 2 };

/** Granite's multipliers of embedding, attention, residual and logits have no weights. */
export const graniteFamilies: readonly Family[] = [
  llamaLike(
    { name: 'Granite', types: ['granite'], classes: ['GraniteForCausalLM'], schema: 'granite' },
    { defaults: LLAMA, attention: biasBy('attention_bias'), dense: mlpBiasBy('mlp_bias') },
  ),
  llamaLike(
    {
      name: 'Granite SWA',
      types: ['granite_swa'],
      classes: ['GraniteSWAForCausalLM'],
      schema: 'granite',
    },
    { defaults: GRANITE_SWA, attention: withSinks, dense: mlpBiasBy('mlp_bias'), window: granitesWindow },
  ),
  llamaLike(
    {
      name: 'Granite MoE',
      types: ['granitemoe', 'granitemoeshared'],
      classes: ['GraniteMoeForCausalLM', 'GraniteMoeSharedForCausalLM'],
      schema: 'granite',
    },
    { defaults: GRANITE_MOE, attention: biasBy('attention_bias'), experts: graniteExperts },
  ),
  llamaLike(
    {
      name: 'Granite MoE SWA',
      types: ['granitemoe_swa'],
      classes: ['GraniteMoeSWAForCausalLM'],
      schema: 'granite',
    },
    {
      defaults: { ...GRANITE_MOE, sliding_window: 128 },
      attention: withSinks,
      window: granitesWindow,
      experts: graniteExperts,
    },
  ),
];
