import { denseFfn, endsOf, softmaxAttention } from '../../blocks';
import { product } from '../../expression';
import { given, groupLayers, type ConfigReader } from '../../reader';
import { symbol, vector } from '../../tensors';
import {
  checkSharing,
  hiddenOf,
  layer,
  memo,
  noteAssumedSizes,
  readModel,
  twoNorms,
  type Family,
  type FamilyReader,
} from '../decoder';
import { expertsIfAny, sharedOf } from './ffn';
import { LLAMA } from './llama';
import { rotaryFrequencies } from './stored';
import { llamaLike } from './variant';

/** Head counts of full layers, or under keys of their own of sliding ones; the width of a head follows from them. */
function readM1Heads(text: ConfigReader, isSliding: boolean) {
  const full = {
    queryHeads: text.size('num_attention_heads'),
    kvHeads: text.size('num_key_value_heads', text.size('num_attention_heads')),
  };
  const { queryHeads, kvHeads } = isSliding
    ? {
        queryHeads: text.size('num_swa_attention_heads', full.queryHeads),
        kvHeads: text.size('num_swa_key_value_heads', full.kvHeads),
      }
    : full;
  checkSharing(text, queryHeads, kvHeads);
  const hidden = text.size('hidden_size');
  const headDim = given(Math.max(1, Math.floor(hidden.value / queryHeads.value)), {
    paths: [...hidden.origin.paths, ...queryHeads.origin.paths],
    note: 'hidden_size over the query heads of these layers',
  });
  return { queryHeads, kvHeads, headDim };
}

/**
 * Baichuan-M1 (modeling_baichuan.py of its repository): sliding layers with head counts of their own, and a causal
 * convolution of two taps over keys and values of every head, whose last inputs are kept beside the cache.
 */
const readBaichuanM1: FamilyReader = (input) => {
  const { text } = input;
  const layers = text.layers();
  const model = readModel(input, layers, false);
  const hidden = hiddenOf(model);
  const window = { kind: 'sliding' as const, size: text.size('sliding_window') };
  const taps = text.size('conv_window', 2);
  const attentionOf = memo((isSliding: boolean) => {
    const heads = readM1Heads(text, isSliding);
    const kernel = product(symbol('n_kv', heads.kvHeads), symbol('taps', taps));
    return softmaxAttention(hidden, {
      ...heads,
      window: isSliding ? window : null,
      names: { qkv: 'W_pack' },
      extra: ['conv_k', 'conv_v'].map((name) => vector(`self_attn.${name}`, 'attention', kernel)),
    });
  });
  const ffn = denseFfn(hidden, { intermediate: text.size('intermediate_size') });
  const extra = twoNorms(hidden);
  const sliding = new Set(text.list('sliding_window_layers') ?? []);
  noteAssumedSizes(text, ['hidden_size']);
  const groups = groupLayers(layers, { attention: text.originOf('sliding_window_layers') }, (i) =>
    layer(attentionOf(sliding.has(i)), ffn, extra),
  );
  return { model, groups, ends: endsOf(model) };
};

/** From the modelling files of the models' repositories. */
export const baichuanFamilies: readonly Family[] = [
  // 1 and 2, 7B with rotary positions and 13B with ALiBi: all multi-head attention. 2's normed head has no other weights.
  llamaLike(
    {
      name: 'Baichuan',
      types: ['baichuan'],
      classes: ['BaichuanForCausalLM', 'BaiChuanForCausalLM'],
      schema: 'baichuan',
    },
    {
      defaults: { ...LLAMA, vocab_size: 125_696 },
      attention: () => ({ names: { qkv: 'W_pack' } }),
    },
  ),
  {
    name: 'Baichuan-M1',
    types: ['baichuan_m1'],
    classes: ['BaichuanM1ForCausalLM'],
    schema: 'baichuan',
    read: readBaichuanM1,
  },
  // With `num_experts` experts of the FFN's width in every layer, and shared ones as one MLP (XVERSE-MoE).
  llamaLike(
    { name: 'XVERSE', types: ['xverse'], classes: ['XverseForCausalLM'], schema: 'baichuan' },
    {
      defaults: { ...LLAMA, vocab_size: 100_278 },
      storedOnly: rotaryFrequencies,
      experts: expertsIfAny('num_experts', (text) => {
        const width = text.size('intermediate_size');
        return {
          experts: text.size('num_experts'),
          topK: text.size(['moe_top_k', 'num_experts_per_tok']),
          intermediate: width,
          sharedIntermediate: sharedOf(text, 'num_shared_experts', width),
          routerName: 'router',
        };
      }),
    },
  ),
];
