import { product } from '../expression';
import { blocks, patchesOf, square } from './tower';
import { vision, type TowerReader } from './projectors';

/**
 * GLM-4.1V, 4.5V and 4.6V (transformers' Glm4vVisionModel). The blocks' MLP is `out_hidden_size` wide; the key
 * `intermediate_size` is the merger's.
 */
export const glm4v: TowerReader = ({ config }) => {
  const part = vision.at('visual');
  const width = config.size('hidden_size', 'W', 1536);
  const out = config.size('out_hidden_size', 'W_out', 4096);
  const inner = config.size('intermediate_size', 'I_m', 13696);
  const patch = config.side('patch_size', 'p', 14);
  const volume = product(
    config.size('in_channels', 'C', 3),
    config.size('temporal_patch_size', 't', 2),
    patch,
    patch,
  );
  const positions = patchesOf(config.side('image_size', 's', 336), patch);
  const merge = config.size('spatial_merge_size', 'm', 2);
  const merger = part.at('merger');
  return [
    ...part.table('embeddings.position_embedding', positions, width),
    ...part.conv('patch_embed.proj', width, volume),
    ...blocks(part.at('blocks.*', config.size('depth', 'L_v', 24)), width, out, {
      attention: [
        ['attn.qkv', 3, config.flag('attention_bias', false)],
        ['attn.proj', 1, false],
      ],
      up: ['mlp.gate_proj', 'mlp.up_proj'],
      down: 'mlp.down_proj',
      mlpBias: false,
      norms: ['norm1', 'norm2'],
      normKind: 'rms',
    }),
    ...part.rmsNorm('post_conv_layernorm', width),
    ...part.conv('downsample', out, product(width, square(merge))),
    ...part.rmsNorm('post_layernorm', width),
    ...merger.linear('proj', out, out, false),
    ...merger.layerNorm('post_projection_norm', out),
    ...merger.linear('gate_proj', inner, out, false),
    ...merger.linear('up_proj', inner, out, false),
    ...merger.linear('down_proj', out, inner, false),
  ];
};
