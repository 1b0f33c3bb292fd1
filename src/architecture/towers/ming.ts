import { constant, product, sum, type Expression } from '../expression';
import type { Tensor } from '../types';
import { audio, vision, type TowerReader } from './projectors';
import { qwen25Tower } from './qwen';
import type { Part, TowerConfig } from './tower';
import { whisper, WHISPER_LARGE } from './whisper';

/** Towers of Ming-Lite-Omni (inclusionAI/Ming, modeling_bailingmm.py): each with an MLP of `mlp_depth` layers after it. */

const restOfMlp = (part: Part, root: TowerConfig, hidden: Expression): Tensor[] => {
  const depth = root.size('mlp_depth', 'L_p', 1);
  return depth.value > 1 ? part.at('*', sum(depth, -1)).linear('', hidden, hidden) : [];
};

/** Qwen2.5-VL's tower; Ming-Flash-Omni 2.0 has another. */
export const mingVision: TowerReader = ({ config, root, hidden }) => {
  if ((config.text('model_type') ?? 'qwen2_5_vit') !== 'qwen2_5_vit') config.unsupported('model_type');
  return [
    ...qwen25Tower(config, vision.at('vision')),
    ...vision.linear('linear_proj.0', hidden, config.size('out_hidden_size', 'W_out', 3584)),
    ...restOfMlp(vision.at('linear_proj'), root, hidden),
  ];
};

/** FunASR's SANM encoder in 1.0, Whisper's in 1.5 and later. */
export const mingAudio: TowerReader = ({ config, root, hidden }) => {
  const { tensors, width } = config.has('whisper_encoder_config')
    ? originalWhisper(config.nested('whisper_encoder_config'), audio.at('audio'))
    : sanm(config.nested('audio_encoder_config_sanm'), audio.at('audio'));
  const kernel = config.size('ds_kernel_size', 'k', 1);
  return [
    ...tensors,
    ...audio.conv('linear_proj_audio.0', hidden, product(kernel, width)),
    ...restOfMlp(audio.at('linear_proj_audio'), root, hidden),
  ];
};

/** Whisper's encoder under the keys of OpenAI's own code, with positions for five minutes. */
const OWN_KEYS = {
  d_model: ['n_state'],
  encoder_layers: ['n_layer'],
  num_mel_bins: ['n_mels'],
  max_source_positions: ['n_ctx'],
};
function originalWhisper(config: TowerConfig, part: Part) {
  const renamed = config.withAliases(OWN_KEYS);
  const inner = product(4, renamed.size('d_model', 'W_a', WHISPER_LARGE.width));
  return whisper(renamed, part, { positions: 15000, keyBias: false, lastNorm: 'ln_post', inner });
}

/** FunASR's SANM encoder: attention with a depthwise convolution over its values; only the first block's input is wider. */
function sanm(config: TowerConfig, part: Part): { tensors: readonly Tensor[]; width: Expression } {
  const width = config.size('output_size', 'W_a', 256);
  const input = config.size('input_size', 'W_in');
  const inner = config.size('linear_units', 'I_a', 2048);
  const layers = config.size('num_blocks', 'L_a', 6);
  const kernel = config.size('kernel_size', 'k', 11);
  if ((config.text('input_layer') ?? 'conv2d') !== 'pe') config.unsupported('input_layer');
  const block = (of: Part, from: Expression): Tensor[] => [
    ...of.linear('self_attn.linear_q_k_v', product(3, width), from),
    ...of.linear('self_attn.linear_out', width, width),
    ...of.conv('self_attn.fsmn_block', width, kernel, false),
    ...of.linear('feed_forward.w_1', inner, width),
    ...of.linear('feed_forward.w_2', width, inner),
    ...of.layerNorm('norm1', from),
    ...of.layerNorm('norm2', width),
  ];
  return {
    width,
    tensors: [
      ...block(part.at('encoders0.0', constant(1)), input),
      ...block(part.at('encoders.*', sum(layers, -1)), width),
      ...part.layerNorm('after_norm', width),
    ],
  };
}
