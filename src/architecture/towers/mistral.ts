import { product } from '../expression';
import { pixtral } from './encoders';
import type { TowerReader } from './projectors';
import { Part, square } from './tower';

/**
 * The vision encoder of Mistral's own params.json (`VisionEncoderArgs` and `VisionLanguageAdapter` of mistral-inference and
 * vLLM's pixtral.py): a Pixtral encoder, neighbours merged and normalized where the file says so, two linear layers.
 */
export const mistralVision: TowerReader = ({ config, hidden }) => {
  // The Pixtral encoder's defaults are Hugging Face's: here every size stands in the file.
  for (const key of ['hidden_size', 'num_hidden_layers', 'intermediate_size', 'patch_size'])
    if (!config.has(key)) config.unsupported(key);
  const vision = new Part('vision');
  const { tensors, width } = pixtral(config, vision.at('vision_encoder'));
  const bias = config.flag('adapter_bias', true);
  const merged = product(square(config.size('spatial_merge_size', 'm', 2)), width);
  const merges = config.text('mm_projector_id') === 'patch_merge';
  const adapter = vision.at('vision_language_adapter');
  return [
    ...tensors,
    ...(config.flag('add_pre_mm_projector_layer_norm', false)
      ? vision.rmsNorm('pre_mm_projector_norm', width)
      : []),
    ...(merges ? vision.linear('patch_merger.merging_layer', width, merged, false) : []),
    ...adapter.linear('w_in', hidden, width, bias),
    ...adapter.linear('w_out', hidden, hidden, bias),
  ];
};
