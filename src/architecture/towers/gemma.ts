import { constant, product, type Expression } from '../expression';
import type { Tensor } from '../types';
import type { Part } from './tower';
import { type TowerConfig } from './tower';
import { audio, vision, type TowerReader } from './projectors';

/** Vision and audio towers of Gemma 4 (transformers' Gemma4VisionModel and Gemma4AudioModel). */

/** A linear layer without bias, clipped to learned bounds where the config says so: four numbers each. */
const clippable =
  (config: TowerConfig, byDefault: boolean) =>
  (part: Part, name: string, out: Expression, input: Expression): Tensor[] => [
    ...part.linear(`${name}.linear`, out, input, false),
    ...(config.flag('use_clipped_linears', byDefault)
      ? ['input_min', 'input_max', 'output_min', 'output_max'].flatMap((bound) =>
          part.vector(`${name}.${bound}`, constant(1)),
        )
      : []),
  ];

export const gemma4Vision: TowerReader = ({ config, hidden }) => {
  const part = vision.at('vision_tower');
  const linear = clippable(config, false);
  const width = config.size('hidden_size', 'W', 768);
  const inner = config.size('intermediate_size', 'I_v', 3072);
  const patch = config.side('patch_size', 'p', 16);
  const headDim = config.size('head_dim', 'd_v', 64);
  const queries = product(config.size('num_attention_heads', 'n_v', 12), headDim);
  const keys = product(config.size('num_key_value_heads', 'n_vk', 12), headDim);
  const layer = part.at('encoder.layers.*', config.size('num_hidden_layers', 'L_v', 16));
  return [
    ...part.linear('patch_embedder.input_proj', width, product(constant(3), patch, patch), false),
    ...part.table(
      'patch_embedder.position_embedding_table',
      product(2, config.size('position_embedding_size', 'N_pos', 10240)),
      width,
    ),
    ...linear(layer, 'self_attn.q_proj', queries, width),
    ...linear(layer, 'self_attn.k_proj', keys, width),
    ...linear(layer, 'self_attn.v_proj', keys, width),
    ...linear(layer, 'self_attn.o_proj', width, queries),
    ...['q_norm', 'k_norm'].flatMap((name) => layer.rmsNorm(`self_attn.${name}`, headDim)),
    ...linear(layer, 'mlp.gate_proj', inner, width),
    ...linear(layer, 'mlp.up_proj', inner, width),
    ...linear(layer, 'mlp.down_proj', width, inner),
    ...[
      'input_layernorm',
      'post_attention_layernorm',
      'pre_feedforward_layernorm',
      'post_feedforward_layernorm',
    ].flatMap((name) => layer.rmsNorm(name, width)),
    ...(config.flag('standardize', false)
      ? ['std_bias', 'std_scale'].flatMap((name) => part.vector(name, width))
      : []),
    ...vision.linear('embed_vision.embedding_projection', hidden, width, false),
  ];
};

/** A conformer: two half feed-forward networks around attention with relative positions and a light convolution. */
export const gemma4Audio: TowerReader = ({ config, hidden }) => {
  const part = audio.at('audio_tower');
  const linear = clippable(config, true);
  const width = config.size('hidden_size', 'W_a', 1024);
  const [first, second] = config.sizes('subsampling_conv_channels', 'C', [128, 32]);
  const heads = config.size('num_attention_heads', 'n_a', 8);
  const out = config.size('output_proj_dims', 'W_out', 1536);
  const layer = part.at('layers.*', config.size('num_hidden_layers', 'L_a', 12));
  const stem = part.at('subsample_conv_projection');
  if (!first || !second) return [];
  const headDim = product(width, constant(1 / heads.value));
  const feedForward = (name: string): Tensor[] => [
    ...linear(layer, `${name}.ffw_layer_1`, product(4, width), width),
    ...linear(layer, `${name}.ffw_layer_2`, width, product(4, width)),
    ...['pre_layer_norm', 'post_layer_norm'].flatMap((norm) => layer.rmsNorm(`${name}.${norm}`, width)),
  ];
  return [
    ...stem.conv('layer0.conv', first, constant(9), false),
    ...stem.rmsNorm('layer0.norm', first),
    ...stem.conv('layer1.conv', second, product(9, first), false),
    ...stem.rmsNorm('layer1.norm', second),
    ...stem.linear('input_proj_linear', width, product(0.25, first, second), false),
    ...feedForward('feed_forward1'),
    ...feedForward('feed_forward2'),
    ...['q_proj', 'k_proj', 'v_proj', 'post'].flatMap((name) =>
      linear(layer, `self_attn.${name}`, width, width),
    ),
    ...layer.linear('self_attn.relative_k_proj', width, width, false),
    ...layer.vector('self_attn.per_dim_scale', headDim),
    ...linear(layer, 'lconv1d.linear_start', product(2, width), width),
    ...linear(layer, 'lconv1d.linear_end', width, width),
    ...layer.conv('lconv1d.depthwise_conv1d', width, config.size('conv_kernel_size', 'k', 5), false),
    ...['lconv1d.pre_layer_norm', 'lconv1d.conv_norm'].flatMap((name) => layer.rmsNorm(name, width)),
    ...['norm_pre_attn', 'norm_post_attn', 'norm_out'].flatMap((name) => layer.rmsNorm(name, width)),
    ...part.linear('output_proj', out, width),
    ...audio.linear('embed_audio.embedding_projection', hidden, out, false),
  ];
};
