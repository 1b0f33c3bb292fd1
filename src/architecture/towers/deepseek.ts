import { constant, product, sum, variable, type Expression } from '../expression';
import type { Tensor } from '../types';
import type { Encoder } from './encoders';
import { vqModel } from './vq';
import { blocks, flooredProduct, patchesOf, square, type Part, type TowerConfig } from './tower';
import { vision, type TowerReader } from './projectors';

/** Towers of DeepSeek-VL2 and Janus: timm's SigLIP with its pooling head, which is stored though nothing uses it. */

interface SiglipVit {
  readonly width: Expression;
  readonly inner: Expression;
  readonly layers: Expression;
  readonly patch: Expression;
  readonly positions: Expression;
}

function siglipVit(part: Part, { width, inner, layers, patch, positions }: SiglipVit): Encoder {
  const pool = part.at('attn_pool');
  return {
    width,
    tensors: [
      ...part.table('pos_embed', positions, width),
      ...part.conv('patch_embed.proj', width, product(constant(3), patch, patch)),
      ...blocks(part.at('blocks.*', layers), width, inner, {
        attention: [
          ['attn.qkv', 3, true],
          ['attn.proj', 1, true],
        ],
        up: ['mlp.fc1'],
        down: 'mlp.fc2',
        mlpBias: true,
        norms: ['norm1', 'norm2'],
        normKind: 'layer',
      }),
      ...part.layerNorm('norm', width),
      ...pool.vector('latent', width),
      ...pool.linear('q', width, width),
      ...pool.linear('kv', product(2, width), width),
      ...pool.linear('proj', width, width),
      ...pool.layerNorm('norm', width),
      ...pool.linear('mlp.fc1', inner, width),
      ...pool.linear('mlp.fc2', width, inner),
    ],
  };
}

/** Linear layers with activations between them, which count as layers too: 0, 2, 4, … */
function mlp(part: Part, depth: Expression, input: Expression, inner: Expression, out: Expression): Tensor[] {
  if (depth.value === 1) return part.linear('0', out, input);
  return [
    ...part.linear('0', inner, input),
    ...(depth.value > 2 ? part.at('*', sum(depth, -2)).linear('', inner, inner) : []),
    ...part.linear(String(2 * (depth.value - 1)), out, inner),
  ];
}

/** DeepSeek-VL2: neighbours side by side through an MLP, learned vectors for line ends and views. */
export const deepseekVl2: TowerReader = ({ config, root }) => {
  const width = config.size('width', 'W', 1024);
  const ratio = config.ratio('mlp_ratio', 'r_mlp', 4);
  const patch = config.side('patch_size', 'p', 16);
  const { tensors } = siglipVit(vision.at('vision'), {
    width,
    inner: flooredProduct('I_v', width, ratio),
    layers: config.size('layers', 'L_v', 24),
    patch,
    positions: patchesOf(config.side('image_size', 's', 384), patch),
  });
  const projector = root.nested('projector_config');
  if ((projector.text('projector_type') ?? 'downsample_mlp_gelu') !== 'downsample_mlp_gelu')
    projector.unsupported('projector_type');
  if (projector.flag('token_pooling', false)) projector.unsupported('token_pooling');
  if ((root.text('tile_tag') ?? '2D') !== '2D') root.unsupported('tile_tag');
  const out = projector.size('n_embed', 'W_out', 2048);
  const inner = product(projector.size('mlp_ratio', 'r_p', 1), out);
  const side = projector.size('downsample_ratio', 'm', 2);
  const input = product(square(side), projector.size('input_dim', 'W_in', 1152));
  return [
    ...tensors,
    ...mlp(vision.at('projector.layers'), projector.size('depth', 'L_p', 2), input, inner, out),
    ...['image_newline', 'view_seperator'].flatMap((name) => vision.vector(name, out)),
  ];
};

/** The encoders that Janus names (janus/models/siglip_vit.py): their sizes stand in the code alone. */
const SIGLIP_VITS: Readonly<
  Record<string, Readonly<Record<'width' | 'inner' | 'layers' | 'patch', number>>>
> = {
  siglip_large_patch16_384: { width: 1024, inner: 4096, layers: 24, patch: 16 },
  siglip_so400m_patch14_384: { width: 1152, inner: 4304, layers: 27, patch: 14 },
  siglip_so400m_patch14_224: { width: 1152, inner: 4304, layers: 27, patch: 14 },
};

/** Understanding: SigLIP and an aligner. */
const understanding = (root: TowerConfig): Tensor[] => {
  const params = root.nested('vision_config').nested('params');
  const name = params.text('model_name') ?? '';
  const sizes = Object.hasOwn(SIGLIP_VITS, name) ? SIGLIP_VITS[name] : undefined;
  if (!sizes) {
    params.unsupported('model_name');
    return [];
  }
  const origin = params.reader.originOf('model_name');
  const named = (symbol: string, value: number) => variable(symbol, value, origin);
  const select = params.reader.raw('select_layer');
  if (select !== undefined && select !== -1) params.unsupported('select_layer');
  const patch = named('p', sizes.patch);
  return [
    ...siglipVit(vision.at('vision_model.vision_tower'), {
      width: named('W', sizes.width),
      inner: named('I_v', sizes.inner),
      layers: named('L_v', sizes.layers),
      patch,
      positions: patchesOf(params.side('image_size', 's', 384), patch),
    }).tensors,
    ...aligner(root.nested('aligner_config').nested('params'), vision.at('aligner.layers')),
  ];
};

function aligner(params: TowerConfig, part: Part): Tensor[] {
  if (params.text('projector_type') !== 'mlp_gelu') params.unsupported('projector_type');
  const out = params.size('n_embed', 'W_out');
  return mlp(part, params.size('depth', 'L_p', 1), params.size('input_dim', 'W_in'), out, out);
}

/** Generation: an image tokenizer, an embedding of its tokens with an aligner, and a head over them. */
function generation(root: TowerConfig): Tensor[] {
  if (!root.has('gen_vision_config')) return [];
  const [codes, head] = [
    root.nested('gen_vision_config').nested('params'),
    root.nested('gen_head_config').nested('params'),
  ];
  const [tokens, width] = [codes.size('image_token_size', 'V_image'), codes.size('n_embed', 'd_code')];
  if (root.nested('gen_vision_config').text('cls') !== 'VQ-16')
    root.nested('gen_vision_config').unsupported('cls');
  const inner = head.size('image_token_embed', 'I_head');
  return [
    ...vqModel(vision.at('gen_vision_model')),
    ...vision.table('gen_embed', tokens, width),
    ...aligner(root.nested('gen_aligner_config').nested('params'), vision.at('gen_aligner.layers')),
    ...vision.linear('gen_head.output_mlp_projector', inner, head.size('n_embed', 'W_head')),
    ...vision.linear('gen_head.vision_head', head.size('image_token_size', 'V_image'), inner),
  ];
}

/** Janus and Janus-Pro (`multi_modality`): one encoder to understand images, another to generate them. */
export const janus: TowerReader = ({ root }) => [...understanding(root), ...generation(root)];
