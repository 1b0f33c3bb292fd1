import { denseFfn, endsOf, recurrentMixer, STATE_FLOPS } from '../blocks';
import { product, type Expression } from '../expression';
import { given, groupLayers, type ConfigReader, type Field } from '../reader';
import { linear, matrix, norms, symbol, vector } from '../tensors';
import type { DenseBlock, RecurrentBlock, Tensor } from '../types';
import { hiddenOf, layer, readModel, type Family, type FamilyReader } from './decoder';

type Version = 4 | 5 | 6;

/** A layer remembers the last token's input of its mixer and of its FFN (token shift). */
const TOKEN_SHIFTS = given(2, { paths: [], note: 'token shifts of mixer and FFN' });

const vectors = (prefix: string, module: Tensor['module'], names: readonly string[], size: Expression) =>
  names.map((name) => vector(prefix + name, module, size));

const hiddenField = (text: ConfigReader, hidden: Expression): Field<number> =>
  given(hidden.value, text.originOf('hidden_size'));

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

/**
 * RWKV-7 (Goose, arXiv:2503.14456; flash-linear-attention's rwkv7): the delta rule with gates from low-rank projections.
 * The first layer has none for the value, which the others mix with the first's.
 */
const readRwkv7: FamilyReader = (input) => {
  const { text } = input;
  const layers = text.layers('num_hidden_layers', 24);
  const model = readModel(input, layers, false, { hidden: 2048, vocab: 32_000 });
  const hidden = hiddenOf(model);
  if (text.has('attn'))
    text.problem(
      'error',
      'config/unsupported',
      'This RWKV-7 config has softmax attention in some layers; Decode Lens does not read that kind yet.',
      ['attn'],
    );
  const hasNormBias = text.flag('norm_bias', true).value;
  const valueOf = text.sizePerLayer('value_dim', layers.value, hiddenField(text, hidden));
  const ffn = denseFfn(hidden, {
    intermediate: text.size('intermediate_size', rwkv7Width(text, hidden)),
    gated: false,
    prefix: 'ffn',
    names: { up: 'key', down: 'value' },
    extra: [vector('ffn.x_k', 'denseFfn', hidden)],
  });
  const extra = norms(['attn_norm', 'ffn_norm'], hidden, hasNormBias);
  const made = new Map<string, ReturnType<typeof layer>>();
  const groups = groupLayers(layers, { attention: text.originOf('value_dim') }, (i) => {
    const value = valueOf(i);
    const id = `${i === 0 ? 'first' : 'later'} ${value.value}`;
    const known = made.get(id) ?? layer(rwkv7Mixer(text, hidden, value, i > 0), ffn, extra);
    made.set(id, known);
    return known;
  });
  const first = text.flag('norm_first', true).value ? norms(['layers.0.pre_norm'], hidden, hasNormBias) : [];
  const ends = endsOf(model, {
    finalNorm: hasNormBias ? 'layer' : 'rms',
    names: { embedding: 'embeddings' },
    extra: first,
  });
  return { model, groups, ends };
};

/** `hidden_ratio` times the hidden size, rounded up to 32. */
function rwkv7Width(text: ConfigReader, hidden: Expression): Field<number> {
  const ratio = text.raw('hidden_ratio');
  const factor = typeof ratio === 'number' && ratio > 0 ? ratio : 4;
  const width = Math.trunc(hidden.value * factor);
  return given(32 * Math.ceil(width / 32) || 32, text.originOf('hidden_size', 'hidden_ratio'));
}

/** Rank of a low-rank projection; null leaves it to a rule of the hidden size's square root. */
function rwkv7Rank(
  text: ConfigReader,
  key: string,
  [absent, perRoot]: readonly [number, number],
  hidden: Expression,
): Field<number> {
  if (text.raw(key) !== null) return text.size(key, absent);
  const rule = Math.round((perRoot * Math.sqrt(hidden.value)) / 32) * 32;
  return given(Math.max(32, rule), { ...text.originOf('hidden_size'), note: `${key} is null` });
}

function rwkv7Mixer(
  text: ConfigReader,
  hidden: Expression,
  valueWidth: Field<number>,
  mixesValue: boolean,
): RecurrentBlock {
  const headDim = text.size(['head_dim', 'head_size'], 64);
  const heads = Math.max(1, Math.floor(hidden.value / headDim.value));
  // `num_heads` says nothing where head_dim is given, and contradicts it in some files.
  text.has('num_heads');
  const value = symbol('H_v', valueWidth);
  const p = 'attn.';
  const lora = (name: string, rank: Field<number>, out: Expression, bias = true): Tensor[] => [
    matrix(`${p}${name}.lora.0`, 'attention', symbol(`r_${name.charAt(0)}`, rank), hidden),
    ...linear(`${p}${name}.lora.2`, 'attention', out, symbol(`r_${name.charAt(0)}`, rank), bias),
  ];
  const rank = (key: string, rule: readonly [number, number]) => rwkv7Rank(text, key, rule, hidden);
  return recurrentMixer({
    variant: 'RWKV-7',
    heads: given(heads, {
      paths: [...text.originOf('hidden_size').paths, ...headDim.origin.paths],
      note: 'hidden_size / head_dim',
    }),
    keyDim: headDim,
    valueDim: given(valueWidth.value / heads, valueWidth.origin),
    convChannels: hiddenField(text, hidden),
    convTaps: TOKEN_SHIFTS,
    flopsPerStateElement: STATE_FLOPS.delta,
    tensors: [
      ...vectors(p, 'attention', ['x_r', 'x_w', 'x_k', 'x_v', 'x_a', 'x_g', 'k_k', 'k_a', 'r_k'], hidden),
      matrix(`${p}r_proj`, 'attention', hidden, hidden),
      matrix(`${p}k_proj`, 'attention', hidden, hidden),
      matrix(`${p}v_proj`, 'attention', value, hidden),
      ...lora('w_lora', rank('decay_low_rank_dim', [64, 2.5]), hidden),
      ...(mixesValue ? lora('v_lora', rank('v_low_rank_dim', [16, 1.7]), value) : []),
      ...lora('a_lora', rank('a_low_rank_dim', [64, 2.5]), hidden),
      ...lora('g_lora', rank('gate_low_rank_dim', [128, 5]), value, false),
      ...norms([`${p}g_norm`], value, true),
      matrix(`${p}o_proj`, 'attention', hidden, value, { afterCore: true }),
    ],
  });
}

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
