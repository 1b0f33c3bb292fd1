import { twoLinear, audio, type TowerReader } from './projectors';
import { product } from '../expression';
import { whisper, WHISPER, WHISPER_TINY } from './whisper';

/** Wrappers around Whisper's encoder, by transformers' modelling code. */

/** Qwen2-Audio: one matrix after pooling pairs of frames. */
export const qwen2Audio: TowerReader = ({ config, hidden }) => {
  const { tensors, width } = whisper(config, audio.at('audio_tower'));
  return [...tensors, ...audio.linear('multi_modal_projector.linear', hidden, width)];
};

/** Voxtral: four frames side by side, as wide as the encoder's MLP, through two matrices. */
export const voxtral: TowerReader = ({ config, hidden }) => {
  const { tensors, inner } = whisper(config, audio.at('audio_tower'));
  return [...tensors, ...twoLinear(audio.at('multi_modal_projector'), inner, hidden, hidden, false)];
};

/**
 * Ultravox (its own code): frames side by side through a gated projector with two norms. Its checkpoints hold the projector
 * alone; encoder and language model are those that it was trained between.
 */
export const ultravox: TowerReader = ({ config, root, hidden }) => {
  const { tensors, width } = whisper(config, audio.at('audio_tower'), WHISPER, WHISPER_TINY);
  const part = audio.at('multi_modal_projector');
  const stacked = product(root.size('stack_factor', 'N_stack', 8), width);
  const inner = root.size('hidden_size', 'I_p', 4096);
  const gated = (root.text('projector_act') ?? 'swiglu') === 'swiglu' ? product(0.5, inner) : inner;
  return [
    ...tensors,
    ...part.rmsNorm('ln_pre', stacked),
    ...part.linear('linear_1', inner, stacked, false),
    ...part.linear('linear_2', hidden, gated, false),
    ...(root.flag('projector_ln_mid', false)
      ? part.rmsNorm('ln_mid', gated)
      : part.rmsNorm('ln_post', hidden)),
  ];
};
