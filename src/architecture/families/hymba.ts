import { denseFfn, endsOf, mambaMixer, softmaxAttention, type SoftmaxSpec } from '../blocks';
import { product, sum, type Expression } from '../expression';
import { given, groupLayers, type ConfigReader, type Field } from '../reader';
import { linear, norms, symbol, vector } from '../tensors';
import type { FfnBlock, Layer, RecurrentBlock } from '../types';
import { checkSharing, hiddenOf, memo, readModel, type Family, type FamilyReader } from './decoder';
import { expanded, timeStepRank } from './mamba';

type Kind = 'full' | 'window' | 'full shared' | 'window shared';

/** Heads of the attention part: values are `mamba_expand` times as wide as keys, since both parts are averaged. */
function readAttention(
  text: ConfigReader,
  inner: Field<number>,
): Pick<SoftmaxSpec, 'queryHeads' | 'kvHeads'> & { headDim: Field<number>; valueDim: Field<number> } {
  const queryHeads = text.size('num_attention_heads', 32);
  const kvHeads = text.size('num_key_value_heads', queryHeads);
  checkSharing(text, queryHeads, kvHeads);
  const hidden = text.size('hidden_size');
  const perHead = (of: Field<number>): Field<number> =>
    given(Math.max(1, Math.floor(of.value / queryHeads.value)), {
      paths: [...of.origin.paths, ...queryHeads.origin.paths],
    });
  return { queryHeads, kvHeads, headDim: perHead(hidden), valueDim: perHead(inner) };
}

/**
 * Hymba (NVIDIA's modeling_hymba.py, arXiv:2411.13676): attention and Mamba on the same input in every layer, from one
 * input projection, normed and averaged before one output projection. Most layers have a window; layers of a
 * `kv_reuse_group` after its first read that one's keys and values. Learned tokens stand before every sequence.
 */
const readHymba: FamilyReader = (input) => {
  const { text } = input;
  const layers = text.layers('num_hidden_layers', 32);
  const model = readModel(input, layers, false, { vocab: 65_536 });
  const hidden = hiddenOf(model);
  for (const key of ['attn_hidden_size', 'kq_head_dim'])
    if (Number(text.raw(key)) > 0)
      text.problem('error', 'config/unsupported', `Decode Lens does not read Hymba's "${key}".`, [key]);
  const normType = text.text('kq_norm');
  if (normType !== null && normType !== 'none')
    text.problem('error', 'config/unsupported', `Decode Lens does not read "kq_norm" "${normType}".`, [
      'kq_norm',
    ]);
  const inner = expanded(text, 'mamba_expand', 2);
  const heads = readAttention(text, inner);
  const ffn = readFfn(text, hidden);
  const names = ['input_layernorm', ...(ffn ? ['pre_moe_layernorm'] : [])];
  const extra = norms(names, hidden);
  const isShared = sharedLayers(text);
  const mixerOf = memo((shared: boolean) => mambaOf(text, hidden, inner, heads, shared));
  const layerOf = memo((kind: Kind): Layer => {
    const shared = kind.endsWith('shared');
    const attention = softmaxAttention(hidden, {
      ...heads,
      cache: shared ? 'shared' : 'own',
      window: kind.startsWith('window') ? { kind: 'sliding', size: text.size('sliding_window') } : null,
    });
    // All weights of both parts stand in the Mamba module.
    return { attention: [{ ...attention, tensors: [] }, mixerOf(shared)], ffn: ffn ? [ffn] : [], extra };
  });
  const global = new Set(text.list('global_attn_idx') ?? []);
  const hasWindow = text.has('sliding_window');
  const pattern = {
    attention: text.originOf('global_attn_idx', 'kv_reuse_group', 'kv_reuse_every_i_layer', 'sliding_window'),
  };
  const groups = groupLayers(layers, pattern, (i) =>
    layerOf(`${hasWindow && !global.has(i) ? 'window' : 'full'}${isShared(i) ? ' shared' : ''}`),
  );
  const tokens = text.size('num_memory_tokens', 0, 0);
  const memory =
    tokens.value > 0
      ? [vector('memory_tokens', 'embedding', product(symbol('n_memory', tokens), hidden))]
      : [];
  return { model, groups, ends: endsOf(model, { names: { norm: 'final_layernorm' }, extra: memory }) };
};

function readFfn(text: ConfigReader, hidden: Expression): FfnBlock | null {
  // Written for experts, but every layer is made with one.
  text.has('num_experts');
  const intermediate = text.size('intermediate_size', 14_336, 0);
  if (intermediate.value === 0) return null;
  const activation = text.text('mlp_hidden_act') ?? 'silu';
  return denseFfn(hidden, { intermediate, gated: activation === 'silu', prefix: 'moe.experts.0' });
}

/** The Mamba module: its own weights, the attention's share of the input projection, and the norms before the average. */
function mambaOf(
  text: ConfigReader,
  hidden: Expression,
  inner: Field<number>,
  { queryHeads, kvHeads, headDim, valueDim }: ReturnType<typeof readAttention>,
  shared: boolean,
): RecurrentBlock {
  const hasBias = text.flag('mamba_proj_bias', false).value;
  const mixer = mambaMixer(hidden, {
    inner,
    stateSize: text.size('mamba_d_state', 16),
    rank: timeStepRank(text, 'mamba_dt_rank'),
    kernel: text.size('mamba_d_conv', 4),
    bias: hasBias,
    convBias: text.flag('mamba_conv_bias', true).value,
    innerNorms: text.flag('mamba_inner_layernorms', true).value,
    prefix: 'mamba.',
  });
  const width = symbol('I_ssm', inner);
  const queries = product(symbol('n_q', queryHeads), symbol('d', headDim));
  const cached = product(symbol('n_kv', kvHeads), sum(symbol('d', headDim), symbol('d_v', valueDim)));
  const inputs = sum(product(2, width), queries, ...(shared ? [] : [cached]));
  return {
    ...mixer,
    tensors: [
      ...linear('mamba.in_proj', 'attention', inputs, hidden, hasBias),
      ...mixer.tensors.filter(({ name }) => !name.startsWith('mamba.in_proj')),
      ...norms(['mamba.pre_avg_layernorm1', 'mamba.pre_avg_layernorm2'], width),
    ],
  };
}

/** Layers that read another's keys and values: all of a group but its first, or all between every so many layers. */
function sharedLayers(text: ConfigReader): (layer: number) => boolean {
  const groups = text.list('kv_reuse_group');
  if (groups) {
    const shared = new Set(
      groups.flatMap((group) => (Array.isArray(group) ? (group as unknown[]).slice(1) : [])),
    );
    return (i) => shared.has(i);
  }
  const every = Number(text.raw('kv_reuse_every_i_layer'));
  return (i) => every > 0 && i % every !== 0;
}

export const hymbaFamilies: readonly Family[] = [
  {
    name: 'Hymba',
    types: ['hymba'],
    classes: ['HymbaForCausalLM'],
    schema: 'hybrid',
    defaults: { hidden_size: 4096 },
    read: readHymba,
  },
];
