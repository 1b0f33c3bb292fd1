import { denseFfn, endsOf, recurrentMixer, STATE_FLOPS } from '../blocks';
import type { Expression } from '../expression';
import { given, groupLayers, type ConfigReader, type Field } from '../reader';
import { linear, matrix, norms, symbol, vector } from '../tensors';
import type { RecurrentBlock, Tensor } from '../types';
import { hiddenOf, layer, readModel, type FamilyReader } from './decoder';
import { hiddenField, TOKEN_SHIFTS, vectors } from './rwkv-shared';

/**
 * RWKV-7 (Goose, arXiv:2503.14456; flash-linear-attention's rwkv7): the delta rule with gates from low-rank projections.
 * The first layer has none for the value, which the others mix with the first's.
 */
export const readRwkv7: FamilyReader = (input) => {
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
