import assert from 'node:assert/strict';
import {
  isObject,
  matchFamily,
  parseConfigText,
  readArchitecture,
  type Architecture,
  type ReadProblem,
} from '../../src/architecture';
import { CATALOG } from '../../src/catalog';

export type Config = Readonly<Record<string, unknown>>;

/** Reads a config object as if it had been a file. */
export function read(config: Config): {
  architecture: Architecture | null;
  problems: readonly ReadProblem[];
} {
  const { value } = parseConfigText(JSON.stringify(config));
  assert.ok(isObject(value));
  const match = matchFamily(value);
  return readArchitecture(value, match);
}

export function architectureOf(config: Config): Architecture {
  const { architecture, problems } = read(config);
  // That a class default counts is said, and no problem.
  assert.deepEqual(
    problems.filter((p) => p.severity !== 'information' || p.code !== 'config/class-default'),
    [],
  );
  assert.ok(architecture);
  return architecture;
}

export function catalogConfig(name: string): Config {
  const model = CATALOG.find((m) => m.name === name);
  assert.ok(model, `${name} is not in the catalog`);
  return model.config;
}

/** The plain families by published dimensions, for tests that need them. */
export const LLAMA_3_8B: Config = {
  model_type: 'llama',
  hidden_size: 4096,
  intermediate_size: 14336,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  vocab_size: 128256,
  tie_word_embeddings: false,
};
export const QWEN2_5_7B: Config = {
  model_type: 'qwen2',
  hidden_size: 3584,
  intermediate_size: 18944,
  num_hidden_layers: 28,
  num_attention_heads: 28,
  num_key_value_heads: 4,
  vocab_size: 152064,
  tie_word_embeddings: false,
  use_sliding_window: false,
  sliding_window: 131072,
  max_window_layers: 28,
};
export const MISTRAL_7B_V01: Config = {
  model_type: 'mistral',
  hidden_size: 4096,
  intermediate_size: 14336,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  sliding_window: 4096,
  vocab_size: 32000,
  tie_word_embeddings: false,
};
export const MIXTRAL_8X7B: Config = {
  model_type: 'mixtral',
  hidden_size: 4096,
  intermediate_size: 14336,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  num_local_experts: 8,
  num_experts_per_tok: 2,
  sliding_window: null,
  vocab_size: 32000,
  tie_word_embeddings: false,
};
export const QWEN3_0_6B: Config = {
  model_type: 'qwen3',
  hidden_size: 1024,
  intermediate_size: 3072,
  num_hidden_layers: 28,
  num_attention_heads: 16,
  num_key_value_heads: 8,
  head_dim: 128,
  vocab_size: 151936,
  tie_word_embeddings: true,
};
