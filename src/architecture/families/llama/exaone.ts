import { denseFfn } from '../../blocks';
import type { Expression } from '../../expression';
import type { ClassDefaults } from '../../reader';
import { norms } from '../../tensors';
import type { AttentionBlock, MtpLayers } from '../../types';
import { layer, type Family, type FamilyInput } from '../decoder';
import { exaoneMtp } from '../moe';
import { llamaLike } from './variant';
import { exaoneWindow } from './window';

/** Exaone4Config. */
const EXAONE4: ClassDefaults = {
  vocab_size: 102_400,
  hidden_size: 4096,
  intermediate_size: 16_384,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  num_key_value_heads: 32,
  sliding_window: 4096,
};

/** EXAONE 4 norms what comes out of attention and FFN instead of what goes in. */
const postNorms = (hidden: Expression) =>
  norms(['post_attention_layernorm', 'post_feedforward_layernorm'], hidden);

/** EXAONE 4.5 has K-EXAONE's MTP layers (vLLM's exaone4_5_mtp.py); its wrapper may count them at the root. */
function mtp({ root, text }: FamilyInput, hidden: Expression, attention: AttentionBlock): MtpLayers | null {
  const ffn = denseFfn(hidden, { intermediate: text.size('intermediate_size') });
  const holder = text.has('num_nextn_predict_layers') ? text : root;
  return exaoneMtp({ text: holder, hidden, layerWith: () => layer(attention, ffn, postNorms(hidden)) });
}

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
      mtp,
    },
  ),
];
