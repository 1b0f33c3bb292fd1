import { denseFfn, endsOf, mambaMixer, softmaxAttention } from '../blocks';
import { product, type Expression } from '../expression';
import { given, groupLayers, type ConfigReader } from '../reader';
import { linear, matrix, norms, symbol, vector } from '../tensors';
import type { Layer } from '../types';
import { hiddenOf, memo, readHeads, readModel, type Family, type FamilyReader } from './decoder';
import { expanded, timeStepRank } from './mamba';

/** `memory unit`: gates the state-space output of the last Mamba layer, and has no state of its own (GMU). */
type Kind = 'mamba' | 'memory unit' | 'window' | 'full' | 'shared';

/**
 * Phi-4-mini-flash (SambaY, arXiv:2507.06607; vLLM's phi4flash): Mamba and differential attention in turn. The first half
 * attends within a window; the layer after the middle has full attention, whose KV cache all later attention layers
 * read. LayerNorms and attention projections have biases.
 */
const readPhi4Flash: FamilyReader = (input) => {
  const { text } = input;
  const layers = text.layers('num_hidden_layers', 32);
  const model = readModel(input, layers, true, { vocab: 200_064 });
  const hidden = hiddenOf(model);
  const ffn = denseFfn(hidden, {
    intermediate: text.size('intermediate_size', 10_240),
    names: { gateUp: 'fc1', down: 'fc2' },
    bias: text.flag('mlp_bias', false).value,
  });
  const extra = norms(['input_layernorm', 'post_attention_layernorm'], hidden, true);
  const mixerOf = readMixers(text, hidden);
  const layerOf = memo((kind: Kind): Layer => {
    const parts = mixerOf(kind);
    return { attention: parts.attention, ffn: [ffn], extra: [...extra, ...parts.extra] };
  });
  const every = text.size('mb_per_layer', 2, 0);
  const half = Math.floor(layers.value / 2);
  const windows = windowedLayers(text, layers.value);
  const kindOf = (i: number): Kind => {
    const isCross = i >= half + 2;
    if (every.value > 0 && i % every.value === 0) return isCross ? 'memory unit' : 'mamba';
    return isCross ? 'shared' : windows(i) ? 'window' : 'full';
  };
  const pattern = { attention: text.originOf('mb_per_layer', 'sliding_window', 'layer_types') };
  return {
    model,
    groups: groupLayers(layers, pattern, (i) => layerOf(kindOf(i))),
    ends: endsOf(model, { finalNorm: 'layer', names: { norm: 'final_layernorm' } }),
  };
};

/** Attention layers of the first half have a window, unless a list says so layer by layer. */
function windowedLayers(text: ConfigReader, layers: number): (layer: number) => boolean {
  const types = text.perLayer('layer_types', layers);
  if (types) return (i) => types[i] === 'sliding_attention';
  const windows = text.raw('sliding_window');
  if (Array.isArray(windows)) {
    const list = text.perLayer('sliding_window', layers) ?? [];
    return (i) => typeof list[i] === 'number';
  }
  return (i) => text.has('sliding_window') && i < Math.floor(layers / 2);
}

/** Mixers by kind of layer; a memory unit is two projections without a mixer. */
function readMixers(
  text: ConfigReader,
  hidden: Expression,
): (kind: Kind) => Pick<Layer, 'attention' | 'extra'> {
  const heads = readHeads(text, { queryHeads: 40, kvHeads: 20 });
  const inner = expanded(text, 'mamba_expand', 2);
  const width = symbol('I_ssm', inner);
  const d = symbol('d', heads.headDim);
  const windows = text.raw('sliding_window');
  const size: unknown = Array.isArray(windows) ? windows.find((entry) => typeof entry === 'number') : windows;
  const windowSize = given(typeof size === 'number' && size >= 1 ? size : 1, text.originOf('sliding_window'));
  const attention = (kind: Kind) =>
    softmaxAttention(hidden, {
      ...heads,
      window: kind === 'window' ? { kind: 'sliding', size: windowSize } : null,
      cache: kind === 'shared' ? 'shared' : 'own',
      bias: { qkv: true, o: true },
      prefix: 'attn.',
      names: { o: 'out_proj', ...(kind === 'shared' ? { q: 'Wqkv' } : { qkv: 'Wqkv' }) },
      // Differential attention: the weight of the second half of the heads, and a norm over both.
      extra: [
        ...['lambda_q1', 'lambda_k1', 'lambda_q2', 'lambda_k2'].map((name) =>
          vector(`attn.inner_cross_attn.${name}`, 'attention', d),
        ),
        vector('attn.inner_cross_attn.subln', 'attention', product(2, d)),
      ],
    });
  const hasBias = text.flag('mamba_proj_bias', false).value;
  const rank = timeStepRank(text, 'mamba_dt_rank');
  return (kind) => {
    if (kind === 'memory unit')
      return {
        attention: [],
        extra: [
          ...linear('attn.in_proj', 'attention', width, hidden, hasBias),
          matrix('attn.out_proj', 'attention', hidden, width),
        ],
      };
    if (kind !== 'mamba') return { attention: [attention(kind)], extra: [] };
    const mixer = mambaMixer(hidden, {
      inner,
      stateSize: text.size('mamba_d_state', 16),
      rank,
      kernel: text.size('mamba_d_conv', 4),
      bias: hasBias,
      convBias: text.flag('mamba_conv_bias', true).value,
      prefix: 'attn.',
    });
    return { attention: [mixer], extra: [] };
  };
}

export const phi4FlashFamilies: readonly Family[] = [
  {
    name: 'Phi-4-flash',
    types: ['phi4flash'],
    classes: ['Phi4FlashForCausalLM'],
    schema: 'hybrid',
    defaults: { hidden_size: 2560 },
    read: readPhi4Flash,
  },
];
