import { product, sum, variable } from '../expression';
import type { ConfigReader } from '../reader';
import type { Architecture, VisionWeight } from '../types';
import { field } from '../weights';

/** Llama 4's vision tower, adapter and projector, as transformers' Llama4VisionModel has them. */
export function readLlama4Vision(root: ConfigReader, model: Architecture['model']): VisionWeight[] | null {
  if (!root.has('vision_config')) return [];
  const config = root.nested('vision_config');
  const size = (key: string, symbol: string) => {
    const { value, origin } = config.size(key);
    return variable(symbol, value, origin);
  };
  const errorsBefore = root.problems.length;
  const [width, inner] = [size('hidden_size', 'W'), size('intermediate_size', 'I_v')];
  const [layers, patch, image] = [
    size('num_hidden_layers', 'L_v'),
    size('patch_size', 'p'),
    size('image_size', 's'),
  ];
  const [adapterIn, adapterOut, out] = [
    size('projector_input_dim', 'P_in'),
    size('projector_output_dim', 'P_out'),
    size('vision_output_dim', 'O'),
  ];
  if (root.problems.length > errorsBefore) return null;
  const patches = Math.floor(image.value / patch.value) ** 2;
  const positions = variable('N_patch', patches + 1, {
    paths: [config.pathOf('image_size'), config.pathOf('patch_size')],
    note: 'patches and the class token',
  });
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
      elements: sum(product(3, patch, patch, width), product(positions, width), width, product(4, width)),
    },
    { name: 'vision_model.model', elements: product(layers, layer) },
    {
      name: 'vision_model.vision_adapter',
      elements: sum(product(inner, adapterIn), product(adapterIn, adapterOut)),
    },
    { name: 'multi_modal_projector', elements: product(out, field(model, 'hidden', 'H')) },
  ];
}
