import { product, type Expression } from '../expression';
import type { Tensor } from '../types';
import { encoderOf, type EncoderReader } from './encoders';
import { derived, inverse, Part, square, type TowerConfig } from './tower';

/** Wrappers that put an encoder's features through a projector of a few matrices, by transformers' code for each. */

/** What a reader of a tower is given. */
export interface TowerInput {
  /** The object that describes the tower. */
  readonly config: TowerConfig;
  readonly root: TowerConfig;
  /** Width of the language model. */
  readonly hidden: Expression;
}
export type TowerReader = (input: TowerInput) => readonly Tensor[];

export const vision = new Part('vision');
export const audio = new Part('audio');

/** Two linear layers into the language model, as LLaVA has them. */
export const twoLinear = (
  part: Part,
  input: Expression,
  inner: Expression,
  out: Expression,
  bias = true,
  names: readonly [string, string] = ['linear_1', 'linear_2'],
): Tensor[] => [...part.linear(names[0], inner, input, bias), ...part.linear(names[1], out, inner, bias)];

const PROJECTOR = 'multi_modal_projector';
const features = (root: TowerConfig, fallback = 1): Expression =>
  root.entries('vision_feature_layer', 'N_feature', fallback);

interface LlavaVariant {
  /** The encoder where the tower's object names none. */
  readonly usual: string;
  /** A learned vector that ends each row of patches. */
  readonly newline?: true;
  readonly towers?: readonly string[];
}

/** LLaVA and its successors: features of one layer or several side by side, two linear layers. */
export const llava =
  ({ usual, newline, towers = ['vision_tower'] }: LlavaVariant): TowerReader =>
  ({ config, root, hidden }) => {
    const encoders = towers.map((name) => encoderOf(usual)(config, vision.at(name)));
    const width = encoders[0]?.width ?? hidden;
    const bias = root.flag('multimodal_projector_bias', true);
    return [
      ...encoders.flatMap(({ tensors }) => tensors),
      ...twoLinear(vision.at(PROJECTOR), product(features(root), width), hidden, hidden, bias),
      ...(newline ? vision.vector('image_newline', hidden) : []),
    ];
  };

/** VipLLaVA: a LayerNorm over five layers' features before the projector, whose first matrix always has a bias. */
export const vipLlava: TowerReader = ({ config, root, hidden }) => {
  const { tensors, width } = encoderOf('clip_vision_model')(config, vision.at('vision_tower'));
  const input = product(root.entries('vision_feature_layers', 'N_feature', 5), width);
  return [
    ...tensors,
    ...vision.layerNorm(`${PROJECTOR}.projector_layernorm`, input),
    ...twoLinear(vision.at(PROJECTOR), input, hidden, hidden),
  ];
};

/** PaliGemma: one matrix, whose output width the wrapper states itself. */
export const paligemma: TowerReader = ({ config, root }) => {
  const { tensors, width } = encoderOf('siglip_vision_model')(config, vision.at('vision_tower'));
  const out = root.size('projection_dim', 'W_out', 2048);
  return [...tensors, ...vision.linear(`${PROJECTOR}.linear`, out, width)];
};

/** Gemma 3: a norm and one matrix after pooling. */
export const gemma3: TowerReader = ({ config, hidden }) => {
  const { tensors, width } = encoderOf('siglip_vision_model')(config, vision.at('vision_tower'));
  const projector = vision.at(PROJECTOR);
  return [
    ...tensors,
    ...projector.linear('mm_input_projection', width, hidden, false),
    ...projector.rmsNorm('mm_soft_emb_norm', width),
  ];
};

/** Mistral Small 3.1 and later: Pixtral's encoder, patches merged before LLaVA's projector. */
export const mistral3: TowerReader = ({ config, root, hidden }) => {
  const { tensors, width } = encoderOf('pixtral')(config, vision.at('vision_tower'));
  const projector = vision.at(PROJECTOR);
  const merged = product(square(root.size('spatial_merge_size', 'm', 2)), width);
  const bias = root.flag('multimodal_projector_bias', false);
  return [
    ...tensors,
    ...projector.rmsNorm('norm', width),
    ...projector.linear('patch_merger.merging_layer', width, merged, false),
    ...twoLinear(projector, product(features(root), width), hidden, hidden, bias),
  ];
};

/** Aya Vision and Command A Vision: neighbours side by side, a gate that halves the inner width. */
export const cohereVision =
  (variant: { readonly norm: boolean; readonly inner: number | null }): TowerReader =>
  ({ config, root, hidden }) => {
    const { tensors, width } = encoderOf('siglip_vision_model')(config, vision.at('vision_tower'));
    const projector = vision.at(PROJECTOR);
    const merged = product(square(root.size('downsample_factor', 'm', 2)), width);
    const inner = root.size('alignment_intermediate_size', 'I_p', variant.inner ?? hidden.value);
    const half = derived('I_gated', Math.floor(inner.value / 2), [inner], 'half of it is the gate');
    return [
      ...tensors,
      ...(variant.norm ? projector.layerNorm('layernorm', merged) : []),
      ...projector.linear('linear_1', inner, merged),
      ...projector.linear('linear_2', hidden, half),
    ];
  };

/** InternVL: a LayerNorm over the neighbours that pixel shuffle puts side by side, two linear layers. */
export const internVl =
  (own: boolean): TowerReader =>
  ({ config, root, hidden }) => {
    const usual = own ? 'intern_vit_6b' : 'internvl_vision';
    const { tensors, width } = encoderOf(usual)(config, vision.at(own ? 'vision_model' : 'vision_tower'));
    const side = inverse(root.ratio('downsample_ratio', 'r_shuffle', 0.5), 'm');
    const merged = product(square(side), width);
    return own
      ? [
          ...tensors,
          ...vision.layerNorm('mlp1.0', merged),
          ...twoLinear(vision.at('mlp1'), merged, hidden, hidden, true, ['1', '3']),
        ]
      : [
          ...tensors,
          ...vision.layerNorm(`${PROJECTOR}.layer_norm`, merged),
          ...twoLinear(vision.at(PROJECTOR), merged, hidden, hidden),
        ];
  };

/** LFM2-VL: like InternVL's, with an inner width of its own. */
export const lfm2Vl: TowerReader = ({ config, root, hidden }) => {
  const { tensors, width } = encoderOf('siglip2_vision_model')(config, vision.at('vision_tower'));
  const projector = vision.at(PROJECTOR);
  const merged = product(square(root.size('downsample_factor', 'm', 2)), width);
  const inner = root.size('projector_hidden_size', 'I_p', 2560);
  return [
    ...tensors,
    ...(root.flag('projector_use_layernorm', true) ? projector.layerNorm('layer_norm', merged) : []),
    ...twoLinear(projector, merged, inner, hidden, root.flag('projector_bias', true)),
  ];
};

/** Idefics 3 and SmolVLM: neighbours side by side, one matrix. */
export const idefics3 =
  (encoder: EncoderReader): TowerReader =>
  ({ config, root, hidden }) => {
    const { tensors, width } = encoder(config, vision.at('vision_model'));
    const merged = product(square(root.size('scale_factor', 'm', 2)), width);
    return [...tensors, ...vision.linear('connector.modality_projection.proj', hidden, merged, false)];
  };

/** Idefics 2: a gated MLP into the language model's width, then a perceiver of three layers over 64 latents. */
export const idefics2 =
  (encoder: EncoderReader): TowerReader =>
  ({ config, root, hidden }) => {
    const { tensors, width } = encoder(config, vision.at('vision_model'));
    const connector = vision.at('connector');
    const inner = root.nested('text_config').size('intermediate_size', 'I', 14336);
    const perceiver = root.nested('perceiver_config');
    const resampler = connector.at('perceiver_resampler');
    const layer = resampler.at('layers.*', perceiver.size('resampler_depth', 'L_r', 3));
    const headDim = perceiver.size('resampler_head_dim', 'd_r', 96);
    const queries = product(perceiver.size('resampler_n_heads', 'n_r', 16), headDim);
    const keys = product(perceiver.size('num_key_value_heads', 'n_rk', 4), headDim);
    const gated = (part: Part, input: Expression, width_: Expression) => [
      ...part.linear('gate_proj', width_, input, false),
      ...part.linear('up_proj', width_, input, false),
      ...part.linear('down_proj', hidden, width_, false),
    ];
    return [
      ...tensors,
      ...gated(connector.at('modality_projection'), width, inner),
      ...resampler.table('latents', perceiver.size('resampler_n_latents', 'N_latent', 64), hidden),
      ...['input_latents_norm', 'input_context_norm', 'post_attention_layernorm'].flatMap((name) =>
        layer.rmsNorm(name, hidden),
      ),
      ...layer.linear('self_attn.q_proj', queries, hidden, false),
      ...layer.linear('self_attn.k_proj', keys, hidden, false),
      ...layer.linear('self_attn.v_proj', keys, hidden, false),
      ...layer.linear('self_attn.o_proj', hidden, queries, false),
      ...gated(layer.at('mlp'), hidden, product(4, hidden)),
      ...resampler.rmsNorm('norm', hidden),
    ];
  };
