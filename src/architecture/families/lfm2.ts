import { denseFfn, endsOf, moeFfn, recurrentMixer, softmaxAttention, STATE_FLOPS } from '../blocks';
import { product, type Expression } from '../expression';
import { given, groupLayers, type ConfigReader, type Field } from '../reader';
import { convolution, linear, norms, symbol, vector } from '../tensors';
import type { FfnBlock, RecurrentBlock } from '../types';
import { hiddenOf, layer, memo, readHeads, readModel, type Family, type FamilyReader } from './decoder';
import { layerKinds } from './layer-kinds';

const FFN_NAMES = { gate: 'w1', up: 'w3', down: 'w2' };
const KINDS = {
  conv: 'conv',
  short_conv: 'conv',
  full_attention: 'attention',
  attention: 'attention',
} as const;

/**
 * LFM2's short convolution (transformers' Lfm2ShortConv): a gated causal convolution over `conv_L_cache` tokens. It has
 * no state but its inputs, of which the cache holds as many as the kernel is wide.
 */
function shortConvolution(text: ConfigReader, hidden: Expression): RecurrentBlock {
  const taps = text.size('conv_L_cache', 3);
  const hasBias = text.flag('conv_bias', false).value;
  return recurrentMixer({
    variant: 'short conv',
    heads: given(0),
    keyDim: given(0),
    valueDim: given(0),
    convChannels: given(hidden.value, text.originOf('hidden_size')),
    convTaps: taps,
    flopsPerStateElement: STATE_FLOPS.diagonal,
    tensors: [
      ...linear('conv.in_proj', 'attention', product(3, hidden), hidden, hasBias),
      convolution('conv.conv', 'attention', hidden, symbol('k_conv', taps)),
      ...(hasBias ? [vector('conv.conv.bias', 'attention', hidden)] : []),
      ...linear('conv.out_proj', 'attention', hidden, hidden, hasBias, { afterCore: true }),
    ],
  });
}

/**
 * Width of the dense FFN. With `block_auto_adjust_ff_dim` the stated width is that of an FFN without gate: two thirds of
 * it, times `block_ffn_dim_multiplier` and rounded up to `block_multiple_of`.
 */
function ffnWidth(text: ConfigReader): Field<number> {
  // The first releases' name, which decides where both stand (Lfm2Config).
  const stated = text.size(['block_ff_dim', 'intermediate_size'], 12_288);
  if (!text.flag('block_auto_adjust_ff_dim', true).value) return stated;
  const twoThirds = Math.trunc((2 * stated.value) / 3);
  const keys = text.originOf('block_ffn_dim_multiplier', 'block_multiple_of');
  const multiplier = text.raw('block_ffn_dim_multiplier');
  const adjusted = (value: number): Field<number> =>
    given(value, {
      paths: [...stated.origin.paths, ...keys.paths],
      note: 'two thirds of the stated width, rounded up (block_auto_adjust_ff_dim)',
    });
  if (multiplier === null) return adjusted(twoThirds);
  if (multiplier !== undefined && !(typeof multiplier === 'number' && multiplier > 0 && multiplier < 1e3))
    text.problem('error', 'config/size', '"block_ffn_dim_multiplier" must be a positive number.', [
      'block_ffn_dim_multiplier',
    ]);
  const multiple = text.size('block_multiple_of', 256).value;
  const scaled = Math.trunc((typeof multiplier === 'number' ? multiplier : 1) * twoThirds);
  return adjusted(Math.max(1, multiple * Math.ceil(scaled / multiple)));
}

/** LFM2 (transformers' lfm2, lfm2_moe): short convolutions and GQA; the MoE sizes have a few dense layers first. */
const readLfm2 =
  (hasExperts: boolean): FamilyReader =>
  (input) => {
    const { text } = input;
    const layers = text.layers('num_hidden_layers', 32);
    const model = readModel(input, layers, true, { vocab: 65_536 });
    const hidden = hiddenOf(model);
    const attention = softmaxAttention(hidden, {
      ...readHeads(text, { queryHeads: 32, kvHeads: 8 }),
      qkNorm: 'head',
      names: { o: 'out_proj', qNorm: 'q_layernorm', kNorm: 'k_layernorm' },
    });
    const conv = shortConvolution(text, hidden);
    const kinds = layerKinds(text, 'layer_types', layers.value, KINDS);
    const listed = text.list('full_attn_idxs');
    const isAttention = (i: number) => (kinds ? kinds[i] === 'attention' : (listed?.includes(i) ?? true));
    const ffnOf = hasExperts ? readExperts(text, hidden) : always(dense(hidden, ffnWidth(text)));
    const extra = norms(['operator_norm', 'ffn_norm'], hidden);
    const layerOf = memo((ffn: FfnBlock) => ({
      conv: layer(conv, ffn, extra),
      attention: layer(attention, ffn, extra),
    }));
    const pattern = {
      attention: text.originOf(kinds ? 'layer_types' : 'full_attn_idxs'),
      ffn: text.originOf('num_dense_layers'),
    };
    const groups = groupLayers(
      layers,
      pattern,
      (i) => layerOf(ffnOf(i))[isAttention(i) ? 'attention' : 'conv'],
    );
    return { model, groups, ends: endsOf(model, { names: { norm: 'embedding_norm' } }) };
  };

const always =
  <T>(value: T) =>
  (): T =>
    value;

const dense = (hidden: Expression, intermediate: Field<number>): FfnBlock =>
  denseFfn(hidden, { intermediate, prefix: 'feed_forward', names: FFN_NAMES });

function readExperts(text: ConfigReader, hidden: Expression): (layer: number) => FfnBlock {
  const first = text.size('num_dense_layers', 2, 0);
  const plain = dense(hidden, text.size('intermediate_size', 7168));
  const routed = moeFfn(text, hidden, {
    experts: text.size('num_experts', 32),
    topK: text.size('num_experts_per_tok', 4),
    intermediate: text.size('moe_intermediate_size', 1792),
    correctionBias: text.flag('use_expert_bias', true).value,
    prefix: 'feed_forward',
    names: FFN_NAMES,
  });
  return (i) => (i < first.value ? plain : routed);
}

const ALIASES = { tie_word_embeddings: ['tie_embedding'] };

export const lfm2Families: readonly Family[] = [
  {
    name: 'LFM2',
    // The wrapper's text_config may leave out its model_type, which is this one.
    types: ['lfm2', 'lfm2_vl'],
    classes: ['Lfm2ForCausalLM', 'LFM2ForCausalLM'],
    schema: 'lfm',
    aliases: ALIASES,
    defaults: { hidden_size: 2560 },
    read: readLfm2(false),
  },
  {
    name: 'LFM2-MoE',
    types: ['lfm2_moe'],
    classes: ['Lfm2MoeForCausalLM'],
    schema: 'lfm',
    aliases: ALIASES,
    defaults: { hidden_size: 2048 },
    read: readLfm2(true),
  },
];
