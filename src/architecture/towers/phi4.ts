import { constant, product, type Expression } from '../expression';
import type { Tensor } from '../types';
import { siglipHead, siglipTrunk } from './encoders';
import { audio, twoLinear, vision, type TowerReader } from './projectors';
import { derived, projections, type Part, type TowerConfig } from './tower';

/**
 * Towers of Phi-4-multimodal, in Microsoft's own format (`phi4mm`) and in transformers' (`phi4_multimodal`). Its LoRA
 * matrices stand in the language model's layers and are no part of them.
 */

/** SigLIP-So400m at 448 pixels with its head, which is stored though nothing uses it; learned vectors for lines and views. */
export const phi4Vision: TowerReader = ({ config, hidden }) => {
  const part = vision.at('embed_tokens_extend.image_embed');
  const sizes = { width: 1152, inner: 4304, layers: 27, image: 448, patch: 14 };
  const { tensors, width } = siglipTrunk(config, part.at('img_processor'), sizes);
  const inner = config.size('intermediate_size', 'I_v', sizes.inner);
  return [
    ...tensors,
    ...siglipHead(part.at('img_processor'), width, inner),
    ...twoLinear(part.at('img_projection'), width, hidden, hidden, true, ['0', '2']),
    ...['glb_GN', 'sub_GN'].flatMap((name) => part.vector(name, width)),
  ];
};

/** A conformer with one projector for sound alone and another for sound beside images. */
export const phi4Audio: TowerReader = ({ config, hidden }) => {
  const isOwn = config.has('config');
  const own = config.nested('config');
  const at = isOwn ? own.withAliases(OWN_KEYS) : config;
  const part = audio.at('embed_tokens_extend.audio_embed');
  const encoder = part.at('encoder');
  const width = at.size('hidden_size', 'W_a', 1024);
  const bins = at.size('input_size', 'N_mel', 80);
  const buckets = product(
    at.flag('bias_symmetric', false) ? 1 : 2,
    at.size('bias_max_distance', 'N_bias', isOwn ? 500 : 1000),
  );
  return [
    ...['global_mean', 'global_invstd'].flatMap((name) => encoder.vector(`encoder_embedding.${name}`, bins)),
    ...subsampling(at, encoder.at('embed'), width, bins),
    ...encoder.table(
      'relative_attention_bias_layer.bias_values',
      buckets,
      at.size('num_attention_heads', 'n_a', 16),
    ),
    ...conformer(at, encoder.at('encoders.*', at.size('num_blocks', 'L_a', 24)), width),
    ...['speech', 'vision'].flatMap((name) =>
      twoLinear(part.at(`audio_projection.${name}`), width, hidden, hidden, true, ['0', '2']),
    ),
  ];
};

const OWN_KEYS = {
  hidden_size: ['attention_dim'],
  intermediate_size: ['linear_units'],
  num_attention_heads: ['attention_heads'],
  nemo_conv_channels: [['nemo_conv_settings', 'conv_channels']],
  bias_max_distance: [['relative_attention_bias_args', 't5_bias_max_distance']],
  bias_symmetric: [['relative_attention_bias_args', 't5_bias_symmetric']],
};

/** Strided convolutions that halve time and frequency until `time_reduction` is reached. */
function subsampling(config: TowerConfig, part: Part, width: Expression, bins: Expression): Tensor[] {
  const channels = config.size('nemo_conv_channels', 'C', 1024);
  const reduction = config.size('time_reduction', 'r_time', 8);
  const times = Math.floor(Math.log2(reduction.value));
  let left = bins.value;
  for (let i = 0; i < times; i++) left = Math.floor((left - 1) / 2 + 1);
  const more = derived('N_conv', times - 1, [reduction]);
  const rest = part.at('conv.*', more);
  return [
    ...part.conv('conv.0', channels, constant(9)),
    ...(more.value > 0
      ? [...rest.conv('depthwise', channels, constant(9)), ...rest.conv('pointwise', channels, channels)]
      : []),
    ...part.linear('out', width, product(channels, derived('N_freq', left, [bins, reduction]))),
  ];
}

function conformer(config: TowerConfig, layer: Part, width: Expression): Tensor[] {
  const inner = config.size('intermediate_size', 'I_a', 1536);
  const out = config.size('ext_pw_out_channel', 'C_pw', 1024);
  const separable = config.size(
    ['depthwise_separable_out_channel', 'depthwise_seperable_out_channel'],
    'C_dw',
    1024,
  );
  const multiplied = product(config.size('depthwise_multiplier', 'r_dw', 1), width);
  const feedForward = (name: string): Tensor[] => [
    ...layer.layerNorm(`${name}.layer_norm`, width),
    ...layer.linear(`${name}.gate_up_proj`, product(2, inner), width),
    ...layer.linear(`${name}.down_proj`, width, inner),
  ];
  return [
    ...['feed_forward_in', 'feed_forward_out'].flatMap(feedForward),
    ...projections('self_attn', 'o_proj', true).flatMap(([name]) => layer.linear(name, width, width)),
    ...layer.layerNorm('conv.layer_norm', width),
    ...layer.conv('conv.glu.ext_pw_conv_1d', product(2, out), width),
    ...['b1', 'b2'].flatMap((name) => layer.vector(`conv.glu.${name}`, out)),
    ...layer.conv('conv.dw_sep_conv_1d.dw_conv', multiplied, config.size('kernel_size', 'k', 3)),
    ...layer.conv('conv.dw_sep_conv_1d.pw_conv', separable, multiplied),
    ...layer.conv('conv.ext_pw_conv_1d', out, width),
    ...['layer_norm_att', 'layer_norm'].flatMap((name) => layer.layerNorm(name, width)),
  ];
}
