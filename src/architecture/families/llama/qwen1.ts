import type { ConfigReader, Field } from '../../reader';
import { norms } from '../../tensors';
import type { Family } from '../decoder';
import { llamaLike } from './variant';

/** `intermediate_size` counts gate and up together. */
const half = ({ value, origin }: Field<number>): Field<number> => ({
  value: Math.max(1, Math.floor(value / 2)),
  origin: { ...origin, note: 'intermediate_size counts gate and up together: half of it each' },
});

/** All but the bias of c_attn, which is always there. */
const hasBias = (text: ConfigReader) => !text.flag('no_bias', true).value;

/** The first Qwen (modeling_qwen.py of the models' repositories), and Qwen-VL, which has its keys. */
export const qwen1Families: readonly Family[] = [
  llamaLike(
    {
      name: 'Qwen',
      types: ['qwen'],
      classes: ['QWenLMHeadModel'],
      schema: 'qwen1',
      aliases: { head_dim: ['kv_channels'] },
    },
    {
      defaults: {
        vocab_size: 151_936,
        hidden_size: 4096,
        intermediate_size: 22_016,
        num_hidden_layers: 32,
        num_attention_heads: 32,
        head_dim: 128,
      },
      attention: (text) => ({
        prefix: 'attn.',
        names: { qkv: 'c_attn', o: 'c_proj' },
        bias: { qkv: true, o: hasBias(text) },
      }),
      dense: (text, intermediate) => ({
        intermediate: half(intermediate),
        bias: hasBias(text),
        names: { gate: 'w2', up: 'w1', down: 'c_proj' },
      }),
      norms: (hidden) => norms(['ln_1', 'ln_2'], hidden),
      ends: () => ({ names: { embedding: 'wte', norm: 'ln_f' } }),
    },
  ),
];
