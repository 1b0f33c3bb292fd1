import { product } from '../expression';
import { moonVit } from './encoders';
import { twoLinear, vision, type TowerReader } from './projectors';
import { blocks, type TowerConfig } from './tower';

/** Towers of the Kimi models: MoonViT and a projector that puts neighbouring patches side by side. */

const PROJ = ['proj.0', 'proj.2'] as const;

/** Kimi-VL (transformers' kimi_vl, its own code). */
export const kimiVl: TowerReader = ({ config, hidden }) => {
  const { tensors, width } = moonVit(config, vision.at('vision_tower'));
  const projector = vision.at('multi_modal_projector');
  const merged = product(...config.sizes('merge_kernel_size', 'm', [2, 2]), width);
  return [
    ...tensors,
    ...projector.layerNorm('pre_norm', width),
    ...twoLinear(projector, merged, merged, hidden),
  ];
};

/** Kimi-K2.5 and K2.6: the same sizes under keys that begin with `vt_`. */
export const kimiK25: TowerReader = ({ config, hidden }) => {
  expectProjector(config, 'patchmerger');
  const { tensors, width } = moonVit(config, vision.at('vision_tower'));
  const projector = vision.at('mm_projector');
  const features = config.has('mm_hidden_size') ? config.size('mm_hidden_size', 'W_mm') : width;
  const merged = product(...config.sizes('merge_kernel_size', 'm', [2, 2]), features);
  return [
    ...tensors,
    ...projector.layerNorm('pre_norm', features),
    ...twoLinear(projector, merged, merged, hidden, true, PROJ),
  ];
};

/** Kimi-K3: MoonViT without biases, whose attention is wider than its blocks; the projector's norm stands behind it. */
export const kimiK3: TowerReader = ({ config, hidden }) => {
  expectProjector(config, 'patchmergerv2');
  const part = vision.at('vision_tower');
  const width = config.size('vt_hidden_size', 'W', 1024);
  const attention = config.size('qkv_hidden_size', 'W_qkv', 1536);
  const inner = config.size('vt_intermediate_size', 'I_v', 4096);
  const patch = config.side('patch_size', 'p', 14);
  const layers = part.at('encoder.blocks.*', config.size('vt_num_hidden_layers', 'L_v', 27));
  const normKind = (config.text('norm_type') ?? 'rmsnorm') === 'rmsnorm' ? 'rms' : 'layer';
  const attentionBias = config.flag('attn_bias', false);
  if ((config.text('mlp_type') ?? 'mlp2') !== 'mlp2') config.unsupported('mlp_type');
  const projector = vision.at('mm_projector');
  const features = config.has('mm_hidden_size') ? config.size('mm_hidden_size', 'W_mm') : width;
  const merged = product(...config.sizes('merge_kernel_size', 'm', [2, 2]), features);
  const positions = product(
    config.size('init_pos_emb_height', 'N_rows', 64),
    config.size('init_pos_emb_width', 'N_columns', 64),
  );
  return [
    ...part.conv(
      'patch_embed.proj',
      width,
      product(3, patch, patch),
      config.flag('patch_embed_proj_bias', false),
    ),
    ...part.table('patch_embed.pos_emb', positions, width),
    ...layers.linear('wqkv', product(3, attention), width, attentionBias),
    ...layers.linear('wo', width, attention, attentionBias),
    ...blocks(layers, width, inner, {
      attention: [],
      up: ['mlp.fc0'],
      down: 'mlp.fc1',
      mlpBias: config.flag('linear_bias', false),
      norms: ['norm0', 'norm1'],
      normKind,
    }),
    ...(normKind === 'rms'
      ? part.rmsNorm('encoder.final_layernorm', width)
      : part.layerNorm('encoder.final_layernorm', width)),
    ...twoLinear(projector, merged, merged, hidden, false, PROJ),
    ...projector.rmsNorm('post_norm', hidden),
  ];
};

function expectProjector(config: TowerConfig, type: string): void {
  if ((config.text('mm_projector_type') ?? type) !== type) config.unsupported('mm_projector_type');
}
