import { constant, product, quotient, type Expression } from '../expression';
import type { Tensor } from '../types';
import { mobilenet, MOBILENET_WIDTH } from './mobilenet';
import { audio, vision, type TowerReader } from './projectors';
import { derived, type Part, type TowerConfig } from './tower';

/** Towers of Gemma 3n (transformers' gemma3n, timm's MobileNet-V5). */

/** What puts a tower's features, or tokens that stand for sound and images, into the language model. */
function embedder(part: Part, config: TowerConfig, width: Expression, hidden: Expression): Tensor[] {
  return [
    ...part.table('embedding', config.size('vocab_size', 'V_soft', 128), width),
    ...['hard_embedding_norm', 'soft_embedding_norm'].flatMap((name) => part.rmsNorm(name, width)),
    ...part.linear('embedding_projection', hidden, width, false),
  ];
}

export const gemma3nVision: TowerReader = ({ config, hidden }) => {
  if ((config.text('architecture') ?? 'mobilenetv5_300m_enc') !== 'mobilenetv5_300m_enc')
    config.unsupported('architecture');
  const width = config.size('hidden_size', 'W', MOBILENET_WIDTH);
  return [
    ...mobilenet(vision.at('vision_tower.timm_model')),
    ...embedder(vision.at('embed_vision'), config, width, hidden),
  ];
};

/** The Universal Speech Model's conformer: two half feed-forward networks around local attention and a convolution. */
export const gemma3nAudio: TowerReader = ({ config, hidden }) => {
  const part = audio.at('audio_tower');
  const width = config.size('hidden_size', 'W_a', 1536);
  const heads = config.size('conf_num_attention_heads', 'n_a', 8);
  const layer = part.at('conformer.*', config.size('conf_num_hidden_layers', 'L_a', 12));
  const feedForward = (name: string): Tensor[] => [
    ...layer.rmsNorm(`${name}.pre_layer_norm`, width),
    ...layer.linear(`${name}.ffw_layer_1`, product(4, width), width, false),
    ...layer.linear(`${name}.ffw_layer_2`, width, product(4, width), false),
    ...layer.rmsNorm(`${name}.post_layer_norm`, width),
  ];
  const attention = ['q_proj', 'k_proj', 'v_proj', 'relative_position_embedding.pos_proj'];
  return [
    ...subsampling(config, part.at('subsample_conv_projection'), width),
    ...['ffw_layer_start', 'ffw_layer_end'].flatMap(feedForward),
    ...attention.flatMap((name) => layer.linear(`attention.attn.${name}`, width, width, false)),
    ...layer.vector('attention.attn.per_dim_scale', quotient(width, heads)),
    ...layer.linear('attention.post', width, width, false),
    ...['pre_attn_norm', 'post_norm'].flatMap((name) => layer.rmsNorm(`attention.${name}`, width)),
    ...layer.linear('lconv1d.linear_start', product(2, width), width, false),
    ...layer.conv('lconv1d.depthwise_conv1d', width, config.size('conf_conv_kernel_size', 'k', 5), false),
    ...layer.linear('lconv1d.linear_end', width, width, false),
    ...['lconv1d.pre_layer_norm', 'lconv1d.conv_norm', 'norm'].flatMap((name) => layer.rmsNorm(name, width)),
    ...embedder(audio.at('embed_audio'), config, width, hidden),
  ];
};

/** Two convolutions of 3 by 3 with stride 2 over time and frequency; other kernels are in no release. */
function subsampling(config: TowerConfig, part: Part, width: Expression): Tensor[] {
  const [first, second] = config.sizes('sscp_conv_channel_size', 'C', [128, 32]);
  const repeats = (key: string, side: number) => {
    const value = JSON.stringify(config.reader.raw(key) ?? null);
    if (value !== 'null' && value !== JSON.stringify([side, side].map(() => [side, side])))
      config.unsupported(key);
  };
  repeats('sscp_conv_kernel_size', 3);
  repeats('sscp_conv_stride_size', 2);
  const bins = config.size('input_feat_size', 'N_mel', 128);
  const halved = (n: number) => Math.floor((n - 1) / 2) + 1;
  const left = derived('N_freq', halved(halved(bins.value)), [bins], 'frequency bins left');
  if (!first || !second) return [];
  return [
    ...part.conv('conv_0.conv', first, constant(9), false),
    ...part.vector('conv_0.norm', first),
    ...part.conv('conv_1.conv', second, product(9, first), false),
    ...part.vector('conv_1.norm', second),
    ...part.linear('input_proj_linear', width, product(second, left), false),
  ];
}
