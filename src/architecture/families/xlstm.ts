import { denseFfn, endsOf, recurrentMixer, STATE_FLOPS } from '../blocks';
import { given, groupLayers, type ConfigReader, type Field } from '../reader';
import { linear, norms, symbol, vector } from '../tensors';
import { hiddenOf, layer, readModel, type Family, type FamilyReader } from './decoder';
import { stateBytes } from './layer-kinds';

/** The hidden size times a factor, rounded up to a multiple, as a config's keys say. */
function scaled(
  text: ConfigReader,
  hidden: Field<number>,
  key: string,
  factor: number,
  multiple: number,
): Field<number> {
  const stated = text.raw(key);
  if (stated !== undefined && stated !== null && !(typeof stated === 'number' && stated > 0 && stated < 1e3))
    text.problem('error', 'config/size', `"${key}" must be a positive number.`, [key]);
  const width = hidden.value * (typeof stated === 'number' && stated > 0 && stated < 1e3 ? stated : factor);
  return given(Math.max(1, multiple * Math.floor((width + multiple - 1) / multiple)), {
    paths: [...hidden.origin.paths, ...text.originOf(key).paths],
    note: `${key} x hidden_size`,
  });
}

/**
 * xLSTM 7B (arXiv:2503.13427; transformers' xlstm): mLSTM layers, whose matrix memory has exponential gates and beside it
 * a normalizer vector, and a gated FFN.
 */
const readXlstm: FamilyReader = (input) => {
  const { text } = input;
  const layers = text.layers('num_hidden_layers', 32);
  const model = readModel(input, layers, false, { hidden: 4096, vocab: 50_304 });
  const hidden = hiddenOf(model);
  const width = text.size('hidden_size', 4096);
  const heads = text.size('num_heads', 8);
  const hasBias = text.flag('use_bias', false).value;
  const [keys, values] = [
    scaled(text, width, 'qk_dim_factor', 0.5, 1),
    scaled(text, width, 'v_dim_factor', 1, 1),
  ];
  const [k, v, n] = [symbol('d_k', keys), symbol('d_v', values), symbol('n', heads)];
  const perHead = (of: Field<number>, more = 0) =>
    given(Math.floor(of.value / heads.value) + more, {
      paths: [...of.origin.paths, ...heads.origin.paths],
    });
  const p = 'mlstm_layer.';
  const mixer = recurrentMixer({
    variant: 'mLSTM',
    heads,
    keyDim: perHead(keys),
    // The normalizer is one more column of the memory.
    valueDim: perHead(values, 1),
    flopsPerStateElement: STATE_FLOPS.mamba,
    stateBytesPerElement: stateBytes(text, 'inference_state_dtype'),
    tensors: [
      ...linear(`${p}q`, 'attention', k, hidden, hasBias),
      ...linear(`${p}k`, 'attention', k, hidden, hasBias),
      ...linear(`${p}v`, 'attention', v, hidden, hasBias),
      ...linear(`${p}ogate_preact`, 'attention', v, hidden, hasBias),
      ...linear(`${p}igate_preact`, 'attention', n, hidden, true),
      ...linear(`${p}fgate_preact`, 'attention', n, hidden, true),
      vector(`${p}multihead_norm`, 'attention', v),
      ...(hasBias ? [vector(`${p}multihead_norm.bias`, 'attention', v)] : []),
      ...linear(`${p}out_proj`, 'attention', hidden, v, hasBias, { afterCore: true }),
    ],
  });
  const multiple = text.size('ffn_round_up_to_multiple_of', 64);
  const ffn = denseFfn(hidden, {
    intermediate: scaled(text, width, 'ffn_proj_factor', 2.667, multiple.value),
    bias: hasBias,
    prefix: 'ffn',
    names: { gate: 'proj_up_gate', up: 'proj_up', down: 'proj_down' },
  });
  const one = layer(mixer, ffn, norms(['norm_mlstm', 'norm_ffn'], hidden, hasBias));
  const ends = endsOf(model, { names: { embedding: 'embeddings', norm: 'out_norm' } });
  return { model, groups: groupLayers(layers, {}, () => one), ends };
};

export const xlstmFamilies: readonly Family[] = [
  {
    name: 'xLSTM',
    types: ['xlstm'],
    classes: ['xLSTMForCausalLM'],
    schema: 'mamba',
    aliases: { hidden_size: ['embedding_dim'], num_hidden_layers: ['num_blocks'] },
    read: readXlstm,
  },
];
