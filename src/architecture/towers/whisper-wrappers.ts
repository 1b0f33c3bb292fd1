import { twoLinear, audio, type TowerReader } from './projectors';
import { whisper } from './whisper';

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
