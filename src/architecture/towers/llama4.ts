import { product, sum } from '../expression';
import type { ConfigReader } from '../reader';
import type { Architecture } from '../types';
import { field } from '../tensors';
import { readVision } from './encoder';

/**
 * Llama 4's vision tower, adapter and projector (transformers' Llama4VisionModel): no bias on the patch projection, a
 * class token, LayerNorms before and after the blocks.
 */
export const readLlama4Vision = (root: ConfigReader, model: Architecture['model']) =>
  readVision(root, ({ size, width, inner, patchProjection, positionTable, blocks }) => {
    const [adapterIn, adapterOut] = [
      size('projector_input_dim', 'P_in'),
      size('projector_output_dim', 'P_out'),
    ];
    return [
      {
        name: 'vision_model.embeddings',
        elements: sum(patchProjection, positionTable, width, product(4, width)),
      },
      { name: 'vision_model.model', elements: blocks },
      {
        name: 'vision_model.vision_adapter',
        elements: sum(product(inner, adapterIn), product(adapterIn, adapterOut)),
      },
      {
        name: 'multi_modal_projector',
        elements: product(size('vision_output_dim', 'O'), field(model, 'hidden', 'H')),
      },
    ];
  });
