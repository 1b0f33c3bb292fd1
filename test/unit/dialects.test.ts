import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { attentionName, countParameters, matchFamily, recognize } from '../../src/architecture';
import { layerPattern } from '../../src/architecture/dialects/megatron';
import { analyzeConfig, DEFAULT_SETTINGS, hoverAt, mayBeModelConfig } from '../../src/service';
import { LLAMA_3_8B, read, type Config } from './fixtures';

const folder = path.resolve(__dirname, '../families/dialects');
const fixture = (name: string): Config =>
  (JSON.parse(readFileSync(path.join(folder, `${name}.json`), 'utf8')) as { config: Config }).config;
const all = readdirSync(folder).map((name) => [name, fixture(name.replace(/\.json$/, ''))] as const);

const architectureOf = (config: Config) => {
  const { architecture, problems } = read(config);
  assert.ok(architecture, JSON.stringify(problems));
  return architecture;
};
const totalOf = (config: Config) => countParameters(architectureOf(config)).total;
const kinds = (config: Config) =>
  architectureOf(config).groups.map(
    ({ indices, attention, ffn }) =>
      `${indices.length} ${attention.map(attentionName).join()} ${ffn.map((f) => f.kind).join()}`,
  );
const messages = (config: Config) => read(config).problems.map((p) => `${p.severity}: ${p.message}`);
const analyze = (config: Config) => {
  const text = JSON.stringify(config, null, 1);
  const analyzed = analyzeConfig({ text, file: 'file.json', name: 'x' }, DEFAULT_SETTINGS);
  assert.ok(analyzed);
  return analyzed;
};

const without = (config: Config, key: string): Config =>
  Object.fromEntries(Object.entries(config).filter(([name]) => name !== key));

const [LLAMA, MISTRAL, MIXTRAL] = [
  fixture('llama-3-8b-params'),
  fixture('mistral-7b-params'),
  fixture('mixtral-8x7b-params'),
];
const DEEPSEEK = fixture('deepseek-v3-inference');
const MEGATRON = fixture('megatron-llama-2-70b').args as Config;
const GGUF = fixture('gguf-llama-3-8b');
const METADATA = GGUF.metadata as Config;

describe('dialects', () => {
  for (const [name, config] of all)
    it(`are told by their keys, cheaply too, and read without complaint: ${name}`, () => {
      assert.ok(recognize(config));
      assert.ok(mayBeModelConfig(JSON.stringify(config)));
      const { analysis } = analyze(config);
      assert.deepEqual(
        analysis.findings.filter((f) => f.severity !== 'information'),
        [],
      );
      assert.ok(analysis.parameters);
      assert.match(analysis.model?.matchedBy ?? '', /^keys? "/);
      assert.notEqual(analysis.model?.modelType, '');
    });

  it('are no config.json, whatever keys that has', () => {
    const others: readonly Config[] = [
      LLAMA_3_8B,
      { model_type: 'distilbert', dim: 768, n_layers: 6, n_heads: 12, hidden_dim: 3072, vocab_size: 30522 },
      { model_type: 'chatglm', num_layers: 28, hidden_size: 4096, num_attention_heads: 32, kv_channels: 128 },
      { model_type: 'mpt', d_model: 4096, n_layers: 32, n_heads: 32, vocab_size: 50432 },
    ];
    for (const config of others) assert.doesNotMatch(matchFamily(config).matchedBy, /^keys/);
  });

  it('point to the user’s own keys', () => {
    const { origins } = architectureOf(MISTRAL).model;
    assert.deepEqual([origins.hidden?.paths, origins.layers?.paths], [[['dim']], [['n_layers']]]);
    const nested = architectureOf({ args: MEGATRON }).model.origins;
    assert.deepEqual(nested.hidden?.paths, [['args', 'hidden_size']]);
    const ffn = architectureOf(LLAMA).groups[0]?.ffn[0];
    assert.deepEqual(ffn?.kind === 'dense' ? ffn.origins.intermediate?.paths : null, [
      ['dim'],
      ['ffn_dim_multiplier'],
      ['multiple_of'],
    ]);
    const gguf = architectureOf(GGUF).model.origins;
    assert.deepEqual(gguf.layers?.paths, [['metadata', 'llama.block_count', 'value']]);
  });

  it('describe their keys, by pattern too', () => {
    const hover = (config: Config, key: string) => {
      const analyzed = analyze(config);
      const line = analyzed.document
        .getText()
        .split('\n')
        .findIndex((l) => l.includes(`"${key}"`));
      return hoverAt(analyzed, { line, character: 6 })?.markdown ?? '';
    };
    assert.match(hover(MISTRAL, 'n_kv_heads'), /this line decides it[\s\S]*KV cache per token/);
    assert.match(hover(LLAMA, 'multiple_of'), /rounded up/);
    assert.match(hover(METADATA, 'llama.attention.head_count_kv'), /Key\/value heads kept in the cache/);
    assert.match(hover(fixture('megatron-gpt-345m'), 'num-layers'), /Number of transformer layers/);
  });

  it('refuse what may change the architecture', () => {
    const refused: readonly (readonly [Config, RegExp])[] = [
      [{ ...MISTRAL, ssm_state_size: 128 }, /"ssm_state_size" may change .* Mistral \(params\.json\)/],
      [{ ...MIXTRAL, moe: { ...(MIXTRAL.moe as Config), latent_dim: 8 } }, /"latent_dim" may change .*"moe"/],
      [{ ...LLAMA, memory_layers: [1, 2] }, /"memory_layers" may change/],
      [{ ...DEEPSEEK, engram_layer_ids: [1] }, /"engram_layer_ids" may change/],
      [{ ...MEGATRON, hybrid_override_pattern: 'M-M*-' }, /"hybrid_override_pattern" may change/],
      [{ ...METADATA, 'llama.ssm.state_size': 16 }, /"llama\.ssm\.state_size" may change/],
      [{ ...METADATA, 'llama.attention.head_count_kv': [8, 4] }, /"llama\.attention\.head_count_kv" differs/],
    ];
    for (const [config, message] of refused) {
      assert.equal(read(config).architecture, null);
      assert.match(messages(config).join(), message);
    }
  });

  it('mark bad values where they stand', () => {
    const findings = (config: Config) =>
      analyze(config).analysis.findings.map((f) => `${f.path.join('/')} ${f.severity}`);
    assert.deepEqual(findings({ ...MISTRAL, n_heads: 'many' }), ['n_heads error']);
    assert.deepEqual(findings({ ...MISTRAL, n_kv_heads: 5 }), ['n_kv_heads error']);
    assert.deepEqual(findings({ ...LLAMA, ffn_dim_multiplier: -1 }), ['ffn_dim_multiplier error']);
    assert.deepEqual(findings({ ...METADATA, 'llama.block_count': { type: 'UINT32', value: 'x' } }), [
      'llama.block_count/value error',
    ]);
    assert.deepEqual(findings({ args: { ...MEGATRON, num_layers: 0 } }), ['args/num_layers error']);
  });
});

describe('dialects: Mistral', () => {
  const full = without(MISTRAL, 'sliding_window');
  it('has windows for all layers, by a repeating list, or none', () => {
    assert.deepEqual(kinds(full), ['32 GQA dense']);
    assert.deepEqual(kinds({ ...full, sliding_window: [null, 4096] }), [
      '16 GQA dense',
      '16 sliding GQA dense',
    ]);
    assert.match(messages({ ...full, sliding_window: [1, 2] }).join(), /different sizes/);
  });
  it('may tie its head, have experts of their own width, and see', () => {
    assert.equal(totalOf(full) - totalOf({ ...full, tied_embeddings: true }), 32_000 * 4096);
    const moe = { num_experts: 4, num_experts_per_tok: 1, expert_hidden_dim: 1024, num_shared_experts: 2 };
    const ffn = architectureOf({ ...full, moe: { ...moe, first_k_dense_replace: 2 } }).groups[1]?.ffn[0];
    assert.deepEqual(
      ffn?.kind === 'moe' && [ffn.intermediate, ffn.sharedIntermediate, ffn.experts],
      [1024, 2048, 4],
    );
    const towers = (config: Config) =>
      architectureOf(config).towers.map(({ kind, path: at }) => [kind, ...at]);
    assert.deepEqual(towers({ ...full, vision_encoder: { hidden_size: 8 } }), [['vision', 'vision_encoder']]);
    const encoder = {
      hidden_size: 1024,
      num_hidden_layers: 24,
      intermediate_size: 4096,
      num_attention_heads: 16,
      patch_size: 14,
      image_size: 1540,
      adapter_bias: false,
      mm_projector_id: 'patch_merge',
      add_pre_mm_projector_layer_norm: true,
    };
    // As in Mistral Small 3.1: 24,011,361,280 parameters, of which the language model has 23,572,403,200.
    const seeing = architectureOf({ ...full, dim: 5120, vision_encoder: encoder });
    assert.equal(countParameters(seeing).vision, 24_011_361_280 - 23_572_403_200);
    assert.deepEqual(towers({ ...full, multimodal: { whisper_model_args: {} } }), [
      ['audio', 'multimodal', 'whisper_model_args'],
    ]);
  });
  it('tells how its weights are stored', () => {
    const { storage } = architectureOf({ ...full, quantization: { qformat_weight: 'fp8_e4m3' } });
    assert.equal(storage.method?.name, 'fp8');
    assert.deepEqual(storage.path, ['quantization']);
  });
});

describe('dialects: Llama', () => {
  it('leaves the vocabulary to the tokenizer, which is said', () => {
    const rest = without(fixture('llama-1-7b-params'), 'vocab_size');
    for (const config of [rest, { ...rest, vocab_size: -1 }]) {
      assert.equal(totalOf(config), 6_738_415_616);
      assert.match(messages(config).join(), /^information: .* 32000 tokens are assumed/);
    }
  });
  it('has all KV heads where none are named', () => {
    const rest = without(LLAMA, 'n_kv_heads');
    assert.deepEqual(kinds(rest), ['32 MHA dense']);
  });
  it('spreads cross-attention layers between the others', () => {
    const groups = architectureOf({ ...LLAMA, vision_num_cross_attention_layers: 8 }).groups;
    assert.deepEqual(groups[1]?.indices, [3, 8, 13, 18, 23, 28, 33, 38]);
    assert.deepEqual(kinds({ ...LLAMA, vision_num_cross_attention_layers: -1 }), ['32 GQA dense']);
  });
});

describe('dialects: DeepSeek', () => {
  it('has the defaults of its ModelArgs', () => {
    const args = { dim: 2048, n_layers: 27, n_heads: 16, moe_inter_dim: 1408 };
    assert.equal(totalOf(args), 15_706_484_224);
  });
  it('reads V3.2 and V4', () => {
    const v32 = { index_n_heads: 64, index_head_dim: 128, index_topk: 2048 };
    assert.deepEqual(kinds({ ...DEEPSEEK, ...v32 }), ['3 sparse MLA dense', '58 sparse MLA moe']);
    const v4 = {
      vocab_size: 129_280,
      dim: 4096,
      moe_inter_dim: 2048,
      n_layers: 43,
      n_hash_layers: 3,
      n_mtp_layers: 1,
      n_heads: 64,
      n_routed_experts: 256,
      n_shared_experts: 1,
      n_activated_experts: 6,
      score_func: 'sqrtsoftplus',
      q_lora_rank: 1024,
      head_dim: 512,
      rope_head_dim: 64,
      o_groups: 8,
      o_lora_rank: 1024,
      window_size: 128,
      index_n_heads: 64,
      index_head_dim: 128,
      index_topk: 512,
      compress_ratios: [0, 0, ...Array.from({ length: 41 }, (__, i) => (i % 2 === 0 ? 4 : 128)), 0],
      hc_mult: 4,
      hc_sinkhorn_iters: 20,
      dtype: 'fp8',
      expert_dtype: 'fp4',
    };
    // As from DeepSeek-V4-Flash's config.json.
    assert.equal(totalOf(v4), 284_334_567_511);
  });
  it('is stored in blocks of FP8 where its dtype says so', () => {
    assert.equal(architectureOf(DEEPSEEK).storage.method?.name, 'fp8');
    assert.equal(architectureOf({ ...DEEPSEEK, dtype: 'bf16' }).storage.method, null);
  });
});

describe('dialects: Megatron', () => {
  const GPT = fixture('megatron-gpt-345m');
  it('understands Python’s lists of layers', () => {
    assert.deepEqual(layerPattern('([0]*3+[1]*2)'), [0, 0, 0, 1, 1]);
    assert.deepEqual(layerPattern('[0, 1]*2'), [0, 1, 0, 1]);
    assert.equal(layerPattern('2'), 2);
    assert.equal(layerPattern(2), 2);
    assert.equal(layerPattern('__import__("os")'), '__import__("os")');
  });
  it('has its defaults: biases, LayerNorms, learned positions, a tied head, a padded vocabulary', () => {
    const rows = (config: Config) => architectureOf(config).model.vocab;
    assert.equal(rows(GPT), 50_304);
    assert.equal(rows({ ...GPT, 'tensor-model-parallel-size': 8 }), 51_200);
    assert.equal(totalOf(GPT) - totalOf({ ...GPT, 'position-embedding-type': 'rope' }), 1024 * 1024);
    assert.equal(
      totalOf({ ...GPT, 'untie-embeddings-and-output-weights': true }) - totalOf(GPT),
      50_304 * 1024,
    );
    const swiglu = architectureOf({ ...GPT, swiglu: true }).groups[0]?.ffn[0];
    assert.deepEqual(swiglu?.kind === 'dense' && [swiglu.gated, swiglu.intermediate], [true, 2688]);
  });
  it('reads the command line’s spelling', () => {
    const dashed = Object.fromEntries(
      Object.entries(MEGATRON).map(([key, value]) => [`--${key.replaceAll('_', '-')}`, value]),
    );
    assert.equal(totalOf(dashed), totalOf(MEGATRON));
  });
  it('groups queries unless it is switched off', () => {
    assert.deepEqual(kinds({ ...MEGATRON, group_query_attention: false }), ['80 MHA dense']);
    const rest = without(MEGATRON, 'group_query_attention');
    assert.deepEqual(kinds(rest), ['80 GQA dense']);
  });
  it('has experts and windows', () => {
    const moe = { num_experts: 8, moe_router_topk: 2, moe_layer_freq: 2 };
    assert.deepEqual(kinds({ ...MEGATRON, ...moe }), ['40 GQA moe', '40 GQA dense']);
    assert.deepEqual(kinds({ ...MEGATRON, window_size: [127, 0], window_attn_skip_freq: 4 }), [
      '60 sliding GQA dense',
      '20 GQA dense',
    ]);
  });
});

describe('dialects: GGUF', () => {
  const plain = Object.fromEntries(
    Object.entries(METADATA).map(([key, held]) => [key, (held as { value: unknown }).value]),
  );
  it('reads plain values, and says that nothing tells of a tied head', () => {
    assert.equal(totalOf(plain), 8_030_261_248);
    assert.match(messages(plain).join(), /^information: This dump lists no tensors/);
    assert.deepEqual(messages(GGUF), []);
  });
  it('takes the vocabulary from the tokens or the table', () => {
    const rest = without(plain, 'llama.vocab_size');
    const tokens = Array.from({ length: 128_256 }, (__, i) => `t${i}`);
    const { analysis } = analyze({ ...rest, 'tokenizer.ggml.tokens': tokens });
    assert.equal(analysis.parameters?.total, 8_030_261_248);
    assert.equal(totalOf({ metadata: rest, tensors: GGUF.tensors }), 8_030_261_248);
    assert.match(messages(rest).join(), /"vocab_size" is missing/);
  });
  it('ties the head where no tensor is one, and has experts under Llama’s name', () => {
    const tensors = { 'token_embd.weight': { shape: [4096, 128_256] } };
    assert.equal(totalOf({ metadata: plain, tensors }), 8_030_261_248 - 4096 * 128_256);
    assert.deepEqual(kinds({ ...plain, 'llama.expert_count': 8, 'llama.expert_used_count': 2 }), [
      '32 GQA moe',
    ]);
  });
  it('reads other architectures by their keys', () => {
    const other = Object.fromEntries(
      Object.entries(plain).map(([key, value]) => [key.replace(/^llama\./, 'frobnicator.'), value]),
    );
    const config = { ...other, 'general.architecture': 'frobnicator' };
    assert.equal(totalOf(config), 8_030_261_248);
    assert.match(messages(config).join(), /does not know the architecture "frobnicator"/);
  });
  it('sets MTP layers apart', () => {
    assert.deepEqual(kinds({ ...plain, 'llama.block_count': 33, 'llama.nextn_predict_layers': 1 }), [
      '32 GQA dense',
    ]);
  });
});
