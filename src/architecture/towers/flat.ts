import { constant, product, variable, type Expression, type Origin } from '../expression';
import { ConfigReader } from '../reader';
import type { Tensor } from '../types';
import { clip, encoderOf, siglip, type Encoder } from './encoders';
import { blocks, square, TowerConfig, type Part } from './tower';
import { twoLinear, vision, type TowerReader } from './projectors';

/** Wrappers whose vision tower is only named in the config: its sizes stand in the modelling code or at the name's owner. */

const CLIP_LARGE = { hidden_size: 1024, intermediate_size: 4096, num_hidden_layers: 24, patch_size: 14 };
const SIGLIP_SO = { hidden_size: 1152, intermediate_size: 4304, num_hidden_layers: 27, patch_size: 14 };

/** Published encoders by the last part of their name. */
const NAMED: Readonly<
  Record<string, { readonly family: 'clip' | 'siglip'; readonly sizes: Readonly<Record<string, number>> }>
> = {
  'clip-vit-base-patch32': { family: 'clip', sizes: {} },
  'clip-vit-base-patch16': { family: 'clip', sizes: { patch_size: 16 } },
  'clip-vit-large-patch14': { family: 'clip', sizes: CLIP_LARGE },
  'clip-vit-large-patch14-336': { family: 'clip', sizes: { ...CLIP_LARGE, image_size: 336 } },
  'siglip-base-patch16-224': { family: 'siglip', sizes: {} },
  'siglip-so400m-patch14-224': { family: 'siglip', sizes: SIGLIP_SO },
  'siglip-so400m-patch14-384': { family: 'siglip', sizes: { ...SIGLIP_SO, image_size: 384 } },
};

/** The encoder that the text at this key names. All its sizes hang on that key. */
function namedEncoder(config: TowerConfig, key: string, part: Part): Encoder {
  const name = (config.text(key) ?? '').split('/').at(-1) ?? '';
  const found = Object.hasOwn(NAMED, name) ? NAMED[name] : undefined;
  if (!found) {
    config.unsupported(key);
    return { tensors: [], width: constant(1) };
  }
  const sizes = new NamedSizes(new ConfigReader(found.sizes, [], []), config.reader.originOf(key));
  return (found.family === 'clip' ? clip : siglip)(sizes, part);
}

/** Sizes of an encoder known by its name. */
class NamedSizes extends TowerConfig {
  constructor(
    reader: ConfigReader,
    private readonly origin: Origin,
  ) {
    super(reader);
  }

  override size(keys: string | readonly string[], symbol: string, fallback?: number): Expression {
    return variable(symbol, super.size(keys, symbol, fallback).value, this.origin);
  }
}

/** LLaVA's own code: a named encoder, and a projector named by its depth, such as `mlp2x_gelu`. */
export const originalLlava: TowerReader = ({ root, hidden }) => {
  const key = root.has('mm_vision_tower') ? 'mm_vision_tower' : 'vision_tower';
  const { tensors, width } = namedEncoder(root, key, vision.at('vision_tower.vision_tower'));
  const projector = vision.at('mm_projector');
  return [
    ...tensors,
    ...originalProjector(root, projector, width, hidden),
    ...((root.text('mm_patch_merge_type') ?? 'flat').includes('unpad')
      ? vision.vector('image_newline', hidden)
      : []),
  ];
};

function originalProjector(root: TowerConfig, part: Part, width: Expression, hidden: Expression): Tensor[] {
  const type = root.text('mm_projector_type') ?? 'linear';
  if (type === 'linear') return part.linear('', hidden, width);
  const depth = Number(/^mlp(\d)x_gelu$/.exec(type)?.[1] ?? 0);
  if (depth === 0) root.unsupported('mm_projector_type');
  const more = Array.from({ length: Math.max(0, depth - 1) }, (_, i) =>
    part.linear(String(2 * (i + 1)), hidden, hidden),
  );
  return [...part.linear('0', hidden, width), ...more.flat()];
}

/** VILA 1.5: neighbours side by side, a LayerNorm and two matrices (NVlabs/VILA, multimodal_projector). */
export const vila: TowerReader = ({ config, root, hidden }) => {
  const { tensors, width } = encoderOf('siglip_vision_model')(config, vision.at('vision_tower.vision_tower'));
  const projector = root.nested('mm_projector_cfg');
  if (projector.text('mm_projector_type') !== 'mlp_downsample') projector.unsupported('mm_projector_type');
  const merged = product(square(constant(2)), width);
  const part = vision.at('mm_projector.layers');
  return [
    ...tensors,
    ...part.layerNorm('1', merged),
    ...twoLinear(part, merged, hidden, hidden, true, ['2', '4']),
  ];
};

/** Phi-3-vision and Phi-3.5-vision: CLIP, four patches side by side, learned vectors between lines and views. */
export const phi3Vision: TowerReader = ({ config, root, hidden }) => {
  const part = vision.at('vision_embed_tokens');
  const { tensors, width } = namedEncoder(config, 'model_name', part.at('img_processor'));
  const embedding = root.nested('embd_layer');
  const merged = embedding.flag('use_hd_transform', false) ? product(4, width) : width;
  if ((embedding.text('projection_cls') ?? 'linear') !== 'mlp') embedding.unsupported('projection_cls');
  return [
    ...tensors,
    ...twoLinear(part.at('img_projection'), merged, hidden, hidden, true, ['0', '2']),
    ...(embedding.flag('with_learnable_separator', false)
      ? ['glb_GN', 'sub_GN'].flatMap((name) => part.vector(name, merged))
      : []),
  ];
};

/**
 * Molmo (its own code): OpenAI's CLIP without the last block, attention that pools two by two patches of two layers'
 * features, a gated projector half as wide as the language model's FFN key says, and two vectors for padding.
 */
export const molmo: TowerReader = ({ root, hidden }) => {
  const part = vision.at('vision_backbone');
  const vit = part.at('image_vit');
  const [width, positions, features] = [constant(1024), constant(577), constant(2048)];
  const inner = product(0.5, root.size('intermediate_size', 'I'));
  const pooling = part.at('image_pooling_2d');
  const projector = part.at('image_projector');
  return [
    ...vit.vector('class_embedding', width),
    ...vit.table('positional_embedding', positions, width),
    ...vit.linear('patch_embedding', width, constant(588), false),
    ...vit.layerNorm('pre_ln', width),
    ...blocks(vit.at('transformer.resblocks.*', constant(23)), width, constant(4096), {
      attention: ['wq', 'wk', 'wv', 'wo'].map((name) => [`attention.${name}`, 1, true] as const),
      up: ['feed_forward.w1'],
      down: 'feed_forward.w2',
      mlpBias: true,
      norms: ['attention_norm', 'ffn_norm'],
      normKind: 'layer',
    }),
    ...['wq', 'wk', 'wv'].flatMap((name) => pooling.linear(name, width, features)),
    ...pooling.linear('wo', width, width),
    ...['w1', 'w3'].flatMap((name) => projector.linear(name, inner, width, false)),
    ...projector.linear('w2', hidden, inner, false),
    ...part.table('pad_embed', constant(2), features),
  ];
};
