import assert from 'node:assert/strict';
import { attentionName, countParameters } from '../../src/architecture';
import { decodeOps, kvBytesPerToken } from '../../src/cost';
import { DEFAULT_SETTINGS } from '../../src/service';
import { architectureOf, read, type Config } from './fixtures';

/** Small configs of DeepSeek's kin: spellings that the fixtures of real models don't have. */
const MLA = {
  hidden_size: 64,
  num_attention_heads: 4,
  vocab_size: 128,
  intermediate_size: 96,
  q_lora_rank: 16,
  kv_lora_rank: 8,
  qk_nope_head_dim: 8,
  qk_rope_head_dim: 4,
  v_head_dim: 8,
};
const EXPERTS = {
  num_experts_per_tok: 2,
  moe_intermediate_size: 32,
  n_shared_experts: 1,
  n_routed_experts: 8,
};
const SPARSE: Config = {
  model_type: 'glm_moe_dsa',
  ...MLA,
  ...EXPERTS,
  num_hidden_layers: 6,
  first_k_dense_replace: 1,
  index_n_heads: 2,
  index_head_dim: 8,
  index_topk: 16,
};
const V4: Config = {
  model_type: 'deepseek_v4',
  ...EXPERTS,
  hidden_size: 64,
  num_hidden_layers: 4,
  num_attention_heads: 4,
  vocab_size: 128,
  head_dim: 16,
  q_lora_rank: 16,
  o_groups: 2,
  o_lora_rank: 8,
  index_n_heads: 2,
  index_head_dim: 8,
  num_hash_layers: 1,
  num_nextn_predict_layers: 0,
};

const experts = (config: Config) =>
  architectureOf(config).groups.flatMap(({ indices, ffn }) => (ffn[0]?.kind === 'moe' ? indices : []));
const owners = (config: Config) =>
  architectureOf(config).groups.flatMap(({ indices, attention }) =>
    attention[0]?.selection?.cachedDim ? indices : [],
  );
const names = (config: Config) =>
  architectureOf(config).groups.flatMap(({ indices, attention }) =>
    indices.map((i) => [i, attention.map(attentionName).join()] as const),
  );
const kvOf = (config: Config) =>
  kvBytesPerToken(
    decodeOps(
      architectureOf(config),
      { ...DEFAULT_SETTINGS.options, accounting: 'exact', precision: 'bf16', kvPrecision: 'bf16' },
      { batch: 1, context: 8192 },
    ),
  ).value;
const messages = (config: Config) =>
  read(config)
    .problems.map((p) => p.message)
    .join('\n');

describe("DeepSeek's kin", () => {
  it('knows layers with an indexer of their own by list, pattern or period', () => {
    const types = ['full', 'shared', 'shared', 'full', 'shared', 'shared'];
    assert.deepEqual(owners({ ...SPARSE, indexer_types: types }), [0, 3]);
    assert.deepEqual(owners({ ...SPARSE, index_topk_pattern: 'FSSFSS' }), [0, 3]);
    assert.deepEqual(owners({ ...SPARSE, index_topk_pattern: types }), [0, 3]);
    assert.deepEqual(owners({ ...SPARSE, index_topk_freq: 3, index_skip_topk_offset: 1 }), [0, 3]);
    assert.deepEqual(owners(SPARSE), [0, 1, 2, 3, 4, 5]);
    const all = kvOf(SPARSE);
    const some = kvOf({ ...SPARSE, indexer_types: types });
    assert.equal(all - some, 4 * 8 * 2, 'index keys of four layers');
  });
  it('knows layers with experts by list or by frequency', () => {
    const plain: Config = {
      ...MLA,
      ...EXPERTS,
      model_type: 'deepseek_v3',
      num_hidden_layers: 6,
      first_k_dense_replace: 1,
    };
    assert.deepEqual(experts(plain), [1, 2, 3, 4, 5]);
    assert.deepEqual(experts({ ...plain, moe_layer_freq: 2 }), [2, 4]);
    assert.deepEqual(experts({ ...plain, moe_layer_freq: [0, 0, 1, 1, 0, 1] }), [2, 3, 5]);
    const types = ['dense', 'sparse', 'dense', 'sparse', 'dense', 'dense'];
    assert.deepEqual(experts({ ...plain, mlp_layer_types: types }), [1, 3]);
    const none = read({ ...plain, n_routed_experts: null });
    assert.ok(none.architecture?.groups.every((g) => g.ffn.every((f) => f.kind === 'dense')));
    assert.deepEqual(
      none.problems.map((p) => [p.severity, p.code]),
      [['warning', 'config/no-experts']],
    );
    assert.match(
      messages({ ...plain, n_routed_experts: undefined, model_type: 'deepseek_v2' }),
      /is missing/,
    );
  });
  it("reads DeepSeek-V4's schedule in both spellings", () => {
    const ratios = { ...V4, compress_ratios: [0, 4, 128, 4, 0] };
    const types = {
      ...V4,
      layer_types: [
        'sliding_attention',
        'compressed_sparse_attention',
        'heavily_compressed_attention',
        'compressed_sparse_attention',
      ],
    };
    assert.deepEqual(names(types), names(ratios));
    assert.equal(countParameters(architectureOf(types)).total, countParameters(architectureOf(ratios)).total);
    const rates = {
      ...types,
      compress_rates: { compressed_sparse_attention: 8, heavily_compressed_attention: 64 },
    };
    assert.deepEqual(names(rates), names(types));
    assert.notEqual(kvOf(rates), kvOf(types));
    assert.match(messages({ ...V4, compress_ratios: [0, 4] }), /2 entries for 4 layers/);
    assert.match(messages({ ...V4, compress_ratios: [0, 4, -1, 4] }), /entry 2 must be a whole number/);
    assert.match(
      messages({ ...V4, layer_types: ['full_attention', ...types.layer_types.slice(1)] }),
      /entry 0/,
    );
  });
  it('counts layers of Kimi Linear from 1', () => {
    const linear = { num_heads: 2, head_dim: 8, short_conv_kernel_size: 4 };
    const kimi = { ...MLA, model_type: 'kimi_linear', num_hidden_layers: 4 };
    const lists = { ...linear, kda_layers: [1, 2, 3], full_attn_layers: [4] };
    const kinds = names({ ...kimi, linear_attn_config: lists });
    assert.deepEqual(kinds, [
      [0, 'KDA'],
      [1, 'KDA'],
      [2, 'KDA'],
      [3, 'MLA'],
    ]);
    assert.deepEqual(
      new Set(names({ ...kimi, linear_attn_config: null }).map(([, name]) => name)),
      new Set(['MLA']),
    );
    assert.match(
      messages({ ...kimi, linear_attn_config: { ...linear, kda_layers: [0, 1] } }),
      /counted from 1 to 4/,
    );
  });
  it('tells the versions of Ling apart by class and keys', () => {
    const ling = {
      ...MLA,
      model_type: 'bailing_hybrid',
      num_hidden_layers: 5,
      head_dim: 16,
      layer_group_size: 2,
      num_experts: 8,
      num_experts_per_tok: 2,
      moe_intermediate_size: 32,
      first_k_dense_replace: 1,
    };
    const mixers = (config: Config) =>
      names(config)
        .sort(([a], [b]) => a - b)
        .map(([, name]) => name)
        .join(' ');
    assert.equal(
      mixers(ling),
      'lightning MLA lightning MLA MLA',
      'the layer after the last whole group is full',
    );
    assert.equal(mixers({ ...ling, architectures: ['BailingMoeV3ForCausalLM'] }), 'KDA MLA KDA MLA MLA');
    assert.equal(mixers({ ...ling, no_kda_lora: true }), 'KDA MLA KDA MLA MLA');
    assert.equal(
      mixers({ ...ling, full_attention_type: 'gqa', num_key_value_heads: 2 }),
      'lightning GQA lightning GQA GQA',
    );
    assert.match(messages({ ...ling, gated_attention_proj_granularity_type: 'odd' }), /not read yet/);
  });
  it('refuses what later versions add and it does not know', () => {
    const longcat = { ...MLA, model_type: 'longcat_flash', num_layers: 2 };
    assert.match(messages({ ...longcat, linear_method: 'KDA' }), /"linear_method"/);
    assert.match(messages({ ...longcat, index_topk: 2048 }), /"index_topk"/);
    assert.match(messages({ ...longcat, attention_method: 'MHA' }), /Only "MLA"/);
    assert.match(messages({ ...MLA, model_type: 'pangu_ultra_moe', use_mhc: true }), /"use_mhc"/);
  });
});
