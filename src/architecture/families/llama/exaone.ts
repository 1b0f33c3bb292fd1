import { denseFfn } from '../../blocks';
import { product, type Expression } from '../../expression';
import type { ClassDefaults } from '../../reader';
import { matrix, norms } from '../../tensors';
import type { AttentionBlock, MtpLayers } from '../../types';
import { layer, twoNorms, type Family, type FamilyInput } from '../decoder';
import { expertsByTypes, sharedOf } from './ffn';
import { llamaLike } from './variant';
import { exaoneWindow } from './window';

/** Exaone4Config, which ExaoneMoeConfig repeats. */
const EXAONE4: ClassDefaults = {
  vocab_size: 102_400,
  hidden_size: 4096,
  intermediate_size: 16_384,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  num_key_value_heads: 32,
  sliding_window: 4096,
  sliding_window_pattern: 4,
};

/** EXAONE 4 norms what comes out of attention and FFN instead of what goes in. */
const postNorms = (hidden: Expression) =>
  norms(['post_attention_layernorm', 'post_feedforward_layernorm'], hidden);

/**
 * MTP layers of EXAONE 4.5 and EXAONE MoE (vLLM's exaone_moe_mtp.py): a layer with a dense FFN each; projection and three
 * norms once. 4.5's wrapper counts them at the root.
 */
const exaoneMtp =
  (layerNorms: (hidden: Expression) => ReturnType<typeof norms>) =>
  ({ root, text }: FamilyInput, hidden: Expression, attention: AttentionBlock): MtpLayers | null => {
    const key = 'num_nextn_predict_layers';
    const count = text.optionalSize(key, 0) ?? root.optionalSize(key, 0);
    if (!count || count.value === 0) return null;
    const ffn = denseFfn(hidden, { intermediate: text.size('intermediate_size') });
    return {
      count: count.value,
      origin: count.origin,
      layer: layer(attention, ffn, layerNorms(hidden)),
      extra: [],
      once: [
        matrix('fc', 'mtp', hidden, product(2, hidden)),
        ...norms(['norm', 'pre_fc_norm_hidden', 'pre_fc_norm_embedding'], hidden),
      ],
      storesEnds: false,
    };
  };

export const exaoneFamilies: readonly Family[] = [
  // 3.0 and 3.5: GPT-2's names of keys and modules (configuration_exaone.py of the model's repository).
  llamaLike(
    {
      name: 'EXAONE 3',
      types: ['exaone'],
      classes: ['ExaoneForCausalLM'],
      schema: 'exaone',
      aliases: { num_hidden_layers: ['num_layers'] },
    },
    {
      defaults: {
        vocab_size: 102_400,
        hidden_size: 2048,
        num_hidden_layers: 32,
        num_attention_heads: 32,
        tie_word_embeddings: true,
      },
      attention: () => ({ prefix: 'attn.attention.', names: { o: 'out_proj' } }),
      dense: () => ({ names: { gate: 'c_fc_0', up: 'c_fc_1', down: 'c_proj' } }),
      norms: (hidden) => norms(['ln_1', 'ln_2'], hidden),
      ends: () => ({ names: { embedding: 'wte', norm: 'ln_f' } }),
    },
  ),
  llamaLike(
    {
      name: 'EXAONE 4',
      types: ['exaone4', 'exaone4_5_text', 'exaone4_5'],
      classes: ['Exaone4ForCausalLM'],
      schema: 'exaone',
    },
    {
      defaults: EXAONE4,
      attention: () => ({ qkNorm: 'head' }),
      window: exaoneWindow,
      norms: postNorms,
      mtp: exaoneMtp(postNorms),
    },
  ),
  llamaLike(
    {
      name: 'EXAONE MoE',
      types: ['exaone_moe'],
      classes: ['ExaoneMoeForCausalLM', 'ExaoneMoEForCausalLM'],
      schema: 'exaone',
      aliases: { first_k_dense_replace: ['first_last_k_dense_replace'] },
    },
    {
      defaults: {
        ...EXAONE4,
        moe_intermediate_size: 1024,
        num_experts: 64,
        num_experts_per_tok: 8,
        num_shared_experts: 1,
        first_k_dense_replace: 1,
      },
      attention: () => ({ qkNorm: 'head' }),
      window: exaoneWindow,
      experts: expertsByTypes((text) => {
        const width = text.size('moe_intermediate_size');
        return {
          experts: text.size('num_experts'),
          topK: text.size('num_experts_per_tok'),
          intermediate: width,
          sharedIntermediate: sharedOf(text, 'num_shared_experts', width),
          correctionBias: true,
        };
      }),
      mtp: exaoneMtp(twoNorms),
    },
  ),
];
