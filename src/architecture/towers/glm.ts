import { product, quotient } from '../expression';
import { blocks, patchesOf, square } from './tower';
import { vision, type TowerReader } from './projectors';

/**
 * GLM-4.1V, 4.5V and 4.6V (transformers' Glm4vVisionModel), and GLM-OCR. The blocks' MLP of the former is
 * `out_hidden_size` wide: the key `intermediate_size` is the merger's.
 */
const glm =
  (isOcr: boolean): TowerReader =>
  ({ config }) => {
    const part = vision.at('visual');
    const width = config.size('hidden_size', 'W', isOcr ? 1024 : 1536);
    const out = config.size('out_hidden_size', 'W_out', isOcr ? 1536 : 4096);
    const inner = config.size('intermediate_size', 'I_v', isOcr ? 4096 : 13696);
    const bias = config.flag('attention_bias', isOcr);
    const patch = config.side('patch_size', 'p', 14);
    const channels = config.size('in_channels', 'C', 3);
    const frames = config.size('temporal_patch_size', 't', 2);
    const merge = config.size('spatial_merge_size', 'm', 2);
    const layers = part.at('blocks.*', config.size('depth', 'L_v', 24));
    const merger = part.at('merger');
    const merged = isOcr ? product(channels, out) : inner;
    return [
      ...(isOcr
        ? []
        : part.table(
            'embeddings.position_embedding',
            patchesOf(config.side('image_size', 's', 336), patch),
            width,
          )),
      ...part.conv('patch_embed.proj', width, product(channels, frames, patch, patch)),
      ...blocks(layers, width, isOcr ? inner : out, {
        attention: [
          ['attn.qkv', 3, bias],
          ['attn.proj', 1, isOcr && bias],
        ],
        up: ['mlp.gate_proj', 'mlp.up_proj'],
        down: 'mlp.down_proj',
        mlpBias: isOcr && bias,
        norms: ['norm1', 'norm2'],
        normKind: 'rms',
      }),
      ...(isOcr
        ? ['attn.q_norm', 'attn.k_norm'].flatMap((name) =>
            layers.rmsNorm(name, quotient(width, config.size('num_heads', 'n_v', 16))),
          )
        : part.rmsNorm('post_conv_layernorm', width)),
      ...part.conv('downsample', out, product(width, square(merge))),
      ...part.rmsNorm('post_layernorm', width),
      ...merger.linear('proj', out, out, false),
      ...merger.layerNorm('post_projection_norm', out),
      ...merger.linear('gate_proj', merged, out, false),
      ...merger.linear('up_proj', merged, out, false),
      ...merger.linear('down_proj', out, merged, false),
    ];
  };
export const glm4v = glm(false);
export const glmOcr = glm(true);
