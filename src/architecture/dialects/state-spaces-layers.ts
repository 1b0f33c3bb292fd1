import { denseFfn, recurrentMixer, softmaxAttention, STATE_FLOPS } from '../blocks';
import { product, sum, type Expression } from '../expression';
import { hiddenOf, type FamilyParts } from '../families/decoder';
import { given, groupLayers, type ConfigReader } from '../reader';
import { convolution, norms, symbol, vector } from '../tensors';
import type { AttentionBlock, FfnBlock, Layer } from '../types';

/** Keys of `attn_cfg` that are read here, or cost nothing. */
export const ATTENTION_KEYS = [
  ...['num_heads', 'num_heads_kv', 'head_dim', 'd_conv', 'qkv_proj_bias', 'out_proj_bias', 'mlp_dim'],
  ...['causal', 'softmax_scale', 'rotary_emb_dim', 'rotary_emb_base', 'rotary_emb_interleaved'],
];

/**
 * Attention in the layers of `attn_layer_idx` and a gated FFN of `d_intermediate` in all, where a config of the
 * state-spaces repository has them (state-spaces/mamba2attn-2.7b; mamba_ssm's create_block).
 */
export function withFurtherParts(text: ConfigReader, parts: FamilyParts): FamilyParts {
  const listed = new Set(text.list('attn_layer_idx') ?? []);
  const ffn = readFfn(text, hiddenOf(parts.model));
  const [mixers] = parts.groups;
  if (!mixers || (listed.size === 0 && ffn === null)) return parts;
  const hidden = hiddenOf(parts.model);
  const layerOf = (attention: readonly AttentionBlock[]): Layer => ({
    attention,
    ffn: ffn ? [ffn] : [],
    extra: ffn ? [...mixers.extra, ...norms(['norm2'], hidden)] : mixers.extra,
  });
  const plain = layerOf(mixers.attention);
  const attending = listed.size > 0 ? layerOf(readAttention(text, hidden)) : plain;
  const groups = groupLayers(
    text.layers(),
    { attention: text.originOf('attn_layer_idx'), ffn: text.originOf('attn_layer_idx') },
    (i) => (listed.has(i) ? attending : plain),
  );
  return { ...parts, groups };
}

/** GatedMLP rounds its width up to 128. */
function readFfn(text: ConfigReader, hidden: Expression): FfnBlock | null {
  const width = text.size('d_intermediate', 0, 0);
  if (width.value === 0) return null;
  return denseFfn(hidden, {
    intermediate: given(128 * Math.ceil(width.value / 128), width.origin),
    names: { gateUp: 'fc1', down: 'fc2' },
  });
}

/** With `d_conv`, a short convolution over queries, keys and values, which keeps its last inputs (mamba_ssm's MHA). */
function readAttention(text: ConfigReader, hidden: Expression): AttentionBlock[] {
  const config = text.nested('attn_cfg');
  const width = text.size('hidden_size');
  const queryHeads = config.size('num_heads');
  const kvHeads = config.size('num_heads_kv', queryHeads);
  const headDim = config.size(
    'head_dim',
    given(Math.max(1, Math.floor(width.value / queryHeads.value)), width.origin),
  );
  if ((config.optionalSize('mlp_dim', 0)?.value ?? 0) > 0)
    config.problem(
      'error',
      'config/unsupported',
      'Decode Lens does not read an FFN inside the attention ("mlp_dim").',
      ['mlp_dim'],
    );
  const kernel = config.optionalSize('d_conv', 0);
  const channels = product(
    sum(symbol('n_q', queryHeads), product(2, symbol('n_kv', kvHeads))),
    symbol('d', headDim),
  );
  const hasConv = kernel !== null && kernel.value > 0;
  const attention = softmaxAttention(hidden, {
    queryHeads,
    kvHeads,
    headDim,
    bias: {
      qkv: config.flag('qkv_proj_bias', true).value,
      o: config.flag('out_proj_bias', true).value,
    },
    prefix: 'mixer.',
    names: { qkv: 'in_proj', o: 'out_proj' },
    extra: hasConv
      ? [
          convolution('mixer.conv1d', 'attention', channels, symbol('k_conv', kernel)),
          vector('mixer.conv1d.bias', 'attention', channels),
        ]
      : [],
  });
  if (!hasConv) return [attention];
  const none = given(0);
  const inputs = recurrentMixer({
    variant: 'short conv',
    heads: none,
    keyDim: none,
    valueDim: none,
    convChannels: given(channels.value, {
      paths: [...queryHeads.origin.paths, ...kvHeads.origin.paths, ...headDim.origin.paths],
    }),
    convTaps: given(kernel.value - 1, kernel.origin),
    flopsPerStateElement: STATE_FLOPS.diagonal,
    tensors: [],
  });
  return [attention, inputs];
}
