import { constant, product, sum } from '../expression';
import { clipBlocks } from './encoders';
import { blocks, flooredProduct, patchesOf } from './tower';
import { vision, type TowerReader } from './projectors';

/** Vision towers of Step-3 and its successors (vLLM's step3_vl and step_vl). */

/** Step-3: CLIP's blocks with norms on their outputs, two strided convolutions and a linear projection. */
export const step3Vision: TowerReader = ({ config, root, hidden }) => {
  const part = vision.at('vision_model');
  const width = config.size('hidden_size', 'W', 1792);
  const patch = config.side('patch_size', 'p', 14);
  const positions = sum(patchesOf(config.side('image_size', 's', 728), patch), 1);
  const out = config.size('output_hidden_size', 'O', 4096);
  const doubled = product(2, out);
  return [
    ...part.conv('embeddings.patch_embedding', width, product(constant(3), patch, patch)),
    ...part.vector('embeddings.class_embedding', width),
    ...part.table('embeddings.position_embedding', positions, width),
    ...clipBlocks(config, part.at('transformer'), width, { inner: 3072, layers: 63 }).map((t) => ({
      ...t,
      name: t.name.replace('.encoder.layers.', '.layers.'),
    })),
    ...vision.conv('vit_downsampler', out, product(4, width)),
    ...vision.conv('vit_downsampler2', doubled, product(9, out)),
    ...vision.linear('vit_large_projector', hidden, doubled, root.flag('projector_bias', true)),
  ];
};

/** Step3-VL-10B and Step-3.7: Meta's perception encoder with layer scales, two strided convolutions that double the width. */
export const stepVlVision: TowerReader = ({ config, root, hidden }) => {
  const part = vision.at('vision_model');
  const width = config.size(['width', 'hidden_size'], 'W', 1536);
  const patch = config.side('patch_size', 'p', 14);
  const patches = patchesOf(config.side('image_size', 's', 728), patch);
  const ratio = config.ratio('mlp_ratio', 'r_mlp', 8960 / 1536);
  const inner = flooredProduct('I_v', width, ratio);
  const hasClass = config.flag('use_cls_token', false);
  const layers = part.at('transformer.resblocks.*', config.size(['layers', 'num_hidden_layers'], 'L_v', 47));
  const [twice, fourTimes] = [product(2, width), product(4, width)];
  return [
    ...part.conv('conv1', width, product(constant(3), patch, patch), false),
    ...(hasClass ? part.vector('class_embedding', width) : []),
    ...(config.flag('use_abs_posemb', true)
      ? part.table('positional_embedding', hasClass ? sum(patches, 1) : patches, width)
      : []),
    ...(config.flag('use_ln_pre', true) ? part.layerNorm('ln_pre', width) : []),
    ...(config.flag('use_ln_post', false) ? part.layerNorm('ln_post', width) : []),
    ...blocks(layers, width, inner, {
      attention: [
        ['attn.in_proj', 3, true],
        ['attn.out_proj', 1, true],
      ],
      up: ['mlp.c_fc'],
      down: 'mlp.c_proj',
      mlpBias: true,
      norms: ['ln_1', 'ln_2'],
      normKind: 'layer',
    }),
    ...['ls_1', 'ls_2'].flatMap((name) => layers.vector(name, width)),
    ...part.conv('vit_downsampler1', twice, product(9, width)),
    ...part.conv('vit_downsampler2', fourTimes, product(9, twice)),
    ...vision.linear('vit_large_projector', hidden, fourTimes, root.flag('projector_bias', true)),
  ];
};
