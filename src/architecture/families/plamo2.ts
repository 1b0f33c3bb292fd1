import { denseFfn, endsOf, recurrentMixer, softmaxAttention, STATE_FLOPS } from '../blocks';
import { product, sum, type Expression } from '../expression';
import { given, groupLayers, type ConfigReader } from '../reader';
import { convolution, matrix, norms, symbol, vector } from '../tensors';
import type { RecurrentBlock } from '../types';
import { checkSharing, hiddenOf, layer, memo, readModel, type Family, type FamilyReader } from './decoder';

/**
 * PLaMo 2's Mamba block (vLLM's Plamo2MambaMixer): the heads and scalar decays of Mamba-2, B, C and time step from the
 * convolved input as in Mamba, and norms of them.
 */
function mambaBlock(text: ConfigReader, hidden: Expression): RecurrentBlock {
  const heads = text.size('mamba_num_heads', 64);
  const headDim = text.size('hidden_size_per_head', 128);
  const stateSize = text.size('mamba_d_state', 64);
  const kernel = text.size('mamba_d_conv', 4);
  const rank = symbol(
    'r_dt',
    given(Math.max(64, Math.floor(hidden.value / 16)), {
      ...text.originOf('hidden_size'),
      note: 'hidden_size / 16, 64 at least',
    }),
  );
  const [n, state] = [symbol('n_ssm', heads), symbol('N', stateSize)];
  const inner = product(n, symbol('d_ssm', headDim));
  const p = 'mixer.';
  return recurrentMixer({
    variant: 'Mamba-2',
    heads,
    keyDim: stateSize,
    valueDim: headDim,
    convChannels: given(inner.value, { paths: [...heads.origin.paths, ...headDim.origin.paths] }),
    convTaps: given(Math.max(0, kernel.value - 1), kernel.origin),
    flopsPerStateElement: STATE_FLOPS.mamba,
    tensors: [
      matrix(`${p}in_proj`, 'attention', product(2, inner), hidden),
      convolution(`${p}conv1d`, 'attention', inner, symbol('k_conv', kernel)),
      matrix(`${p}bcdt_proj`, 'attention', sum(rank, product(2, state)), inner),
      matrix(`${p}dt_proj`, 'attention', n, rank),
      ...['dt_bias', 'A_log', 'D'].map((name) => vector(p + name, 'attention', n)),
      vector(`${p}dt_norm_weight`, 'attention', rank),
      vector(`${p}B_norm_weight`, 'attention', state),
      vector(`${p}C_norm_weight`, 'attention', state),
      matrix(`${p}out_proj`, 'attention', hidden, inner, { afterCore: true }),
    ],
  });
}

/**
 * PLaMo 2 (vLLM's plamo2; modeling_plamo.py of pfnet/plamo-2-1b): Mamba with attention in the middle layer of every
 * `mamba_step`, within a window except in the layers of `full_attention_idx` (Samba). Norms of queries and keys have a
 * weight for each head.
 */
const readPlamo2: FamilyReader = (input) => {
  const { text } = input;
  const layers = text.layers('num_hidden_layers', 32);
  const model = readModel(input, layers, true, { hidden: 4096, vocab: 32_000 });
  const hidden = hiddenOf(model);
  const queryHeads = text.size('num_attention_heads', 32);
  const kvHeads = text.size('num_key_value_heads', 4);
  checkSharing(text, queryHeads, kvHeads);
  const attentionOf = memo((isFull: boolean) =>
    softmaxAttention(hidden, {
      queryHeads,
      kvHeads,
      headDim: text.size('hidden_size_per_head', 128),
      window: isFull ? null : { kind: 'sliding', size: text.size('attention_window_size', 2048) },
      qkNorm: 'heads',
      prefix: 'mixer.',
      names: { qkv: 'qkv_proj' },
    }),
  );
  const mamba = mambaBlock(text, hidden);
  const ffn = denseFfn(hidden, {
    intermediate: text.size('intermediate_size', 13_312),
    names: { gateUp: 'gate_up_proj' },
  });
  const extra = norms(['pre_mixer_norm', 'post_mixer_norm', 'pre_mlp_norm', 'post_mlp_norm'], hidden);
  const full = new Set(text.list('full_attention_idx') ?? []);
  const hasMamba = text.flag('mamba_enabled', true).value;
  const step = text.size('mamba_step', 2);
  const middle = Math.floor(step.value / 2);
  const isMamba = (i: number) =>
    hasMamba && (layers.value <= middle ? i !== layers.value - 1 : i % step.value !== middle);
  const layerOf = memo((kind: 'mamba' | 'full' | 'window') =>
    layer(kind === 'mamba' ? mamba : attentionOf(kind === 'full'), ffn, extra),
  );
  const groups = groupLayers(
    layers,
    { attention: text.originOf('mamba_step', 'mamba_enabled', 'full_attention_idx') },
    (i) => layerOf(isMamba(i) ? 'mamba' : full.has(i) ? 'full' : 'window'),
  );
  return { model, groups, ends: endsOf(model) };
};

export const plamo2Families: readonly Family[] = [
  { name: 'PLaMo 2', types: ['plamo2'], classes: ['Plamo2ForCausalLM'], schema: 'hybrid', read: readPlamo2 },
];
