import { product, sum, variable } from '../expression';
import type { ConfigReader } from '../reader';
import type { Architecture, VisionWeight } from '../types';
import { field } from '../weights';

/**
 * Step-3's vision tower and projector, as vLLM's step3_vl has them: a patch convolution, class and position embeddings,
 * blocks with biases (norms on the branch outputs), two strided convolutions and a linear projection into the language model.
 */
export function readStep3Vision(root: ConfigReader, model: Architecture['model']): VisionWeight[] | null {
  if (!root.has('vision_config')) return [];
  const config = root.nested('vision_config');
  const size = (key: string, symbol: string) => {
    const { value, origin } = config.size(key);
    return variable(symbol, value, origin);
  };
  const projectorBias = root.flag('projector_bias', true).value;
  const errorsBefore = root.problems.length;
  const [width, inner, out] = [
    size('hidden_size', 'W'),
    size('intermediate_size', 'I_v'),
    size('output_hidden_size', 'O'),
  ];
  const [layers, patch, image] = [
    size('num_hidden_layers', 'L_v'),
    size('patch_size', 'p'),
    size('image_size', 's'),
  ];
  if (root.problems.length > errorsBefore) return null;
  const patches = Math.floor(image.value / patch.value) ** 2;
  const positions = variable('N_patch', patches + 1, {
    paths: [config.pathOf('image_size'), config.pathOf('patch_size')],
    note: 'patches and the class token',
  });
  const hidden = field(model, 'hidden', 'H');
  const layer = sum(
    product(4, width, width),
    product(4, width),
    product(2, width, inner),
    inner,
    width,
    product(4, width),
  );
  return [
    {
      name: 'vision_model.embeddings',
      elements: sum(product(3, patch, patch, width), product(positions, width), product(2, width)),
    },
    { name: 'vision_model.transformer', elements: product(layers, layer) },
    {
      name: 'vit_downsampler, vit_downsampler2',
      elements: sum(product(4, width, out), out, product(9, out, 2, out), product(2, out)),
    },
    { name: 'vit_large_projector', elements: sum(product(2, out, hidden), projectorBias ? hidden : 0) },
  ];
}
