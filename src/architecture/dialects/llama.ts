import { readByKeys } from '../by-keys/read';
import type { FamilyReader } from '../families/decoder';
import { given, type ConfigReader, type Field, type KeyAliases, type KeyValues } from '../reader';
import type { Tower } from '../types';
import { dialectFamily, hasAll, isGiven, readAs, refuseUnreadWithin, type Dialect } from './dialect';

/**
 * Meta's params.json (ModelArgs of llama, llama3 and llama-models): the FFN's width is not in the file, but follows from
 * `dim`, `ffn_dim_multiplier` and `multiple_of`.
 */
const ALIASES: KeyAliases = {
  hidden_size: ['dim'],
  num_hidden_layers: ['n_layers'],
  num_attention_heads: ['n_heads'],
  num_key_value_heads: ['n_kv_heads'],
  rms_norm_eps: ['norm_eps'],
  num_local_experts: [['moe_args', 'num_experts']],
  num_experts_per_tok: [['moe_args', 'top_k']],
  interleave_moe_layer_step: [['moe_args', 'interleave_moe_layer_step']],
};
const NAME = 'Llama (params.json)';
const TELLING = ['dim', 'n_layers', 'n_heads', 'multiple_of'];
const MOE_KEYS = ['num_experts', 'top_k', 'interleave_moe_layer_step', 'use_shared_expert', 'auto_scale_F'];
/** Llama 1 and 2 say -1 and leave the number to the tokenizer. */
const TOKENIZER_VOCAB = 32_000;

const number = (value: unknown, fallback: number): number =>
  typeof value === 'number' && Number.isFinite(value) ? value : fallback;

/** As the modelling code has it: each step cut down to a whole number, the last rounded up. */
function feedForwardWidth(text: ConfigReader, start: number, divisor: number): Field<number> {
  const multiplier = text.raw('ffn_dim_multiplier');
  const multiple = text.size('multiple_of', 256).value;
  let width = Math.floor((2 * Math.floor(start)) / 3);
  width = Math.floor(number(multiplier, 1) * width);
  width = Math.floor(width / divisor);
  return given(multiple * Math.ceil(width / multiple), {
    paths: text.originOf('dim', 'ffn_dim_multiplier', 'multiple_of').paths,
    note: '2/3 of 4 x dim, times ffn_dim_multiplier, rounded up to a multiple of multiple_of',
  });
}

function vocabulary(text: ConfigReader): KeyValues {
  const value = text.raw('vocab_size');
  if (isGiven(value) && value !== -1) return {};
  const note = `vocab_size is ${value === -1 ? '-1' : 'absent'}: the tokenizer's, ${TOKENIZER_VOCAB} in Llama 1 and 2`;
  text.problem(
    'information',
    'config/vocab-size',
    `The file leaves the vocabulary to the tokenizer: ${TOKENIZER_VOCAB} tokens are assumed, as in Llama 1 and 2.`,
    value === -1 ? ['vocab_size'] : [],
  );
  const paths = value === -1 ? text.originOf('vocab_size').paths : [];
  return { vocab_size: given(TOKENIZER_VOCAB, { paths, note }) };
}

/** Llama 4 (llama-models, llama4/moe.py): experts and the shared one share the width that a dense FFN would have. */
function readLlama4(input: Parameters<FamilyReader>[0], dense: Field<number>): ReturnType<FamilyReader> {
  const { text } = input;
  const moe = text.nested('moe_args');
  const hasShared = moe.flag('use_shared_expert', true).value;
  if (!hasShared)
    text.problem('error', 'config/unsupported', 'Llama 4 without a shared expert is not read.', [
      'moe_args',
      'use_shared_expert',
    ]);
  const scaled = moe.flag('auto_scale_F', true).value;
  const divisor = scaled ? number(moe.raw('capacity_factor'), 1) + (hasShared ? 1 : 0) : 1;
  const expansion = number(text.raw('ffn_exp'), 4);
  const width = feedForwardWidth(text, expansion * text.size('dim').value, divisor);
  refuseUnreadWithin(text, 'moe_args', NAME, [...MOE_KEYS, 'capacity_factor']);
  return readAs('llama4_text', input, { intermediate_size: width, intermediate_size_mlp: dense });
}

/** Llama 3.2 Vision: cross-attention layers spread evenly between the others (llama-models, `_init_fusion_schedule`). */
function crossLayers(text: ConfigReader, count: number): KeyValues {
  const own = text.layers('n_layers');
  const step = Math.max(1, Math.ceil(own.value / count));
  const schedule: number[] = [];
  for (let i = own.value - 1; i >= 0 && schedule.length < count; i -= step) schedule.unshift(i);
  const paths = text.originOf('n_layers', 'vision_num_cross_attention_layers').paths;
  return {
    num_hidden_layers: given(own.value + count, { paths, note: 'n_layers and the cross-attention layers' }),
    cross_attention_layers: given(
      schedule.map((layer, i) => layer + i),
      { paths, note: 'spread evenly' },
    ),
  };
}

/** The vision encoder is named, and not counted. */
function vision(text: ConfigReader): Tower[] {
  const key = ['vision_args', 'vision_num_cross_attention_layers'].find((name) => text.has(name));
  return key === undefined || text.raw(key) === -1
    ? []
    : [{ kind: 'vision', path: text.pathOf(key), tensors: null }];
}

const read: FamilyReader = (input) => {
  const vocab = vocabulary(input.text);
  const text = input.text.withValues(vocab);
  const towers = vision(text);
  const dense = feedForwardWidth(text, 4 * text.size('dim').value, 1);
  if (text.has('moe_args')) return { ...readLlama4({ ...input, text }, dense), towers };
  const values = { intermediate_size: dense };
  const cross = text.optionalSize('vision_num_cross_attention_layers', -1)?.value ?? 0;
  if (cross > 0)
    return {
      ...readAs('mllama_text_model', { ...input, text }, { ...values, ...crossLayers(text, cross) }),
      towers,
    };
  return readByKeys({ ...input, text: text.withValues(values) }).parts;
};

export const llamaDialect: Dialect = {
  family: dialectFamily(NAME, 'llama_params', ALIASES, read, () => ({})),
  find: (file) =>
    hasAll(file, TELLING) && typeof file.model_type !== 'string'
      ? { path: [], keys: TELLING, modelType: 'llama' }
      : null,
};
