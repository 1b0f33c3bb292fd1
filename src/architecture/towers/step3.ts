import { product, sum } from '../expression';
import type { ConfigReader } from '../reader';
import type { Architecture } from '../types';
import { field } from '../tensors';
import { readVision } from './encoder';

/**
 * Step-3's vision tower and projector (vLLM's step3_vl): a patch convolution with bias, a class token, blocks with norms
 * on the branch outputs, two strided convolutions and a linear projection into the language model.
 */
export const readStep3Vision = (root: ConfigReader, model: Architecture['model']) =>
  readVision(root, ({ size, width, patchProjection, positionTable, blocks }) => {
    const out = size('output_hidden_size', 'O');
    const hidden = field(model, 'hidden', 'H');
    const hasBias = root.flag('projector_bias', true).value;
    return [
      { name: 'vision_model.embeddings', elements: sum(patchProjection, positionTable, product(2, width)) },
      { name: 'vision_model.transformer', elements: blocks },
      {
        name: 'vit_downsampler, vit_downsampler2',
        elements: sum(product(4, width, out), out, product(9, out, 2, out), product(2, out)),
      },
      { name: 'vit_large_projector', elements: sum(product(2, out, hidden), hasBias ? hidden : 0) },
    ];
  });
