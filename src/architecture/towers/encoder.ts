import { product, sum, variable, type Expression } from '../expression';
import { ConfigReader, type ReadProblem } from '../reader';
import { vector } from '../tensors';
import type { Tower } from '../types';

/** What vision towers of the plain kind have in common: a patch embedding and transformer blocks with biases. */
export interface VisionEncoder {
  /** A further size of `vision_config`. */
  readonly size: (key: string, symbol: string) => Expression;
  readonly width: Expression;
  readonly inner: Expression;
  /** Patch pixels times channels times width: the patch projection's matrix. */
  readonly patchProjection: Expression;
  /** One position embedding a patch, and one for the class token. */
  readonly positionTable: Expression;
  /** All blocks: q, k, v, o and two MLP matrices with biases, and two LayerNorms. */
  readonly blocks: Expression;
}

/**
 * Enumerates a vision tower; null tensors if it lacks a size: a tower never decides whether
 * the language model can be read.
 */
export function readVision(
  root: ConfigReader,
  weightsOf: (encoder: VisionEncoder) => readonly { readonly name: string; readonly elements: Expression }[],
): Tower {
  const problems: ReadProblem[] = [];
  const nested = root.nested('vision_config');
  const config = new ConfigReader(nested.config, nested.path, problems);
  const size = (key: string, symbol: string): Expression => {
    const { value, origin } = config.size(key);
    return variable(symbol, value, origin);
  };
  const [width, inner, layers] = [
    size('hidden_size', 'W'),
    size('intermediate_size', 'I_v'),
    size('num_hidden_layers', 'L_v'),
  ];
  const [patch, image] = [size('patch_size', 'p'), size('image_size', 's')];
  const positions = variable('N_patch', Math.floor(image.value / patch.value) ** 2 + 1, {
    paths: [config.pathOf('image_size'), config.pathOf('patch_size')],
    note: 'patches and the class token',
  });
  const attention = sum(product(4, width, width), product(4, width));
  const mlp = sum(product(2, width, inner), inner, width);
  const norms = product(4, width);
  const weights = weightsOf({
    size,
    width,
    inner,
    patchProjection: product(3, patch, patch, width),
    positionTable: product(positions, width),
    blocks: product(layers, sum(attention, mlp, norms)),
  });
  return {
    kind: 'vision',
    path: nested.path,
    tensors: problems.length > 0 ? null : weights.map((w) => vector(w.name, 'vision', w.elements)),
  };
}
