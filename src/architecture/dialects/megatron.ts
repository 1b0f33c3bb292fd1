import { symbol } from '../tensors';
import { readByKeys } from '../by-keys/read';
import { isOn } from '../by-keys/unread';
import type { FamilyParts, FamilyReader } from '../families/decoder';
import { deepseekMtp } from '../families/deepseek-mtp';
import { given, isObject, type ConfigReader, type Field, type KeyAliases, type KeyValues } from '../reader';
import type { MtpLayers } from '../types';
import { dialectFamily, isGiven, type Dialect } from './dialect';

/**
 * Arguments of Megatron-LM as JSON (megatron/training/arguments.py, core/transformer/transformer_config.py), and of NeMo,
 * which builds on it: flat, or within `args` or `model`; with underscores or as on the command line.
 */
const spellings = (...names: readonly string[]): string[] =>
  names.flatMap((name) => {
    const dashed = name.replaceAll('_', '-');
    return [name, dashed, `--${dashed}`];
  });

const ALIASES: KeyAliases = {
  num_hidden_layers: spellings('num_layers'),
  hidden_size: spellings('hidden_size'),
  num_attention_heads: spellings('num_attention_heads'),
  num_query_groups: spellings('num_query_groups'),
  group_query_attention: spellings('group_query_attention'),
  head_dim: spellings('kv_channels'),
  ffn_hidden_size: spellings('ffn_hidden_size'),
  swiglu: spellings('swiglu', 'gated_linear_unit'),
  activation: spellings('activation', 'activation_func'),
  vocab_size: spellings('vocab_size'),
  padded_vocab_size: spellings('padded_vocab_size'),
  make_vocab_size_divisible_by: spellings('make_vocab_size_divisible_by'),
  tensor_model_parallel_size: spellings('tensor_model_parallel_size'),
  untie_embeddings_and_output_weights: spellings('untie_embeddings_and_output_weights'),
  share_embeddings_and_output_weights: spellings('share_embeddings_and_output_weights'),
  add_bias_linear: spellings('add_bias_linear', 'bias'),
  disable_bias_linear: spellings('disable_bias_linear'),
  add_qkv_bias: spellings('add_qkv_bias'),
  normalization: spellings('normalization'),
  position_embedding_type: spellings('position_embedding_type'),
  use_rotary_position_embeddings: spellings('use_rotary_position_embeddings'),
  max_position_embeddings: spellings('max_position_embeddings'),
  use_qk_norm: spellings('qk_layernorm'),
  window_size: spellings('window_size'),
  window_attn_skip_freq: spellings('window_attn_skip_freq'),
  multi_latent_attention: spellings('multi_latent_attention'),
  q_lora_rank: spellings('q_lora_rank'),
  kv_lora_rank: spellings('kv_lora_rank'),
  qk_head_dim: spellings('qk_head_dim'),
  qk_pos_emb_head_dim: spellings('qk_pos_emb_head_dim'),
  v_head_dim: spellings('v_head_dim'),
  num_experts: spellings('num_experts', 'num_moe_experts'),
  num_experts_per_tok: spellings('moe_router_topk'),
  moe_intermediate_size: spellings('moe_ffn_hidden_size'),
  shared_expert_intermediate_size: spellings('moe_shared_expert_intermediate_size'),
  shared_expert_gate: spellings('moe_shared_expert_gate', 'moe_use_shared_expert_gate'),
  router_bias: spellings('moe_router_enable_expert_bias'),
  moe_layer_freq: spellings('moe_layer_freq'),
  num_nextn_predict_layers: spellings('mtp_num_layers'),
};

const NAME = 'Megatron-LM (arguments)';
/** Of these at least one, beside sizes that other configs have too. */
const TELLING = [
  'ffn_hidden_size',
  'num_query_groups',
  'kv_channels',
  'untie_embeddings_and_output_weights',
  'padded_vocab_size',
  'swiglu',
  'group_query_attention',
  'tensor_model_parallel_size',
  'make_vocab_size_divisible_by',
  'moe_router_topk',
  'disable_bias_linear',
  'add_qkv_bias',
  'seq_length',
];
const SIZES = ['num_layers', 'hidden_size', 'num_attention_heads'];
const PATHS = [[], ['args'], ['model'], ['model_config'], ['megatron'], ['config'], ['model', 'args']];

/** Switches that make another model of it; the many other arguments train or have defaults that are written out. */
const STRUCTURAL =
  /^(-*)(hybrid[_-]override[_-]pattern|hybrid[_-]layer[_-]pattern|is[_-]hybrid[_-]model|retro[_-]add[_-]retriever|experimental[_-]attention[_-]variant|linear[_-]attention[_-]type|heterogeneous[_-]layers[_-]config.*|moe[_-]latent[_-]size|dsa[_-]indexer.*)$/;

const unread = (text: ConfigReader): string[] =>
  Object.keys(text.config).filter((key) => STRUCTURAL.test(key) && isOn(key, text.config[key]));

const floor = (value: number, to: number): number => Math.floor(value / to) * to;

/** Worked out with the note that says how; paths are of the keys it comes from. */
const derived = (
  text: ConfigReader,
  value: unknown,
  note: string,
  ...keys: readonly string[]
): Field<unknown> => given(value, { paths: text.originOf(...keys).paths, note });

/** 4 x hidden_size where no width is given, with a gate two thirds of it (arguments.py, `validate_args`). */
function feedForward(text: ConfigReader, isGated: boolean): KeyValues {
  if (text.has('ffn_hidden_size'))
    return { intermediate_size: given(text.raw('ffn_hidden_size'), text.originOf('ffn_hidden_size')) };
  const hidden = text.size('hidden_size').value;
  const width = isGated ? floor((4 * hidden * 2) / 3, 64) : 4 * hidden;
  return {
    intermediate_size: derived(text, width, 'ffn_hidden_size is absent: 4 x hidden_size', 'hidden_size'),
  };
}

/** Rows are added until each tensor-parallel rank holds a multiple of `make_vocab_size_divisible_by`. */
function vocabulary(text: ConfigReader): KeyValues {
  const keys = ['vocab_size', 'make_vocab_size_divisible_by', 'tensor_model_parallel_size'];
  if (text.has('padded_vocab_size'))
    return { vocab_size: given(text.raw('padded_vocab_size'), text.originOf('padded_vocab_size')) };
  const by = text.optionalSize('make_vocab_size_divisible_by');
  if (by === null || !text.has('vocab_size')) return {};
  const multiple = by.value * text.size('tensor_model_parallel_size', 1).value;
  const padded = Math.ceil(text.size('vocab_size').value / multiple) * multiple;
  return { vocab_size: derived(text, padded, 'padded', ...keys) };
}

function ties(text: ConfigReader): KeyValues {
  const untie = 'untie_embeddings_and_output_weights';
  const share = 'share_embeddings_and_output_weights';
  if (text.has(share)) return { tie_word_embeddings: { ...text.flag(share, true) } };
  const untied = text.flag(untie, false);
  return { tie_word_embeddings: given(!untied.value, untied.origin) };
}

/** All linear layers have biases unless switched off; those of q, k and v may have them alone. */
function biases(text: ConfigReader): KeyValues {
  const isOff = text.flag('disable_bias_linear', false);
  const linear = text.flag('add_bias_linear', !isOff.value);
  const all = given(linear.value && !isOff.value, {
    paths: [...isOff.origin.paths, ...linear.origin.paths],
  });
  const qkv = text.flag('add_qkv_bias', false);
  return {
    use_bias: all,
    qkv_bias: given(qkv.value || all.value, { paths: [...qkv.origin.paths, ...all.origin.paths] }),
  };
}

function heads(text: ConfigReader): KeyValues {
  const isGrouped = text.flag('group_query_attention', true);
  const queryHeads = given(text.raw('num_attention_heads'), text.originOf('num_attention_heads'));
  return {
    num_key_value_heads:
      isGrouped.value && text.has('num_query_groups')
        ? given(text.raw('num_query_groups'), text.originOf('num_query_groups'))
        : queryHeads,
  };
}

/** The arguments list ranks and head sizes of latent attention also where it is switched off. */
function latent(text: ConfigReader): KeyValues {
  if (!text.flag('multi_latent_attention', false).value)
    return { kv_lora_rank: given(null), v_head_dim: given(null), q_lora_rank: given(null) };
  return {
    kv_lora_rank: text.size('kv_lora_rank', 32),
    qk_nope_head_dim: text.size('qk_head_dim', 128),
    qk_rope_head_dim: text.size('qk_pos_emb_head_dim', 64),
    v_head_dim: text.size('v_head_dim', 128),
  };
}

/** `(left, right)`: a token looks back on `left` others; every so many layers there is no window. */
function windows(text: ConfigReader, layers: number): KeyValues {
  const value = text.raw('window_size');
  const skip = text.raw('window_attn_skip_freq');
  const left: unknown = Array.isArray(value) ? value[0] : value;
  if (typeof left !== 'number' || left < 0) return { sliding_window: given(null) };
  const isFull = (layer: number) =>
    typeof skip === 'number' ? (layer + 1) % skip === 0 : Array.isArray(skip) ? skip[layer] === 0 : false;
  const types = Array.from({ length: layers }, (_, i) =>
    isFull(i) ? 'full_attention' : 'sliding_attention',
  );
  return {
    sliding_window: derived(text, left + 1, 'the tokens before, and itself', 'window_size'),
    layer_types: derived(text, types, 'by window_attn_skip_freq', 'window_attn_skip_freq'),
  };
}

const MOST_LAYERS = 10_000;
const MAX_TERMS = 1000;

/** `moe_layer_freq` may be Python: `([0]*3+[1]*58)`. */
export function layerPattern(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  if (/^\d+$/.test(value.trim())) return Number(value);
  const terms = value.replace(/[()\s]/g, '').split('+', MAX_TERMS);
  const parsed = terms.map((term) => {
    const [, items, times] = /^\[([01](?:,[01])*)\](?:\*(\d{1,4}))?$/.exec(term) ?? [];
    if (items === undefined) return null;
    const list = items.split(',').map(Number);
    const count = Number(times ?? 1);
    return list.length * count > MOST_LAYERS ? null : Array.from({ length: count }, () => list).flat();
  });
  return parsed.includes(null) ? value : parsed.flat();
}

function experts(text: ConfigReader): KeyValues {
  const freq = text.raw('moe_layer_freq');
  const count = text.optionalSize('num_experts', 0);
  if (count === null || count.value <= 1) return {};
  return {
    num_experts_per_tok: text.size('num_experts_per_tok', 2),
    ...(isGiven(freq) && { moe_layer_freq: given(layerPattern(freq), text.originOf('moe_layer_freq')) }),
  };
}

/** Learned positions are the default, which nobody means who names a rotary base. */
function positions(text: ConfigReader): KeyValues {
  const named = text.text('position_embedding_type');
  const rotary = text.flag('use_rotary_position_embeddings', false).value;
  const mentionsRope = Object.keys(text.config).some((key) => /rotary|rope/i.test(key));
  const type = rotary
    ? 'rope'
    : (named ?? (mentionsRope || !text.has('max_position_embeddings') ? 'rope' : 'learned_absolute'));
  return { position_embedding_type: given(type, text.originOf('position_embedding_type')) };
}

/** Weights are kept as `bf16` or `fp16` says; FP8 is how they are multiplied. */
function storage(text: ConfigReader): KeyValues {
  const on = ['bf16', 'fp16'].find((key) => text.raw(key) === true || text.raw(`--${key}`) === true);
  return on === undefined || text.has('params_dtype')
    ? {}
    : { dtype: given(on === 'bf16' ? 'bfloat16' : 'float16', text.originOf(on)) };
}

const read: FamilyReader = (input) => {
  const { text } = input;
  const activation = text.text('activation') ?? '';
  const gate = text.has('swiglu') ? text.flag('swiglu', false).value : /glu/i.test(activation);
  const layers = text.layers();
  const seen = text.withValues({
    ...feedForward(text, gate),
    ...vocabulary(text),
    ...ties(text),
    ...biases(text),
    ...heads(text),
    ...latent(text),
    ...windows(text, layers.value),
    ...experts(text),
    ...positions(text),
    gated_mlp: given(gate, text.originOf('swiglu')),
    normalization: given(text.text('normalization') ?? 'LayerNorm', text.originOf('normalization')),
  });
  const { parts } = readByKeys({ ...input, text: seen });
  return { ...parts, mtp: mtpOf(seen, parts) };
};

/** Multi-token prediction as in DeepSeek-V3: a layer like the last, a projection and three norms. */
function mtpOf(text: ConfigReader, { model, groups }: FamilyParts): MtpLayers | null {
  const last = groups.find(({ indices }) => indices.includes(model.layers - 1));
  const hidden = symbol('H', given(model.hidden, model.origins.hidden));
  return last ? deepseekMtp(text, hidden, last, false) : null;
}

export const megatronDialect: Dialect = {
  family: dialectFamily(NAME, 'megatron', ALIASES, read, storage, unread),
  find: (file) => {
    // Megatron's own is an enumeration's member: `ModelType.encoder_or_decoder`.
    const isOther = typeof file.model_type === 'string' && !file.model_type.includes('.');
    if (isOther || isGiven(file.architectures) || isGiven(file.num_hidden_layers)) return null;
    for (const path of PATHS) {
      const at = path.reduce<unknown>((value, step) => (isObject(value) ? value[step] : undefined), file);
      if (!isObject(at)) continue;
      const keysOf = (names: readonly string[]) =>
        names.flatMap((name) =>
          spellings(name)
            .filter((key) => isGiven(at[key]))
            .slice(0, 1),
        );
      const [sizes, telling] = [keysOf(SIZES), keysOf(TELLING)];
      if (telling.length > 0 && sizes.length === SIZES.length)
        return { path, keys: [...sizes, ...telling.slice(0, 1)], modelType: 'megatron' };
    }
    return null;
  },
};
