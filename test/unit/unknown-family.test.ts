import assert from 'node:assert/strict';
import { attentionName, countParameters } from '../../src/architecture';
import { analyzeConfig, DEFAULT_SETTINGS } from '../../src/service';
import { LLAMA_3_8B, read, type Config } from './fixtures';

/** Llama 3 8B's dimensions under a name that no family has. */
const UNKNOWN: Config = { ...LLAMA_3_8B, model_type: 'frobnicator', rms_norm_eps: 1e-5, hidden_act: 'silu' };

const messageOf = (config: Config) => {
  const { problems } = read(config);
  assert.equal(problems.length, 1, JSON.stringify(problems));
  return problems[0]?.message ?? '';
};
const architectureOf = (config: Config) => {
  const { architecture, problems } = read(config);
  assert.ok(architecture, JSON.stringify(problems));
  return architecture;
};
const without = (config: Config, ...keys: readonly string[]): Config =>
  Object.fromEntries(Object.entries(config).filter(([key]) => !keys.includes(key)));
const kinds = (config: Config) =>
  architectureOf(config).groups.map(
    ({ indices, attention, ffn }) =>
      `${indices.length} ${attention.map(attentionName).join()} ${ffn.map((f) => f.kind).join()}`,
  );

describe('unknown families', () => {
  it('are read by their keys, and say so', () => {
    const { architecture, problems } = read(UNKNOWN);
    assert.ok(architecture);
    assert.equal(countParameters(architecture).total, 8_030_261_248);
    assert.equal(architecture.family, 'unknown family, read by its keys');
    assert.equal(architecture.matchedBy, 'model_type "frobnicator"');
    const [problem] = problems;
    assert.equal(problem?.severity, 'information');
    assert.deepEqual(problem.path, ['model_type']);
    assert.equal(
      problem.message,
      'Decode Lens does not know the family "frobnicator": it was read by its keys, as 32 layers of GQA with a dense FFN. Assumed: FFNs of three matrices, one a gate (silu).',
    );
  });

  it('may call things by their usual other names', () => {
    const config = {
      model_type: 'frobnicator',
      n_embd: 4096,
      n_layer: 32,
      n_head: 32,
      num_kv_heads: 8,
      n_inner: 14336,
      n_vocab: 128256,
      weight_tying: false,
    };
    const architecture = architectureOf(config);
    assert.equal(countParameters(architecture).total, 8_030_261_248);
    assert.deepEqual(architecture.model.origins.hidden?.paths, [['n_embd']]);
  });

  it('name what is missing', () => {
    assert.match(
      messageOf(without(UNKNOWN, 'vocab_size', 'intermediate_size')),
      /"frobnicator", and can't read it by its keys: "vocab_size" and "intermediate_size" are missing/,
    );
    assert.match(
      messageOf({ hidden_size: 64, num_hidden_layers: 2, num_attention_heads: 2, intermediate_size: 8 }),
      /^This file names no family, and can't read it by its keys: "vocab_size" is missing/,
    );
  });

  const refused: readonly (readonly [string, Config, RegExp])[] = [
    ['lists by layer', { mixer_kinds: ['a', 'b'] }, /"mixer_kinds" may change/],
    ['objects', { ssm_cfg: { layer: 'Mamba2' } }, /"ssm_cfg" may change/],
    ['states', { mamba_d_state: 128 }, /"mamba_d_state" may change/],
    ['shared KV', { num_kv_shared_layers: 4 }, /"num_kv_shared_layers" may change/],
    ['sparse attention', { index_topk: 2048, index_n_heads: 4 }, /"index_topk", "index_n_heads" may change/],
    ['other mixers', { layer_types: Array(32).fill('linear_attention') }, /names "linear_attention"/],
    ['encoders', { type_vocab_size: 2 }, /"type_vocab_size" tells of an encoder/],
    ['experts without a number of them', { moe_router_style: 'fancy' }, /"moe_router_style" may change/],
  ];
  for (const [what, extra, message] of refused)
    it(`are refused for ${what}`, () => {
      const { architecture, problems } = read({ ...UNKNOWN, ...extra });
      assert.equal(architecture, null);
      assert.match(problems.map((p) => p.message).join(), message);
      assert.match(problems.map((p) => p.message).join(), /does not know the family "frobnicator"/);
      assert.ok(problems.every((p) => p.severity === 'error'));
    });

  it('are not refused for keys that cost nothing or are off', () => {
    const message = messageOf({
      ...UNKNOWN,
      mamba_d_state: 0,
      num_kv_shared_layers: null,
      num_local_experts: 1,
      rope_scaling: { factor: 8 },
      eos_token_id: [1, 2],
      frobnication: true,
    });
    assert.match(message, /Not used: "frobnication"\.$/);
  });

  const MOE = { num_experts: 64, num_experts_per_tok: 4, moe_intermediate_size: 1024 };
  it('with experts are never read as dense', () => {
    for (const key of ['num_experts', 'n_routed_experts', 'moe_num_experts', 'num_local_experts'])
      assert.deepEqual(kinds({ ...UNKNOWN, ...without(MOE, 'num_experts'), [key]: 64 }), ['32 GQA moe']);
    assert.match(messageOf({ ...UNKNOWN, n_routed_experts: 64 }), /"num_experts_per_tok" is missing/);
  });
  it('are refused where a key tells of experts that no other key counts', () => {
    for (const key of ['num_expert_groups', 'mixture_size', 'experts_scale'])
      assert.match(messageOf({ ...UNKNOWN, [key]: 8 }), new RegExp(`"${key}" may change the architecture`));
  });
  it('have dense layers where keys say so', () => {
    assert.deepEqual(kinds({ ...UNKNOWN, ...MOE, first_k_dense_replace: 3 }), ['3 GQA dense', '29 GQA moe']);
    assert.deepEqual(kinds({ ...UNKNOWN, ...MOE, decoder_sparse_step: 2 }), ['16 GQA dense', '16 GQA moe']);
    const freq = [...Array<number>(8).fill(0), ...Array<number>(24).fill(1)];
    assert.deepEqual(kinds({ ...UNKNOWN, ...MOE, moe_layer_freq: freq }), ['8 GQA dense', '24 GQA moe']);
  });
  it('count shared experts', () => {
    const shared = (extra: Config) => {
      const ffn = architectureOf({ ...UNKNOWN, ...MOE, ...extra }).groups[0]?.ffn[0];
      return ffn?.kind === 'moe' ? ffn.sharedIntermediate : 0;
    };
    assert.equal(shared({ n_shared_experts: 2 }), 2048);
    assert.equal(shared({ shared_expert_intermediate_size: 5000 }), 5000);
    assert.equal(shared({}), 0);
  });
  it('have latent attention where a rank is given', () => {
    const mla = {
      kv_lora_rank: 512,
      q_lora_rank: null,
      qk_nope_head_dim: 128,
      qk_rope_head_dim: 64,
      v_head_dim: 128,
    };
    assert.deepEqual(kinds({ ...UNKNOWN, ...mla }), ['32 MLA dense']);
  });
  it('have windows where keys say so', () => {
    const types = Array.from({ length: 32 }, (_, i) =>
      i % 4 === 3 ? 'full_attention' : 'sliding_attention',
    );
    const hybrid = ['24 sliding GQA dense', '8 GQA dense'];
    assert.deepEqual(kinds({ ...UNKNOWN, sliding_window: 512, layer_types: types }), hybrid);
    assert.deepEqual(kinds({ ...UNKNOWN, sliding_window: 512, sliding_window_pattern: 4 }), hybrid);
    assert.deepEqual(kinds({ ...UNKNOWN, sliding_window: 512, sliding_window_pattern: 'LLLG' }), hybrid);
    assert.deepEqual(kinds({ ...UNKNOWN, sliding_window: 512 }), ['32 sliding GQA dense']);
    assert.deepEqual(kinds({ ...UNKNOWN, sliding_window: 512, use_sliding_window: false }), ['32 GQA dense']);
  });
  it('have what their keys say of heads, biases and norms', () => {
    const base = countParameters(architectureOf(UNKNOWN)).total;
    const more = (extra: Config) => countParameters(architectureOf({ ...UNKNOWN, ...extra })).total - base;
    assert.equal(more({ use_qk_norm: true }), 32 * 2 * 128);
    assert.equal(more({ qkv_bias: true }), 32 * (4096 + 2 * 1024));
    assert.equal(more({ attention_bias: true }), 32 * (4096 + 2 * 1024 + 4096));
    assert.equal(more({ tie_word_embeddings: true }), -128256 * 4096);
    assert.equal(more({ hidden_act: 'relu2' }), -32 * 4096 * 14336);
    // GELU has a gate beside RMSNorm (Gemma), and none beside LayerNorm (GPT).
    assert.equal(more({ hidden_act: 'gelu_pytorch_tanh' }), 0);
    const layerNorm = { hidden_act: 'gelu', layer_norm_eps: 1e-5, rms_norm_eps: undefined };
    assert.equal(more(layerNorm), 65 * 4096 - 32 * 4096 * 14336);
    assert.equal(more({ layer_norm_eps: 1e-5, rms_norm_eps: undefined }), 65 * 4096);
    assert.deepEqual(kinds({ ...without(UNKNOWN, 'num_key_value_heads'), multi_query: true }), [
      '32 MQA dense',
    ]);
  });

  it('have the head that transformers gives them where no key says', () => {
    const silent = without(UNKNOWN, 'tie_word_embeddings');
    const isTied = (config: Config) => architectureOf(config).model.tiedEmbeddings;
    assert.equal(isTied(silent), false);
    assert.equal(isTied({ ...silent, transformers_version: '4.40.0' }), true);
    assert.equal(isTied({ ...UNKNOWN, transformers_version: '4.40.0' }), false);
  });

  it('may be named by anything', () => {
    for (const model_type of [null, 0, '', [], {}, { value: 1 }])
      assert.equal(countParameters(architectureOf({ ...UNKNOWN, model_type })).total, 8_030_261_248);
  });

  it('may be nested, and be another one’s slip of the pen', () => {
    const analyze = (config: Config) =>
      analyzeConfig({ text: JSON.stringify(config), file: 'config.json', name: 'x' }, DEFAULT_SETTINGS)
        ?.analysis;
    const nested = analyze({ model_type: 'frobnicator_vl', llm_config: UNKNOWN, vision_config: {} });
    assert.equal(nested?.model?.family, 'unknown family, read by its keys');
    assert.equal(nested.parameters?.total, 8_030_261_248);
    assert.equal(nested.parameters.vision, null);
    assert.deepEqual(nested.findings[0]?.path, ['llm_config', 'model_type']);
    assert.match(
      analyze({ ...UNKNOWN, model_type: 'llamma' })?.findings[0]?.message ?? '',
      /Did you mean "llama"\?$/,
    );
    assert.doesNotMatch(
      analyze({ ...UNKNOWN, model_type: 'llama5' })?.findings[0]?.message ?? '',
      /Did you mean/,
    );
  });
});
