import { denseFfn, endsOf, recurrentMixer, STATE_FLOPS } from '../blocks';
import { product, type Expression } from '../expression';
import { given, groupLayers, type ConfigReader, type Field } from '../reader';
import { matrix, norms, symbol } from '../tensors';
import type { DenseBlock, RecurrentBlock, Tensor } from '../types';
import { hiddenOf, layer, readModel, type Family, type FamilyReader } from './decoder';
import { hiddenField, TOKEN_SHIFTS, vectors } from './rwkv-shared';
import { readRwkv7 } from './rwkv7';

type Version = 4 | 5 | 6;

const attentionWidth = (text: ConfigReader, hidden: Expression): Field<number> =>
  text.size('attention_hidden_size', {
    ...hiddenField(text, hidden),
    origin: { ...text.originOf('hidden_size'), note: 'attention_hidden_size is not given: hidden_size' },
  });

/** RWKV-4's WKV: numerator, denominator and maximum exponent of each channel (transformers' RwkvSelfAttention). */
function wkv4(text: ConfigReader, hidden: Expression): RecurrentBlock {
  const width = attentionWidth(text, hidden);
  const a = symbol('H_attn', width);
  const p = 'attention.';
  return recurrentMixer({
    variant: 'RWKV-4',
    heads: given(1),
    keyDim: given(3, { paths: [], note: 'numerator, denominator, maximum' }),
    valueDim: width,
    convChannels: hiddenField(text, hidden),
    convTaps: TOKEN_SHIFTS,
    flopsPerStateElement: STATE_FLOPS.diagonal,
    tensors: [
      ...vectors(p, 'attention', ['time_decay', 'time_first'], a),
      ...vectors(p, 'attention', ['time_mix_key', 'time_mix_value', 'time_mix_receptance'], hidden),
      ...['key', 'value', 'receptance'].map((name) => matrix(p + name, 'attention', a, hidden)),
      matrix(`${p}output`, 'attention', hidden, a, { afterCore: true }),
    ],
  });
}

/**
 * Matrix states of RWKV-5 (Eagle) and RWKV-6 (Finch), whose decay and token shifts depend on the input through low-rank
 * projections of fixed widths (modeling_rwkv5.py, modeling_rwkv6.py of the RWKV repositories; arXiv:2404.05892).
 */
function matrixState(text: ConfigReader, hidden: Expression, version: 5 | 6): RecurrentBlock {
  const width = attentionWidth(text, hidden);
  // The first RWKV-5 files call the width of a head num_attention_heads.
  const headSize = text.size(['head_size', 'num_attention_heads'], 64);
  if (width.value % headSize.value !== 0)
    text.problem(
      'error',
      'config/head-dim',
      `The attention width ${width.value} is not divisible by heads of ${headSize.value}.`,
      ['head_size'],
    );
  const a = symbol('H_attn', width);
  const p = 'attention.';
  const isLarge = hidden.value === 4096;
  const [mixRank, decayRank] = [isLarge ? 64 : 32, isLarge ? 128 : 64];
  const own: Tensor[] =
    version === 5
      ? [
          ...vectors(p, 'attention', ['time_decay', 'time_faaaa'], hidden),
          ...vectors(
            p,
            'attention',
            ['time_mix_gate', 'time_mix_key', 'time_mix_value', 'time_mix_receptance'],
            hidden,
          ),
        ]
      : [
          ...vectors(
            p,
            'attention',
            ['x', 'w', 'k', 'v', 'r', 'g'].map((name) => `time_maa_${name}`),
            hidden,
          ),
          matrix(`${p}time_maa_w1`, 'attention', product(5, mixRank), hidden),
          matrix(`${p}time_maa_w2`, 'attention', hidden, product(5, mixRank)),
          ...vectors(p, 'attention', ['time_decay', 'time_faaaa'], a),
          matrix(`${p}time_decay_w1`, 'attention', product(decayRank), hidden),
          matrix(`${p}time_decay_w2`, 'attention', a, product(decayRank)),
        ];
  return recurrentMixer({
    variant: `RWKV-${version}`,
    heads: given(Math.max(1, Math.floor(width.value / headSize.value)), {
      paths: [...width.origin.paths, ...headSize.origin.paths],
    }),
    keyDim: headSize,
    valueDim: headSize,
    convChannels: hiddenField(text, hidden),
    convTaps: TOKEN_SHIFTS,
    flopsPerStateElement: STATE_FLOPS.lightning,
    tensors: [
      ...own,
      ...['receptance', 'key', 'value', 'gate'].map((name) => matrix(p + name, 'attention', a, hidden)),
      ...norms([`${p}ln_x`], hidden, true),
      matrix(`${p}output`, 'attention', hidden, a, { afterCore: true }),
    ],
  });
}

/** Channel mixing: key and value are an FFN of squared ReLU, gated by the receptance of the token itself. */
function channelMix(text: ConfigReader, hidden: Expression, version: Version): DenseBlock {
  const p = 'feed_forward.';
  const derived = version === 4 ? 4 * hidden.value : Math.floor((hidden.value * 3.5) / 32) * 32;
  return denseFfn(hidden, {
    intermediate: text.size('intermediate_size', {
      value: Math.max(1, derived),
      origin: {
        ...text.originOf('hidden_size'),
        note: `intermediate_size is not given: ${version === 4 ? 4 : 3.5} x hidden_size`,
      },
    }),
    gated: false,
    prefix: 'feed_forward',
    names: { up: 'key', down: 'value' },
    extra: [
      ...vectors(
        p,
        'denseFfn',
        version === 6 ? ['time_maa_k', 'time_maa_r'] : ['time_mix_key', 'time_mix_receptance'],
        hidden,
      ),
      matrix(`${p}receptance`, 'denseFfn', hidden, hidden),
    ],
  });
}

const readRwkv =
  (
    version: Version,
    defaults: { readonly hidden: number; readonly vocab: number; readonly layers: number },
  ): FamilyReader =>
  (input) => {
    const { text } = input;
    const layers = text.layers('num_hidden_layers', defaults.layers);
    const model = readModel(input, layers, false, defaults);
    const hidden = hiddenOf(model);
    const mixer = version === 4 ? wkv4(text, hidden) : matrixState(text, hidden, version);
    const one = layer(mixer, channelMix(text, hidden, version), norms(['ln1', 'ln2'], hidden, true));
    const ends = endsOf(model, {
      finalNorm: 'layer',
      names: { embedding: 'embeddings', norm: 'ln_out', head: 'head' },
      extra: norms(['blocks.0.pre_ln'], hidden, true),
    });
    return { model, groups: groupLayers(layers, {}, () => one), ends };
  };

/** Names of the RWKV repository's own settings. */
const ALIASES = { hidden_size: ['n_embd'], num_hidden_layers: ['n_layer'] };

export const rwkvFamilies: readonly Family[] = [
  {
    name: 'RWKV-4',
    types: ['rwkv'],
    classes: ['RwkvForCausalLM'],
    schema: 'rwkv',
    aliases: ALIASES,
    read: readRwkv(4, { hidden: 4096, vocab: 50_277, layers: 32 }),
  },
  {
    name: 'RWKV-5',
    types: ['rwkv5'],
    classes: ['Rwkv5ForCausalLM'],
    schema: 'rwkv',
    aliases: ALIASES,
    read: readRwkv(5, { hidden: 768, vocab: 65_536, layers: 24 }),
  },
  {
    name: 'RWKV-6',
    types: ['rwkv6'],
    classes: ['Rwkv6ForCausalLM'],
    schema: 'rwkv',
    aliases: ALIASES,
    read: readRwkv(6, { hidden: 768, vocab: 65_536, layers: 24 }),
  },
  {
    name: 'RWKV-7',
    types: ['rwkv7'],
    classes: ['RWKV7ForCausalLM', 'Rwkv7ForCausalLM'],
    schema: 'rwkv',
    aliases: ALIASES,
    read: readRwkv7,
  },
];
