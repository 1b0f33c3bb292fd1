import { readByKeys } from '../by-keys/read';
import type { FamilyInput, FamilyParts, FamilyReader } from '../families/decoder';
import { given, isObject, type ConfigReader, type KeyAliases, type KeyValues } from '../reader';
import { field } from '../tensors';
import { readTower } from '../towers';
import { mistralVision } from '../towers/mistral';
import type { Architecture, Tower } from '../types';
import { dialectFamily, hasAll, isGiven, readAs, refuseUnreadWithin, type Dialect } from './dialect';

/**
 * Mistral's params.json (TransformerArgs of mistral-inference; vLLM's `adapt_config_dict` for the newer keys): Mistral,
 * Mixtral, Ministral, Pixtral, Voxtral, Devstral, and Mistral Large 3 with latent attention and shared experts.
 */
const ALIASES: KeyAliases = {
  hidden_size: ['dim'],
  num_hidden_layers: ['n_layers'],
  num_attention_heads: ['n_heads'],
  num_key_value_heads: ['n_kv_heads'],
  intermediate_size: ['hidden_dim'],
  hidden_act: ['activation'],
  rms_norm_eps: ['norm_eps'],
  tie_word_embeddings: ['tied_embeddings', 'tie_embeddings'],
  use_bias: ['use_biases'],
  num_experts: [['moe', 'num_experts']],
  num_experts_per_tok: [['moe', 'num_experts_per_tok']],
  moe_intermediate_size: [['moe', 'expert_hidden_dim']],
  n_shared_experts: [['moe', 'num_shared_experts']],
  first_k_dense_replace: [['moe', 'first_k_dense_replace']],
  moe_layer_freq: [['moe', 'route_every_n']],
  router_bias: [['moe', 'use_load_balancing_bias']],
};
/** Keys of `moe` that are read through the aliases above, or cost nothing. */
const MOE_KEYS = [
  ...Object.values(ALIASES).flatMap((aliases) => aliases.map((alias) => alias[1] ?? '')),
  'expert_parallel',
  'expert_model_parallel',
  'num_expert_groups_per_tok',
];

const NAME = 'Mistral (params.json)';
const TELLING = ['dim', 'n_layers', 'n_heads', 'hidden_dim'];
const MAMBA_TELLING = ['dim', 'n_layers', 'n_groups'];

/** One window for all layers, or a list that repeats, null for full attention. */
function windows(text: ConfigReader): KeyValues {
  const key = ['sliding_window', '_sliding_window'].find((name) => isGiven(text.config[name]));
  if (key === undefined) return {};
  const value = text.raw(key);
  const origin = text.originOf(key);
  if (!Array.isArray(value) || value.length === 0)
    return { sliding_window: { value, origin }, use_sliding_window: given(true) };
  const layers = text.layers().value;
  const types = Array.from({ length: layers }, (_, i) =>
    isGiven(value[i % value.length]) ? 'sliding_attention' : 'full_attention',
  );
  const sizes = new Set<unknown>(value.filter(isGiven));
  if (sizes.size > 1)
    text.problem('error', 'config/unsupported', `"${key}" lists windows of different sizes.`, [key]);
  const [size] = sizes;
  return { sliding_window: { value: size, origin }, layer_types: { value: types, origin } };
}

/** What encodes images and sound stands beside. Voxtral's parts are named, and not counted. */
function towers(text: ConfigReader, model: Architecture['model']): Tower[] {
  const multimodal = text.raw('multimodal');
  const has = (key: string) => isObject(multimodal) && isObject(multimodal[key]);
  const tower = (kind: Tower['kind'], ...path: readonly string[]): Tower => ({
    kind,
    path: [...text.path, ...path],
    tensors: null,
  });
  return [
    ...(isObject(text.raw('vision_encoder')) ? [visionEncoder(text, model)] : []),
    ...(has('vision_encoder_args') ? [tower('vision', 'multimodal', 'vision_encoder_args')] : []),
    ...(has('whisper_model_args') ? [tower('audio', 'multimodal', 'whisper_model_args')] : []),
  ];
}

const visionEncoder = (text: ConfigReader, model: Architecture['model']): Tower => ({
  kind: 'vision',
  path: [...text.path, 'vision_encoder'],
  tensors: readTower(text, field(model, 'hidden', 'H'), { at: ['vision_encoder'], read: mistralVision }),
});

/** As vLLM understands it: FP8 with a scale an array, of its inputs too unless those have none. */
function storage(text: ConfigReader): KeyValues {
  const quantization = text.raw('quantization');
  if (!isObject(quantization) || quantization.qformat_weight !== 'fp8_e4m3') return {};
  const scheme = quantization.qscheme_act === 'NO_SCALES' ? 'dynamic' : 'static';
  return {
    quantization_config: given(
      { quant_method: 'fp8', activation_scheme: scheme },
      text.originOf('quantization'),
    ),
  };
}

/** Mamba-Codestral (MambaArgs of mistral-inference): what the file leaves out is mamba_ssm's default. */
function readMamba(input: FamilyInput): FamilyParts {
  const { text } = input;
  const [width, headDim] = [2 * text.size('dim').value, 64];
  const { paths } = text.originOf('dim');
  return readAs('mamba2', input, {
    intermediate_size: given(width, { paths, note: '2 x dim' }),
    num_heads: given(width / headDim, { paths, note: `2 x dim, in heads of ${headDim}` }),
    head_dim: given(headDim),
  });
}

const read: FamilyReader = (input) => {
  if (input.text.text('model_type') === 'mamba') return readMamba(input);
  const text = input.text.withValues(windows(input.text));
  const { parts } = readByKeys({ ...input, text });
  if (text.has('moe')) refuseUnreadWithin(text, 'moe', NAME, MOE_KEYS);
  return { ...parts, towers: towers(text, parts.model) };
};

export const mistralDialect: Dialect = {
  family: dialectFamily(NAME, 'mistral_params', ALIASES, read, storage),
  find: (file) => {
    // DistilBERT and its like have the same four keys, and a model_type of their own.
    const type = file.model_type;
    if (type === 'mamba' && hasAll(file, MAMBA_TELLING))
      return { path: [], keys: MAMBA_TELLING, modelType: 'mamba' };
    const isOther = typeof type === 'string' && type !== 'transformer';
    return hasAll(file, TELLING) && !isOther ? { path: [], keys: TELLING, modelType: 'mistral' } : null;
  },
};
