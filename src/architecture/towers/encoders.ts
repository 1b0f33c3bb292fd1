import { constant, product, sum, type Expression } from '../expression';
import type { Tensor } from '../types';
import { blocks, patchesOf, projections, type BlockStyle, type Part, type TowerConfig } from './tower';

/** Vision encoders that several wrappers use, by the modelling code of Hugging Face transformers for each model type. */

/** An encoder's weights and the width of what comes out of it. */
export interface Encoder {
  readonly tensors: readonly Tensor[];
  readonly width: Expression;
}
export type EncoderReader = (config: TowerConfig, part: Part) => Encoder;

const CLIP_BLOCK: BlockStyle = {
  attention: projections('self_attn', 'out_proj', true),
  up: ['mlp.fc1'],
  down: 'mlp.fc2',
  mlpBias: true,
  norms: ['layer_norm1', 'layer_norm2'],
  normKind: 'layer',
};

/** Blocks as CLIP has them, under the usual keys. */
export function clipBlocks(
  config: TowerConfig,
  part: Part,
  width: Expression,
  defaults: { readonly inner: number; readonly layers: number },
  fewerLayers = 0,
): Tensor[] {
  const inner = config.size('intermediate_size', 'I_v', defaults.inner);
  const layers = config.size('num_hidden_layers', 'L_v', defaults.layers);
  const kept = fewerLayers === 0 ? layers : sum(layers, -fewerLayers);
  return blocks(part.at('encoder.layers.*', kept), width, inner, CLIP_BLOCK);
}

const channelsOf = (config: TowerConfig): Expression => config.size('num_channels', 'C', 3);

/** CLIP's vision transformer: a class token, LayerNorms before and after the blocks, no bias on the patches. */
export const clip: EncoderReader = (config, part) => {
  const width = config.size('hidden_size', 'W', 768);
  const patch = config.side('patch_size', 'p', 32);
  const positions = sum(patchesOf(config.side('image_size', 's', 224), patch), 1);
  const model = part.at('vision_model');
  return {
    width,
    tensors: [
      ...model.vector('embeddings.class_embedding', width),
      ...model.conv('embeddings.patch_embedding', width, product(channelsOf(config), patch, patch), false),
      ...model.table('embeddings.position_embedding', positions, width),
      ...model.layerNorm('pre_layrnorm', width),
      ...clipBlocks(config, model, width, { inner: 3072, layers: 12 }),
      ...model.layerNorm('post_layernorm', width),
    ],
  };
};

interface SiglipDefaults {
  readonly width: number;
  readonly inner: number;
  readonly layers: number;
  readonly image: number;
  readonly patch: number;
}
const SIGLIP_BASE: SiglipDefaults = { width: 768, inner: 3072, layers: 12, image: 224, patch: 16 };

/** The trunk that SigLIP, Idefics and MiniCPM-V share: patches with a bias, one position a patch, a last LayerNorm. */
export function siglipTrunk(
  config: TowerConfig,
  model: Part,
  defaults: SiglipDefaults = SIGLIP_BASE,
  fewerLayers = 0,
): Encoder {
  const width = config.size('hidden_size', 'W', defaults.width);
  const patch = config.side('patch_size', 'p', defaults.patch);
  const positions = patchesOf(config.side('image_size', 's', defaults.image), patch);
  return {
    width,
    tensors: [
      ...model.conv('embeddings.patch_embedding', width, product(channelsOf(config), patch, patch)),
      ...model.table('embeddings.position_embedding', positions, width),
      ...clipBlocks(config, model, width, defaults, fewerLayers),
      ...model.layerNorm('post_layernorm', width),
    ],
  };
}

/** SigLIP's pooling head: one learned probe that attends to all patches, and an MLP. */
export function siglipHead(model: Part, width: Expression, inner: Expression): Tensor[] {
  const head = model.at('head');
  return [
    ...head.vector('probe', width),
    ...head.linear('attention.in_proj', product(3, width), width),
    ...head.linear('attention.out_proj', width, width),
    ...head.layerNorm('layernorm', width),
    ...head.linear('mlp.fc1', inner, width),
    ...head.linear('mlp.fc2', width, inner),
  ];
}

/** The head is there unless it is switched off. */
const headIfUsed = (config: TowerConfig, model: Part, width: Expression): Tensor[] =>
  config.flag('vision_use_head', true)
    ? siglipHead(model, width, config.size('intermediate_size', 'I_v', SIGLIP_BASE.inner))
    : [];

export const siglip: EncoderReader = (config, part) => {
  const model = part.at('vision_model');
  const { width, tensors } = siglipTrunk(config, model);
  return { width, tensors: [...tensors, ...headIfUsed(config, model, width)] };
};

/** SigLIP 2 for any aspect ratio: patches through a linear layer, a table of `num_patches` positions. */
const siglip2: EncoderReader = (config, part) => {
  const model = part.at('vision_model');
  const width = config.size('hidden_size', 'W', 768);
  const patch = config.side('patch_size', 'p', 16);
  const positions = config.size('num_patches', 'N_patch', 256);
  return {
    width,
    tensors: [
      ...model.linear('embeddings.patch_embedding', width, product(channelsOf(config), patch, patch)),
      ...model.table('embeddings.position_embedding', positions, width),
      ...clipBlocks(config, model, width, { inner: 3072, layers: 12 }),
      ...model.layerNorm('post_layernorm', width),
      ...headIfUsed(config, model, width),
    ],
  };
};

/** SigLIP's trunk as Idefics 2 and 3 and SmolVLM have it: other defaults, no head. */
export const idefics2Vision: EncoderReader = (config, part) =>
  siglipTrunk(config, part, { width: 768, inner: 3072, layers: 12, image: 224, patch: 32 });
export const idefics3Vision: EncoderReader = (config, part) =>
  siglipTrunk(config, part, { width: 1152, inner: 3072, layers: 12, image: 224, patch: 32 });

/** Pixtral: rotary positions, RMSNorms, a gated MLP, no biases. */
export const pixtral: EncoderReader = (config, part) => {
  const width = config.size('hidden_size', 'W', 1024);
  const patch = config.side('patch_size', 'p', 16);
  const layers = part.at('transformer.layers.*', config.size('num_hidden_layers', 'L_v', 24));
  return {
    width,
    tensors: [
      ...part.conv('patch_conv', width, product(channelsOf(config), patch, patch), false),
      ...part.rmsNorm('ln_pre', width),
      ...blocks(layers, width, config.size('intermediate_size', 'I_v', 4096), {
        attention: projections('attention', 'o_proj', false),
        up: ['feed_forward.gate_proj', 'feed_forward.up_proj'],
        down: 'feed_forward.down_proj',
        mlpBias: false,
        norms: ['attention_norm', 'ffn_norm'],
        normKind: 'rms',
      }),
    ],
  };
};

/** InternViT (InternVL's own code): layer scales, norms over the whole of q and k in the 6B model. */
export const internVit: EncoderReader = (config, part) => {
  const width = config.size('hidden_size', 'W', 3200);
  const patch = config.side('patch_size', 'p', 14);
  const positions = sum(patchesOf(config.side('image_size', 's', 224), patch), 1);
  const layers = part.at('encoder.layers.*', config.size('num_hidden_layers', 'L_v', 48));
  const qkNorm = config.flag('qk_normalization', true);
  return {
    width,
    tensors: [
      ...part.vector('embeddings.class_embedding', width),
      ...part.conv('embeddings.patch_embedding', width, product(channelsOf(config), patch, patch)),
      ...part.table('embeddings.position_embedding', positions, width),
      ...blocks(layers, width, config.size('intermediate_size', 'I_v', 12800), {
        attention: [
          ['attn.qkv', 3, config.flag('qkv_bias', false)],
          ['attn.proj', 1, true],
        ],
        up: ['mlp.fc1'],
        down: 'mlp.fc2',
        mlpBias: true,
        norms: ['norm1', 'norm2'],
        normKind: config.text('norm_type') === 'layer_norm' ? 'layer' : 'rms',
      }),
      ...(qkNorm ? ['attn.q_norm', 'attn.k_norm'].flatMap((name) => layers.rmsNorm(name, width)) : []),
      ...['ls1', 'ls2'].flatMap((name) => layers.vector(name, width)),
    ],
  };
};

/** InternViT as transformers has it (`internvl_vision`). */
const internVlVision: EncoderReader = (config, part) => {
  const width = config.size('hidden_size', 'W', 1024);
  const patch = config.side('patch_size', 'p', 14);
  const positions = sum(patchesOf(config.side('image_size', 's', 448), patch), 1);
  const layers = part.at('encoder.layer.*', config.size('num_hidden_layers', 'L_v', 24));
  const bias = config.flag('attention_bias', false);
  const norms = (of: Part, name: string) =>
    config.text('norm_type') === 'rms_norm' ? of.rmsNorm(name, width) : of.layerNorm(name, width);
  return {
    width,
    tensors: [
      ...part.vector('embeddings.cls_token', width),
      ...(config.flag('use_mask_token', false) ? part.vector('embeddings.mask_token', width) : []),
      ...part.conv(
        'embeddings.patch_embeddings.projection',
        width,
        product(channelsOf(config), patch, patch),
      ),
      ...(config.flag('use_absolute_position_embeddings', true)
        ? part.table('embeddings.position_embeddings', positions, width)
        : []),
      ...blocks(layers, width, config.size('intermediate_size', 'I_v', 4096), {
        attention: [
          ...['q_proj', 'k_proj', 'v_proj'].map((name) => [`attention.${name}`, 1, bias] as const),
          ['attention.projection_layer', 1, true],
        ],
        up: ['mlp.fc1'],
        down: 'mlp.fc2',
        mlpBias: true,
        norms: [],
        normKind: 'layer',
      }),
      ...['layernorm_before', 'layernorm_after'].flatMap((name) => norms(layers, name)),
      ...(config.flag('use_qk_norm', false)
        ? ['attention.q_norm', 'attention.k_norm'].flatMap((name) => layers.rmsNorm(name, width))
        : []),
      ...['lambda_1', 'lambda_2'].flatMap((name) => layers.vector(name, width)),
      ...(config.flag('use_mean_pooling', true) ? [] : part.layerNorm('layernorm', width)),
    ],
  };
};

/** MoonViT (Kimi-VL; Kimi-K2.5 with keys that begin with `vt_`): learned positions of a square grid, biases everywhere. */
export const moonVit: EncoderReader = (config, part) => {
  const width = config.size(['vt_hidden_size', 'hidden_size'], 'W', 1152);
  const inner = config.size(['vt_intermediate_size', 'intermediate_size'], 'I_v', 4304);
  const layers = config.size(['vt_num_hidden_layers', 'num_hidden_layers'], 'L_v', 27);
  const patch = config.side('patch_size', 'p', 14);
  const [rows, columns] = [
    config.size('init_pos_emb_height', 'N_rows', 64),
    config.size('init_pos_emb_width', 'N_columns', 64),
  ];
  return {
    width,
    tensors: [
      ...part.conv('patch_embed.proj', width, product(constant(3), patch, patch)),
      ...part.table('patch_embed.pos_emb', product(rows, columns), width),
      ...blocks(part.at('encoder.blocks.*', layers), width, inner, {
        attention: [
          ['wqkv', 3, true],
          ['wo', 1, true],
        ],
        up: ['mlp.fc0'],
        down: 'mlp.fc1',
        mlpBias: true,
        norms: ['norm0', 'norm1'],
        normKind: 'layer',
      }),
      ...part.layerNorm('encoder.final_layernorm', width),
    ],
  };
};

/** By `model_type` of the tower's own object, for wrappers that take any of them. */
const ENCODERS: Readonly<Record<string, EncoderReader>> = {
  clip_vision_model: clip,
  siglip_vision_model: siglip,
  siglip: siglip,
  siglip2_vision_model: siglip2,
  pixtral: pixtral,
  intern_vit_6b: internVit,
  intern_vit: internVit,
  internvl_vision: internVlVision,
  interns1_vision: internVlVision,
  moonvit: moonVit,
};

/** The encoder that the tower's own `model_type` names, or the wrapper's usual one where it names none. */
export const encoderOf =
  (usual: string): EncoderReader =>
  (config, part) => {
    const type = config.text('model_type') ?? usual;
    const read = Object.hasOwn(ENCODERS, type) ? ENCODERS[type] : undefined;
    if (read) return read(config, part);
    config.unsupported('model_type');
    return { tensors: [], width: constant(1) };
  };
