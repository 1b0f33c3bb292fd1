import { readByKeys } from '../by-keys/read';
import { isOn } from '../by-keys/unread';
import type { Family, FamilyParts, FamilyReader } from '../families/decoder';
import { FAMILIES } from '../families';
import { given, isObject, type ConfigReader, type Field, type KeyAliases, type KeyValues } from '../reader';
import { dialectFamily, isGiven, readAs, type Dialect, type DialectMatch } from './dialect';

/**
 * The metadata of a GGUF file as JSON: keys as in the file, with plain values or as `gguf_dump.py --json` writes them,
 * `{"index", "type", "value"}`, and beside them the tensors with their shapes. Keys: docs/gguf.md of ggml and
 * gguf-py/gguf/constants.py of llama.cpp; architectures: llama.cpp's src/llama-arch.cpp.
 */

/** Hugging Face's key by llama.cpp's, which comes after the architecture's name. */
const KEYS: Readonly<Record<string, readonly string[]>> = {
  embedding_length: ['hidden_size'],
  feed_forward_length: ['intermediate_size'],
  'attention.head_count': ['num_attention_heads'],
  'attention.head_count_kv': ['num_key_value_heads'],
  'attention.key_length': ['head_dim'],
  'attention.sliding_window': ['sliding_window'],
  'attention.chunk_size': ['attention_chunk_size'],
  'attention.kv_lora_rank': ['kv_lora_rank'],
  'attention.q_lora_rank': ['q_lora_rank'],
  'attention.layer_norm_rms_epsilon': ['rms_norm_eps'],
  'attention.layer_norm_epsilon': ['layer_norm_eps'],
  'attention.indexer.head_count': ['index_n_heads'],
  'attention.indexer.key_length': ['index_head_dim'],
  'attention.indexer.top_k': ['index_topk'],
  'attention.shared_kv_layers': ['num_kv_shared_layers'],
  'rope.dimension_count': ['qk_rope_head_dim'],
  expert_count: ['num_experts', 'num_local_experts', 'n_routed_experts', 'moe_num_experts'],
  expert_used_count: ['num_experts_per_tok', 'moe_k', 'moe_topk', 'moe_top_k'],
  expert_feed_forward_length: ['moe_intermediate_size'],
  expert_shared_count: ['n_shared_experts', 'num_shared_experts', 'moe_num_shared_experts'],
  expert_shared_feed_forward_length: ['shared_expert_intermediate_size'],
  leading_dense_block_count: ['first_k_dense_replace'],
  nextn_predict_layers: ['num_nextn_predict_layers'],
  interleave_moe_layer_step: ['interleave_moe_layer_step'],
  vocab_size: ['vocab_size'],
  context_length: ['max_position_embeddings'],
};

/** Model type by llama.cpp's architecture, where the keys above say all that its reader asks for. */
const TYPES: Readonly<Record<string, string>> = {
  llama: 'llama',
  llama4: 'llama4_text',
  qwen2: 'qwen2',
  qwen2moe: 'qwen2_moe',
  qwen3: 'qwen3',
  qwen3moe: 'qwen3_moe',
  gemma: 'gemma',
  gemma2: 'gemma2',
  gemma3: 'gemma3_text',
  deepseek2: 'deepseek_v3',
  phi3: 'phi3',
  'gpt-oss': 'gpt_oss',
  glm4: 'glm4',
  glm4moe: 'glm4_moe',
  olmo2: 'olmo2',
  starcoder2: 'starcoder2',
  internlm2: 'internlm2',
  smollm3: 'smollm3',
  ernie4_5: 'ernie4_5',
  'command-r': 'cohere',
  cohere2: 'cohere2',
  granite: 'granite',
};
/** Their LM head always is the embedding table. */
const ALWAYS_TIED = /^(gemma|cohere|command)/;

const PATHS = [[], ['metadata'], ['kv'], ['header'], ['gguf']];

/** A value as it stands, or within an object that gives its type. */
const plain = (value: unknown): unknown => (isObject(value) ? value.value : value);

/** The dump's keys through those that readers ask for. */
class Dump {
  constructor(
    private readonly text: ConfigReader,
    private readonly file: Readonly<Record<string, unknown>>,
    readonly arch: string,
  ) {
    for (const key of Object.keys(text.config)) if (!key.startsWith(`${arch}.`)) text.known.add(key);
  }

  /** A key of this architecture. Lists of one number for all layers are that number. */
  get(name: string): Field<unknown> | null {
    const key = `${this.arch}.${name}`;
    const held = this.text.config[key];
    const value = plain(held);
    this.text.known.add(key);
    if (!isGiven(value)) return null;
    const path = [...this.text.path, key, ...(isObject(held) ? ['value'] : [])];
    const first: unknown = Array.isArray(value) ? value[0] : value;
    const isUniform = Array.isArray(value) && value.length > 0 && value.every((x) => x === first);
    return given(isUniform ? first : value, { paths: [path] });
  }

  number(name: string): Field<number> | null {
    const field = this.get(name);
    return field && typeof field.value === 'number' ? { ...field, value: field.value } : null;
  }

  /** Shape of a tensor, if the dump lists tensors; llama.cpp's order, the input first. */
  private get tensors(): Readonly<Record<string, unknown>> | null {
    const { tensors } = this.file;
    return isObject(tensors) && Object.keys(tensors).length > 0 ? tensors : null;
  }
  get listsTensors(): boolean {
    return this.tensors !== null;
  }
  hasTensor(name: string): boolean {
    return this.tensors !== null && name in this.tensors;
  }

  /** Rows of the embedding table: a key of their own, the tokenizer's list, or the table's shape. */
  vocabulary(): Field<unknown> | null {
    const own = this.get('vocab_size');
    if (own) return own;
    const key = 'tokenizer.ggml.tokens';
    const held = this.text.config[key];
    const tokens = plain(held);
    if (Array.isArray(tokens) && tokens.length > 0)
      return given(tokens.length, { paths: [[...this.text.path, key]], note: 'number of tokens listed' });
    const table: unknown = this.tensors?.['token_embd.weight'];
    const shape: unknown = isObject(table) ? table.shape : undefined;
    return Array.isArray(shape) && shape.length === 2
      ? given(shape[1], { paths: [['tensors', 'token_embd.weight', 'shape']], note: 'rows of token_embd' })
      : null;
  }
}

/** What follows from other keys, or from the tensors. */
function valuesOf(dump: Dump): KeyValues {
  const values: Record<string, Field<unknown>> = {};
  for (const [name, keys] of Object.entries(KEYS)) {
    const field = dump.get(name);
    if (field) for (const key of keys) values[key] = field;
  }
  const blocks = dump.number('block_count');
  const nextn = dump.number('nextn_predict_layers');
  if (blocks)
    values.num_hidden_layers = nextn
      ? given(blocks.value - nextn.value, {
          paths: [...blocks.origin.paths, ...nextn.origin.paths],
          note: 'block_count less the MTP layers',
        })
      : blocks;
  const vocab = dump.vocabulary();
  if (vocab) values.vocab_size = vocab;
  Object.assign(values, headWidths(dump), gating(dump));
  // Here the experts' width has the plain name, and the dense layers' another.
  if (dump.arch === 'llama4' && values.intermediate_size && values.moe_intermediate_size) {
    values.intermediate_size_mlp = values.intermediate_size;
    values.intermediate_size = values.moe_intermediate_size;
  }
  if (dump.listsTensors) {
    const paths = [['tensors']];
    const hasBias = dump.hasTensor('blk.0.attn_q.bias') || dump.hasTensor('blk.0.attn_qkv.bias');
    values.tie_word_embeddings = given(!dump.hasTensor('output.weight'), {
      paths,
      note: 'is there output.weight?',
    });
    values.attention_bias = given(hasBias, { paths });
    values.qkv_bias = given(hasBias, { paths });
    values.use_qk_norm = given(dump.hasTensor('blk.0.attn_q_norm.weight'), { paths });
  } else if (ALWAYS_TIED.test(dump.arch)) values.tie_word_embeddings = given(true);
  return values;
}

/** Head sizes: with latent attention, keys are given as they are cached, or as the heads have them (`_mla`). */
function headWidths(dump: Dump): KeyValues {
  const rank = dump.number('attention.kv_lora_rank');
  const rope = dump.number('rope.dimension_count');
  const key = dump.number('attention.key_length_mla') ?? dump.number('attention.key_length');
  const value = dump.number('attention.value_length_mla') ?? dump.number('attention.value_length');
  dump.get('attention.key_length');
  dump.get('attention.value_length');
  if (!rank) return value && value.value !== key?.value ? { v_head_dim: value } : {};
  return {
    ...(key &&
      rope && {
        qk_nope_head_dim: given(key.value - rope.value, {
          paths: [...key.origin.paths, ...rope.origin.paths],
          note: 'key length less its rotary part',
        }),
      }),
    ...(value && { v_head_dim: value }),
    ...(dump.number('attention.q_lora_rank') === null && { q_lora_rank: given(null) }),
  };
}

/** llama.cpp's `expert_gating_func`: 2 is the sigmoid, which comes with a bias for each expert in DeepSeek-V3. */
function gating(dump: Dump): KeyValues {
  const gate = dump.number('expert_gating_func');
  if (!gate) return {};
  const isSigmoid = gate.value === 2;
  return {
    scoring_func: { ...gate, value: isSigmoid ? 'sigmoid' : 'softmax' },
    topk_method: { ...gate, value: isSigmoid ? 'noaux_tc' : 'greedy' },
  };
}

const NAME = 'GGUF metadata';
const ALIASES: KeyAliases = {};

/** Sizes within this architecture's keys that nobody asked for change what is counted. */
const STRUCTURAL =
  /\.(ssm\.|wkv\.|convnext|posnet|attention\.(?!causal|scale|clamp|layer_norm|group_norm|temperature|output_scale|value_scale|max_alibi)|expert_(?!weights|group|gating)|moe_|shortconv|altup|laurel|embedding_length_|.*_length$|.*_count$|.*_rank$|decoder|full_attention_interval)/;

const unread = (text: ConfigReader): string[] =>
  Object.keys(text.config).filter(
    (key) => !text.known.has(key) && STRUCTURAL.test(key) && isOn(key, plain(text.config[key])),
  );

const FILE_TYPES: Readonly<Record<number, string>> = { 0: 'float32', 1: 'float16', 32: 'bfloat16' };

/** llama.cpp's number of the format of most tensors; the quantized ones are not read yet. */
function storage(text: ConfigReader): KeyValues {
  const type = plain(text.raw('general.file_type'));
  if (typeof type !== 'number') return {};
  return {
    dtype: given(FILE_TYPES[type] ?? `GGUF file type ${type}`, text.originOf('general.file_type')),
  };
}

const read: FamilyReader = (input) => {
  const { text, root } = input;
  const arch = archOf(text.config) ?? '';
  const dump = new Dump(text, root.config, arch);
  const values = valuesOf(dump);
  const type = typeOf(arch, values);
  if (values.tie_word_embeddings === undefined)
    text.problem(
      'information',
      'config/tie-unknown',
      'This dump lists no tensors, so that nothing tells whether the LM head is the embedding table: they are counted as the family’s usual models have them.',
      ['general.architecture'],
    );
  for (const [key, { value, origin }] of Object.entries(values))
    if (Array.isArray(value) && key !== 'intermediate_size')
      text.problem(
        'error',
        'config/unsupported',
        `"${origin.paths[0]?.at(-1) ?? key}" differs between layers, which is not read from GGUF metadata.`,
      );
  const target = type === null ? undefined : FAMILIES.get(type);
  if (type !== null && target) return readAs(type, input, values);
  return byKeys(input, values, arch);
};

function byKeys(input: Parameters<FamilyReader>[0], values: KeyValues, arch: string): FamilyParts {
  input.text.problem(
    'information',
    'config/unknown-family',
    `Decode Lens does not know the architecture ${JSON.stringify(arch)}: it was read by its keys, as most decoders are laid out.`,
    ['general.architecture'],
  );
  return readByKeys({ ...input, text: input.text.withValues(values) }).parts;
}

const isMany = (value: unknown): boolean => typeof value === 'number' && value > 1;

/** Mixtral has Llama's architecture name. */
const typeOf = (arch: string, values: KeyValues): string | null =>
  arch === 'llama' && isMany(values.num_experts?.value) ? 'mixtral' : (TYPES[arch] ?? null);

const archOf = (object: Readonly<Record<string, unknown>>): string | null => {
  const value = plain(object['general.architecture']);
  return typeof value === 'string' ? value : null;
};

const family: Family = dialectFamily(NAME, 'gguf', ALIASES, read, storage, unread);

export const ggufDialect: Dialect = {
  family,
  find: (file): DialectMatch | null => {
    for (const path of PATHS) {
      const at = path.reduce<unknown>((value, step) => (isObject(value) ? value[step] : undefined), file);
      const arch = isObject(at) ? archOf(at) : null;
      if (arch !== null) return { path, keys: ['general.architecture'], modelType: arch };
    }
    return null;
  },
};
