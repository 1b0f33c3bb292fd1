import { denseFfn, endsOf, recurrentMixer, softmaxAttention, STATE_FLOPS } from '../blocks';
import type { Expression } from '../expression';
import { given, groupLayers, type ConfigReader, type Field } from '../reader';
import { convolution, linear, matrix, norms, symbol, vector } from '../tensors';
import type { RecurrentBlock } from '../types';
import {
  checkSharing,
  derivedHeadDim,
  hiddenOf,
  layer,
  memo,
  readModel,
  type Family,
  type FamilyReader,
} from './decoder';

/**
 * Griffin's recurrent block: two branches, of which one goes through a short convolution and the RG-LRU, whose gates are
 * block-diagonal matrices, one block a head (transformers' RecurrentGemmaRecurrentBlock).
 */
function recurrentBlock(text: ConfigReader, hidden: Expression, heads: Field<number>): RecurrentBlock {
  const width = text.size('lru_width', {
    value: Math.round(hidden.value),
    origin: { ...text.originOf('hidden_size'), note: 'lru_width is not given: as wide as the model' },
  });
  const block = given(width.value / heads.value, {
    paths: [...width.origin.paths, ...heads.origin.paths],
    note: 'lru_width / num_attention_heads',
  });
  if (!Number.isInteger(block.value))
    text.problem(
      'error',
      'config/size',
      `The recurrent width ${width.value} is not divisible by ${heads.value} heads.`,
      [text.has('lru_width') ? 'lru_width' : 'num_attention_heads'],
    );
  const kernel = text.size('conv1d_width', 4);
  const at = (name: string) => `temporal_block.${name}`;
  const [w, b, n] = [symbol('W_lru', width), symbol('d_lru', block), symbol('n_q', heads)];
  const gate = { copies: n, activated: n };
  return recurrentMixer({
    variant: 'RG-LRU',
    heads,
    keyDim: given(1),
    valueDim: block,
    convChannels: width,
    convTaps: given(kernel.value - 1, kernel.origin),
    flopsPerStateElement: STATE_FLOPS.diagonal,
    tensors: [
      ...linear(at('linear_y'), 'attention', w, hidden, true),
      ...linear(at('linear_x'), 'attention', w, hidden, true),
      convolution(at('conv_1d'), 'attention', w, symbol('k_conv', kernel)),
      vector(at('conv_1d.bias'), 'attention', w),
      vector(at('rg_lru.recurrent_param'), 'attention', w),
      ...['input_gate', 'recurrent_gate'].flatMap((name) => [
        matrix(at(`rg_lru.${name}_weight`), 'attention', b, b, gate),
        vector(at(`rg_lru.${name}_bias`), 'attention', w),
      ]),
      ...linear(at('linear_out'), 'attention', hidden, w, true, { afterCore: true }),
    ],
  });
}

/** Class default of `block_types`, repeated to the number of layers. */
const BLOCK_TYPES: readonly unknown[] = ['recurrent', 'recurrent', 'attention'];

/** RecurrentGemma (transformers' recurrent_gemma; Griffin paper): `intermediate_size` counts gate and up projection. */
const readRecurrentGemma: FamilyReader = (input) => {
  const { text } = input;
  const layers = text.layers('num_hidden_layers', 26);
  const model = readModel(input, layers, true, { hidden: 2560, vocab: 256_000 });
  const hidden = hiddenOf(model);
  const queryHeads = text.size('num_attention_heads', 10);
  const kvHeads = text.size('num_key_value_heads', queryHeads);
  checkSharing(text, queryHeads, kvHeads);
  const blockOf = memo((type: 'attention' | 'recurrent') =>
    type === 'recurrent'
      ? recurrentBlock(text, hidden, queryHeads)
      : softmaxAttention(hidden, {
          queryHeads,
          kvHeads,
          headDim: text.size('head_dim', derivedHeadDim(text, queryHeads)),
          window: { kind: 'sliding', size: text.size('attention_window_size', 2048) },
          bias: { qkv: text.flag('attention_bias', false).value, o: true },
          prefix: 'temporal_block.',
        }),
  );
  const both = text.size('intermediate_size', 7680, 2);
  const ffn = denseFfn(hidden, {
    intermediate: given(Math.floor(both.value / 2), {
      ...both.origin,
      note: 'half of intermediate_size, which counts gate and up projection',
    }),
    bias: true,
    prefix: 'mlp_block',
  });
  const types = text.list('block_types') ?? BLOCK_TYPES;
  if (types.length === 0 || types.some((type) => type !== 'recurrent' && type !== 'attention'))
    text.problem(
      'error',
      'config/unsupported',
      '"block_types" must be a list of "recurrent" and "attention".',
      ['block_types'],
    );
  const extra = norms(['temporal_pre_norm', 'channel_pre_norm'], hidden);
  const groups = groupLayers(layers, { attention: text.originOf('block_types') }, (i) =>
    layer(blockOf(types[i % types.length] === 'attention' ? 'attention' : 'recurrent'), ffn, extra),
  );
  return { model, groups, ends: endsOf(model, { names: { norm: 'final_norm' } }) };
};

export const recurrentGemmaFamilies: readonly Family[] = [
  {
    name: 'RecurrentGemma',
    types: ['recurrent_gemma'],
    classes: ['RecurrentGemmaForCausalLM'],
    schema: 'gemma',
    aliases: { block_types: ['_block_types'] },
    read: readRecurrentGemma,
  },
];
