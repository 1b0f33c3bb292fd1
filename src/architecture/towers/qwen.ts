import { constant, product, quotient, sum, type Expression } from '../expression';
import type { Tensor } from '../types';
import { audio, vision, type TowerReader } from './projectors';
import { whisper } from './whisper';
import { blocks, flooredProduct, square, type BlockStyle, type Part, type TowerConfig } from './tower';

/** Vision towers of Qwen2-VL to Qwen3.5, of the Omni models and of their relatives, by transformers' modelling code. */

const LAYER_BLOCK: BlockStyle = {
  attention: [
    ['attn.qkv', 3, true],
    ['attn.proj', 1, true],
  ],
  up: ['mlp.fc1'],
  down: 'mlp.fc2',
  mlpBias: true,
  norms: ['norm1', 'norm2'],
  normKind: 'layer',
};
const GATED_BLOCK: BlockStyle = {
  ...LAYER_BLOCK,
  up: ['mlp.gate_proj', 'mlp.up_proj'],
  down: 'mlp.down_proj',
  normKind: 'rms',
};

/** A patch over two frames. */
function patchVolume(config: TowerConfig, patchSize: number): Expression {
  const patch = config.side('patch_size', 'p', patchSize);
  return product(
    config.size('in_channels', 'C', 3),
    config.size('temporal_patch_size', 't', 2),
    patch,
    patch,
  );
}

/** Neighbouring patches that are merged into one token, side by side. */
const mergedWidth = (config: TowerConfig, width: Expression): Expression =>
  product(square(config.size('spatial_merge_size', 'm', 2)), width);

/** Qwen2-VL: `embed_dim` is the width of the blocks, `hidden_size` what the merger puts out. */
export const qwen2Vision: TowerReader = ({ config }) => {
  const part = vision.at('visual');
  const width = config.size('embed_dim', 'W', 1280);
  const inner = flooredProduct('I_v', width, config.ratio('mlp_ratio', 'r_mlp', 4));
  const merged = mergedWidth(config, width);
  return [
    ...part.conv('patch_embed.proj', width, patchVolume(config, 14), false),
    ...blocks(part.at('blocks.*', config.size('depth', 'L_v', 32)), width, inner, LAYER_BLOCK),
    ...part.layerNorm('merger.ln_q', width),
    ...part.linear('merger.mlp.0', merged, merged),
    ...part.linear('merger.mlp.2', config.size('hidden_size', 'W_out', 3584), merged),
  ];
};

/** Qwen2.5-VL: gated MLPs and RMSNorms. `attention`: where its projections are cut otherwise. */
export function qwen25Tower(
  config: TowerConfig,
  part: Part,
  attention?: (layers: Part, width: Expression) => Tensor[],
): Tensor[] {
  const width = config.size('hidden_size', 'W', 3584);
  const merged = mergedWidth(config, width);
  const layers = part.at('blocks.*', config.size('depth', 'L_v', 32));
  const style = attention ? { ...GATED_BLOCK, attention: [] } : GATED_BLOCK;
  return [
    ...part.conv('patch_embed.proj', width, patchVolume(config, 14), false),
    ...(attention?.(layers, width) ?? []),
    ...blocks(layers, width, config.size('intermediate_size', 'I_v', 3420), style),
    ...part.rmsNorm('merger.ln_q', width),
    ...part.linear('merger.mlp.0', merged, merged),
    ...part.linear('merger.mlp.2', config.size('out_hidden_size', 'W_out', 3584), merged),
  ];
}
export const qwen25Vision: TowerReader = ({ config }) => qwen25Tower(config, vision.at('visual'));
export const qwen25OmniVision: TowerReader = ({ config }) =>
  qwen25Tower(config, vision.at('thinker.visual'), (layers, width) =>
    ['q', 'k', 'v', 'proj'].flatMap((name) => layers.linear(`attn.${name}`, width, width)),
  );

/** EXAONE 4.5: Qwen2.5-VL's tower with fewer heads of keys and values. */
export const exaoneVision: TowerReader = ({ config }) =>
  qwen25Tower(config, vision.at('visual'), (layers, width) => {
    const headDim = quotient(width, config.size('num_heads', 'n_v', 16));
    const keysAndValues = product(2, config.size('num_key_value_heads', 'n_vk', 8), headDim);
    return [
      ...layers.linear('attn.qkv', sum(width, keysAndValues), width),
      ...layers.linear('attn.proj', width, width),
    ];
  });

/** dots.ocr: Qwen2-VL's merger behind blocks without biases whose MLP has a gate. */
export const dotsVision: TowerReader = ({ config }) => {
  const part = vision.at('vision_tower');
  const width = config.size('embed_dim', 'W', 1536);
  const patch = config.side('patch_size', 'p', 14);
  const bias = config.flag('use_bias', false);
  const merged = mergedWidth(config, width);
  return [
    ...part.conv(
      'patch_embed.patchifier.proj',
      width,
      product(config.size('num_channels', 'C', 3), patch, patch),
    ),
    ...part.rmsNorm('patch_embed.patchifier.norm', width),
    ...blocks(
      part.at('blocks.*', config.size('num_hidden_layers', 'L_v', 42)),
      width,
      config.size('intermediate_size', 'I_v', 4224),
      {
        attention: [
          ['attn.qkv', 3, bias],
          ['attn.proj', 1, bias],
        ],
        up: ['mlp.fc1', 'mlp.fc3'],
        down: 'mlp.fc2',
        mlpBias: bias,
        norms: ['norm1', 'norm2'],
        normKind: 'rms',
      },
    ),
    ...(config.flag('post_norm', true) ? part.rmsNorm('post_trunk_norm', width) : []),
    ...part.layerNorm('merger.ln_q', width),
    ...part.linear('merger.mlp.0', merged, merged),
    ...part.linear('merger.mlp.2', config.size('hidden_size', 'W_out', 1536), merged),
  ];
};

interface MergerNames {
  readonly merger: readonly [norm: string, first: string, second: string];
  readonly list: string;
}
const QWEN3_NAMES: MergerNames = {
  merger: ['norm', 'linear_fc1', 'linear_fc2'],
  list: 'deepstack_merger_list.*',
};
const OMNI_NAMES: MergerNames = { merger: ['ln_q', 'mlp.0', 'mlp.2'], list: 'merger_list.*' };

/**
 * Qwen3-VL: learned positions, and with DeepStack one merger more for each layer whose output enters the language
 * model early; those norm after merging. Qwen3.5 has none.
 */
const qwen3 =
  (part: Part, deepstack: number, names: MergerNames): TowerReader =>
  ({ config }) => {
    const width = config.size('hidden_size', 'W', 1152);
    const merged = mergedWidth(config, width);
    const out = config.size('out_hidden_size', 'W_out', 3584);
    const [norm, first, second] = names.merger;
    const mergers = config.entries('deepstack_visual_indexes', 'N_deepstack', deepstack);
    const mlp = (of: Part) => [...of.linear(first, merged, merged), ...of.linear(second, out, merged)];
    const list = part.at(names.list, mergers);
    const layers = part.at('blocks.*', config.size('depth', 'L_v', 27));
    return [
      ...part.conv('patch_embed.proj', width, patchVolume(config, 16)),
      ...part.table('pos_embed', config.size('num_position_embeddings', 'N_pos', 2304), width),
      ...blocks(layers, width, config.size('intermediate_size', 'I_v', 4304), {
        ...LAYER_BLOCK,
        up: ['mlp.linear_fc1'],
        down: 'mlp.linear_fc2',
      }),
      ...part.layerNorm(`merger.${norm}`, width),
      ...mlp(part.at('merger')),
      ...(mergers.value > 0 ? [...list.layerNorm(norm, merged), ...mlp(list)] : []),
    ];
  };
export const qwen3Vision = qwen3(vision.at('visual'), 3, QWEN3_NAMES);
export const qwen35Vision = qwen3(vision.at('visual'), 0, QWEN3_NAMES);
export const qwen3OmniVision = qwen3(vision.at('thinker.visual'), 3, OMNI_NAMES);

/** The audio encoder of Qwen2.5-Omni: Whisper's with a projection and two learned tokens, and no stored positions. */
export const qwen25OmniAudio: TowerReader = ({ config }) => {
  const part = audio.at('thinker.audio_tower');
  const { tensors, width } = whisper(config, part, { positions: 0, keyBias: false, lastNorm: 'ln_post' });
  const out = config.size('output_dim', 'W_out', 3584);
  return [
    ...tensors,
    ...part.table('audio_bos_eos_token', constant(2), out),
    ...part.linear('proj', out, width),
  ];
};

/** The audio encoder of Qwen3-Omni: three strided convolutions over time and frequency, then Whisper's blocks. */
export const qwen3OmniAudio: TowerReader = ({ config }) => {
  const part = audio.at('thinker.audio_tower');
  const { tensors, width } = whisper(config, part, {
    positions: 0,
    keyBias: true,
    lastNorm: 'ln_post',
    stem: (stemPart, stemWidth, mel) => {
      const channels = config.size('downsample_hidden_size', 'C_down', 480);
      return [
        ...stemPart.conv('conv2d1', channels, constant(9)),
        ...['conv2d2', 'conv2d3'].flatMap((name) => stemPart.conv(name, channels, product(9, channels))),
        ...stemPart.linear('conv_out', stemWidth, product(channels, mel.halved(3)), false),
      ];
    },
  });
  const out = config.size('output_dim', 'W_out', 3584);
  return [...tensors, ...part.linear('proj1', width, width), ...part.linear('proj2', out, width)];
};
