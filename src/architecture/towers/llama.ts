import { constant, product, sum, type Expression } from '../expression';
import type { Tensor } from '../types';
import { blocks, inverse, patchesOf, projections, square, type BlockStyle, type Part } from './tower';
import { vision, type TowerReader } from './projectors';

/** Vision towers of Llama 3.2 and Llama 4 (transformers' mllama and llama4). */

const BLOCK: BlockStyle = {
  attention: projections('self_attn', 'o_proj', true),
  up: ['mlp.fc1'],
  down: 'mlp.fc2',
  mlpBias: true,
  norms: ['input_layernorm', 'post_attention_layernorm'],
  normKind: 'layer',
};

/** Llama 4: no bias on the patches, a class token, neighbours side by side through an adapter of two matrices. */
export const llama4Vision: TowerReader = ({ config, hidden }) => {
  const part = vision.at('vision_model');
  const width = config.size('hidden_size', 'W', 768);
  const patch = config.side('patch_size', 'p', 14);
  const positions = sum(patchesOf(config.side('image_size', 's', 448), patch), 1);
  const layers = part.at('model.layers.*', config.size('num_hidden_layers', 'L_v', 34));
  const adapter = part.at('vision_adapter.mlp');
  const side = inverse(config.ratio('pixel_shuffle_ratio', 'r_shuffle', 0.5), 'm');
  const [adapterIn, adapterOut] = [
    config.size('projector_input_dim', 'P_in', 4096),
    config.size('projector_output_dim', 'P_out', 4096),
  ];
  return [
    ...part.linear(
      'patch_embedding.linear',
      width,
      product(config.size('num_channels', 'C', 3), patch, patch),
      false,
    ),
    ...part.vector('class_embedding', width),
    ...part.table('positional_embedding_vlm', positions, width),
    ...['layernorm_pre', 'layernorm_post'].flatMap((name) => part.layerNorm(name, width)),
    ...blocks(layers, width, config.size('intermediate_size', 'I_v', 5632), BLOCK),
    ...adapter.linear('fc1', adapterIn, product(square(side), width), false),
    ...adapter.linear('fc2', adapterOut, adapterOut, false),
    ...vision.linear(
      'multi_modal_projector.linear_1',
      hidden,
      config.size('vision_output_dim', 'O', 7680),
      false,
    ),
  ];
};

/**
 * Llama 3.2 Vision: tables of positions for tiles of an image by its aspect ratio, each behind a learned gate; layers
 * within a tile, then gated layers over all tiles. Projections of the attention have no biases.
 */
export const mllamaVision: TowerReader = ({ config, hidden }) => {
  const part = vision.at('vision_model');
  const width = config.size('hidden_size', 'W', 1280);
  const patch = config.side('patch_size', 'p', 14);
  const positions = sum(patchesOf(config.side('image_size', 's', 448), patch), 1);
  const tiles = config.size('max_num_tiles', 'N_tile', 4);
  const ratios = sum(config.entries('supported_aspect_ratios', 'N_ratio', 8), 1);
  const inner = config.size('intermediate_size', 'I_v', 5120);
  const local = part.at('transformer.layers.*', config.size('num_hidden_layers', 'L_v', 32));
  const global = part.at('global_transformer.layers.*', config.size('num_global_layers', 'L_global', 8));
  const style: BlockStyle = { ...BLOCK, attention: projections('self_attn', 'o_proj', false) };
  const tile = (name: string, rows: Expression): Tensor[] => tileTable(part, name, ratios, rows);
  return [
    ...part.conv('patch_embedding', width, product(config.size('num_channels', 'C', 3), patch, patch), false),
    ...part.vector('class_embedding', width),
    ...part.table('gated_positional_embedding.embedding', positions, width),
    ...tile('gated_positional_embedding', product(tiles, positions, width)),
    ...tile('pre_tile_positional_embedding', product(tiles, width)),
    ...tile('post_tile_positional_embedding', product(tiles, width)),
    ...['layernorm_pre', 'layernorm_post'].flatMap((name) => part.layerNorm(name, width)),
    ...blocks(local, width, inner, style),
    ...blocks(global, width, inner, style),
    ...['gate_attn', 'gate_ffn'].flatMap((name) => global.vector(name, constant(1))),
    ...vision.linear('multi_modal_projector', hidden, config.size('vision_output_dim', 'O', 7680)),
  ];
};

/** A table with a row an aspect ratio, and its gate. */
const tileTable = (part: Part, name: string, ratios: Expression, width: Expression): Tensor[] => [
  ...part.table(`${name}.tile_embedding`, ratios, width),
  ...part.vector(`${name}.gate`, constant(1)),
];
