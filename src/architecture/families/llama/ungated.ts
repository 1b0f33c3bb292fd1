import { constant } from '../../expression';
import type { ConfigReader } from '../../reader';
import { norms, symbol, vector } from '../../tensors';
import type { Family } from '../decoder';
import { layerNorms, LLAMA, mlpBiasBy } from './llama';
import { biasBy, llamaLike } from './variant';

/** An FFN of two matrices and an activation without a gate. */
const ungated = (text: ConfigReader) => ({ ...mlpBiasBy('mlp_bias')(text), gated: false });

export const ungatedFamilies: readonly Family[] = [
  // ReLU squared has no gate.
  llamaLike(
    { name: 'Arcee', types: ['arcee'], classes: ['ArceeForCausalLM'] },
    {
      defaults: { ...LLAMA, hidden_size: 2560, intermediate_size: 18_432 },
      attention: biasBy('attention_bias'),
      dense: ungated,
    },
  ),
  // xIELU has two learned scalars a layer; its beta and eps are saved beside them, but learned by nobody.
  llamaLike(
    { name: 'Apertus', types: ['apertus'], classes: ['ApertusForCausalLM'] },
    {
      defaults: { ...LLAMA, vocab_size: 131_072, intermediate_size: 14_336 },
      attention: (text) => ({ ...biasBy('attention_bias')(text), qkNorm: 'head' }),
      dense: () => ({
        gated: false,
        extra: [
          vector('mlp.act_fn.alpha_p', 'denseFfn', constant(1)),
          vector('mlp.act_fn.alpha_n', 'denseFfn', constant(1)),
        ],
      }),
      norms: (hidden) => norms(['attention_layernorm', 'feedforward_layernorm'], hidden),
      storedOnly: (_input, _headDim, layers) =>
        ['beta', 'eps'].map((name) =>
          vector(`mlp.act_fn.${name}`, 'other', constant(1), { copies: symbol('L', layers) }),
        ),
    },
  ),
  llamaLike(
    { name: 'Jais 2', types: ['jais2'], classes: ['Jais2ForCausalLM'] },
    {
      defaults: {
        vocab_size: 150_272,
        hidden_size: 3328,
        intermediate_size: 26_624,
        num_hidden_layers: 32,
        num_attention_heads: 26,
        attention_bias: true,
        mlp_bias: true,
      },
      attention: biasBy('attention_bias'),
      dense: (text) => ({ ...mlpBiasBy('mlp_bias')(text), gated: false }),
      norms: layerNorms,
      ends: () => ({ finalNorm: 'layer' }),
    },
  ),
  llamaLike(
    {
      name: 'Cosmos 3 Edge',
      types: ['cosmos3_edge_text', 'cosmos3_edge'],
      classes: ['Cosmos3EdgeForConditionalGeneration'],
    },
    {
      defaults: {
        vocab_size: 131_072,
        hidden_size: 2048,
        intermediate_size: 9216,
        num_hidden_layers: 28,
        num_attention_heads: 16,
        num_key_value_heads: 8,
        head_dim: 128,
      },
      attention: biasBy('attention_bias'),
      dense: (text) => ({ ...ungated(text), names: { up: 'fc1', down: 'fc2' } }),
    },
  ),
  // Norms of queries, keys and layers have no weights.
  llamaLike(
    { name: 'NanoChat', types: ['nanochat'], classes: ['NanoChatForCausalLM'] },
    {
      defaults: {
        vocab_size: 50_304,
        hidden_size: 768,
        intermediate_size: 8192,
        num_hidden_layers: 12,
        num_attention_heads: 6,
      },
      attention: biasBy('attention_bias'),
      dense: () => ({ gated: false, names: { up: 'fc1', down: 'fc2' } }),
      norms: () => [],
      ends: () => ({ finalNorm: 'none' }),
    },
  ),
];
