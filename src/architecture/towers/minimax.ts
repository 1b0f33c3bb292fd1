import { product } from '../expression';
import { clipBlocks } from './encoders';
import { twoLinear, vision, type TowerReader } from './projectors';
import { square } from './tower';

/**
 * MiniMax-M3's vision tower: CLIP's blocks with rotary positions over patches of two frames, no last norm; a projector a
 * patch, then one for merged neighbours. Enumerated, it makes the 865,567,232 elements that the published tensor list has
 * beside the language model.
 */
export const minimaxM3Vision: TowerReader = ({ config, root, hidden }) => {
  const model = vision.at('vision_tower.vision_model');
  const width = config.size('hidden_size', 'W', 1280);
  const patch = config.side('patch_size', 'p', 14);
  const frames = config.size('temporal_patch_size', 't', 2);
  const inner = root.has('projector_hidden_size') ? root.size('projector_hidden_size', 'I_p') : hidden;
  const bias = root.flag('multimodal_projector_bias', true);
  const merged = product(square(config.size('spatial_merge_size', 'm', 2)), hidden);
  return [
    ...model.conv(
      'embeddings.patch_embedding',
      width,
      product(config.size('num_channels', 'C', 3), frames, patch, patch),
      false,
    ),
    ...model.layerNorm('pre_layrnorm', width),
    ...clipBlocks(config, model, width, { inner: 5120, layers: 32 }),
    ...twoLinear(vision.at('multi_modal_projector'), width, inner, hidden, bias),
    ...twoLinear(vision.at('patch_merge_mlp'), merged, inner, hidden, bias),
  ];
};
