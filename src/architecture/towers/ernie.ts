import { product } from '../expression';
import { vision, type TowerReader } from './projectors';
import { blocks, flooredProduct, square } from './tower';

/**
 * ERNIE 4.5 VL (transformers' ernie4_5_vl_moe): Qwen2-VL's blocks, patches of one frame through a matrix, and a resampler
 * that merges neighbours in space, then in time.
 */
export const ernieVision: TowerReader = ({ config, root, hidden }) => {
  const part = vision.at('vision_model');
  const width = config.size(['embed_dim', 'hidden_size'], 'W', 1280);
  const inner = config.has('intermediate_size')
    ? config.size('intermediate_size', 'I_v')
    : flooredProduct('I_v', width, config.ratio('mlp_ratio', 'r_mlp', 4));
  const patch = config.side('patch_size', 'p', 14);
  const merge = config.size('spatial_merge_size', 'm', 2);
  // The first releases say at the root how the resampler merges.
  const spatial = root.has('spatial_conv_size') ? root.size('spatial_conv_size', 'm') : merge;
  const temporal = root.has('temporal_conv_size')
    ? root.size('temporal_conv_size', 'm_t')
    : config.size('temporal_merge_size', 'm_t', 2);
  const merged = product(square(spatial), width);
  const resampler = vision.at('resampler_model');
  const mlp = (name: string, input: typeof width) => [
    ...resampler.linear(`${name}.0`, merged, input),
    ...resampler.linear(`${name}.2`, merged, merged),
    ...resampler.layerNorm(`${name}.3`, merged),
  ];
  return [
    ...part.linear(
      'patch_embed.proj',
      width,
      product(config.size(['in_channels', 'in_chans'], 'C', 3), patch, patch),
      false,
    ),
    ...blocks(part.at('blocks.*', config.size('depth', 'L_v', 32)), width, inner, {
      attention: [
        ['attn.qkv', 3, true],
        ['attn.proj', 1, true],
      ],
      up: ['mlp.fc1'],
      down: 'mlp.fc2',
      mlpBias: true,
      norms: ['norm1', 'norm2'],
      normKind: 'layer',
    }),
    ...part.layerNorm('ln', width),
    ...mlp('spatial_linear', merged),
    ...(root.flag('use_temporal_conv', true) ? mlp('temporal_linear', product(temporal, merged)) : []),
    ...resampler.linear('mlp', hidden, merged),
    ...resampler.rmsNorm('after_norm', hidden),
  ];
};
