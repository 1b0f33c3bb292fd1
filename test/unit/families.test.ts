import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import {
  attentionName,
  countParameters,
  dependsOn,
  formulaText,
  matchFamily,
  parseConfigText,
} from '../../src/architecture';
import { CATALOG } from '../../src/catalog';
import {
  decodeOps,
  kvBytesHeld,
  kvBytesPerToken,
  kvPrecisions,
  stateBytes,
  unboundedKvBytesPerToken,
} from '../../src/cost';
import {
  architectureOf,
  catalogConfig,
  LLAMA_3_8B,
  MISTRAL_7B_V01,
  MIXTRAL_8X7B,
  QWEN2_5_7B,
  QWEN3_0_6B,
  read,
  type Config,
} from './fixtures';

const EXACT = {
  accounting: 'exact',
  precision: 'fp8',
  kvPrecision: 'bf16',
  kvBlockSize: 16,
  windowReservation: 'window',
} as const;
const opsOf = (config: Config, context = 8192) =>
  decodeOps(architectureOf(config), EXACT, { batch: 1, context });

describe('families: parameter counts', () => {
  /** Sums over the published safetensors, or totals and activated counts as the publisher rounds them. */
  const counts: readonly (readonly [string, Config, Partial<ReturnType<typeof countParameters>>])[] = [
    ['Llama-3-8B', LLAMA_3_8B, { total: 8_030_261_248 }],
    ['Qwen2.5-7B', QWEN2_5_7B, { total: 7_615_616_512 }],
    ['Mistral-7B-v0.1', MISTRAL_7B_V01, { total: 7_241_732_096 }],
    ['Mixtral-8x7B', MIXTRAL_8X7B, { total: 46_702_792_704 }],
    ['Qwen3-0.6B, tied', QWEN3_0_6B, { total: 596_049_920, lmHead: 0 }],
    ['Qwen3-32B', catalogConfig('Qwen3-32B'), { total: 32_762_123_264 }],
    ['Qwen3-235B-A22B', catalogConfig('Qwen3-235B-A22B'), { total: 235_093_634_560 }],
    [
      'DeepSeek-V3: 671B, 37B activated, MTP apart',
      catalogConfig('DeepSeek-V3'),
      { total: 671_026_419_200, activated: 36_625_618_432, mtp: 11_610_068_224 },
    ],
    ['Kimi-K2', catalogConfig('Kimi-K2'), { total: 1_026_408_232_448, mtp: 0 }],
    ['ERNIE-4.5-300B-A47B', catalogConfig('ERNIE-4.5-300B-A47B'), { total: 299_484_163_264 }],
    [
      'Llama-4-Maverick, vision tower apart',
      catalogConfig('Llama-4-Maverick'),
      { total: 400_711_848_960, vision: 871_932_416 },
    ],
    ['MiniMax-M1', catalogConfig('MiniMax-M1'), { total: 456_089_655_296 }],
    [
      'Step-3, vision tower apart',
      catalogConfig('Step-3'),
      { total: 316_294_538_240, vision: 4_675_374_592 },
    ],
    ['Pangu-Pro-MoE', catalogConfig('Pangu-Pro-MoE'), { total: 71_988_777_984 }],
  ];
  for (const [name, config, expected] of counts)
    it(name, () => {
      const count = countParameters(architectureOf(config));
      for (const [key, value] of Object.entries(expected))
        assert.equal(count[key as keyof typeof count], value, key);
      assert.equal(
        count.attention + count.ffn + count.embedding + count.lmHead + count.norm,
        count.total,
        'the parts make the total',
      );
    });
});

describe('families: KV cache and states, BF16', () => {
  const caches: readonly (readonly [
    string,
    Config,
    { perToken: number; unbounded?: number; state?: number; at32K?: number },
  ])[] = [
    [
      'DeepSeek-V3: one latent vector a token (Insights into DeepSeek-V3: 70.272 KB)',
      catalogConfig('DeepSeek-V3'),
      { perToken: 70_272 },
    ],
    ['Step-3: one K and one V head', catalogConfig('Step-3'), { perToken: 62_464 }],
    ['Llama-3-8B', LLAMA_3_8B, { perToken: 131_072 }],
    [
      'Mistral-7B-v0.1: the window caps it',
      MISTRAL_7B_V01,
      { perToken: 131_072, unbounded: 0, at32K: 131_072 * 4096 },
    ],
    [
      'Llama-4-Maverick: chunks cap three layers of four',
      catalogConfig('Llama-4-Maverick'),
      { perToken: 196_608, unbounded: 49_152, at32K: 49_152 * 32768 + 147_456 * 8192 },
    ],
    [
      'MiniMax-M1: KV in 10 layers, states in 70',
      catalogConfig('MiniMax-M1'),
      { perToken: 40_960, state: 293_601_280 },
    ],
    ['Qwen2.5-7B: an inert sliding_window', QWEN2_5_7B, { perToken: 57_344 }],
    [
      'Qwen2.5-7B: upper layers slide',
      { ...QWEN2_5_7B, use_sliding_window: true, max_window_layers: 14 },
      { perToken: 57_344, unbounded: 28_672 },
    ],
  ];
  for (const [name, config, expected] of caches)
    it(name, () => {
      const ops = opsOf(config, 32768);
      assert.equal(kvBytesPerToken(ops).value, expected.perToken);
      assert.equal(unboundedKvBytesPerToken(ops).value, expected.unbounded ?? expected.perToken);
      assert.equal(stateBytes(ops).value, expected.state ?? 0);
      assert.equal(kvBytesHeld(ops).value, expected.at32K ?? expected.perToken * 32768);
    });
});

describe('families: reading', () => {
  const kinds = (config: Config) =>
    architectureOf(config).groups.map(
      (g) =>
        `${g.indices.length} ${g.attention.map(attentionName).join(' + ')} ${g.ffn.map((f) => f.kind).join(' + ')}`,
    );
  it('finds the layers of every pattern', () => {
    assert.deepEqual(kinds(catalogConfig('Step-3')), ['5 MFA dense', '56 MFA moe']);
    assert.deepEqual(kinds(catalogConfig('DeepSeek-V3')), ['3 MLA dense', '58 MLA moe']);
    assert.deepEqual(kinds(catalogConfig('Llama-4-Maverick')), [
      '24 chunked GQA dense',
      '12 chunked GQA moe',
      '12 GQA moe',
    ]);
    assert.deepEqual(kinds(catalogConfig('MiniMax-M1')), ['70 lightning moe', '10 GQA moe']);
    assert.deepEqual(kinds({ ...catalogConfig('Qwen3-235B-A22B'), mlp_only_layers: [0, 1] }), [
      '2 GQA dense',
      '92 GQA moe',
    ]);
    assert.deepEqual(kinds({ ...catalogConfig('Qwen3-235B-A22B'), decoder_sparse_step: 2 }), [
      '47 GQA dense',
      '47 GQA moe',
    ]);
  });
  it('reads a Qwen config whose experts are all switched off as dense', () => {
    assert.deepEqual(kinds({ ...catalogConfig('Qwen3-235B-A22B'), decoder_sparse_step: 1000 }), [
      '94 GQA dense',
    ]);
  });
  it('drops the window of a Qwen config that does not use it, whatever layer_types says', () => {
    const sliding = {
      sliding_window: 4096,
      layer_types: Array.from({ length: 28 }, () => 'sliding_attention'),
    };
    assert.deepEqual(kinds({ ...QWEN2_5_7B, ...sliding }), ['28 GQA dense']);
    assert.deepEqual(kinds({ ...QWEN2_5_7B, ...sliding, use_sliding_window: true }), [
      '28 sliding GQA dense',
    ]);
  });
  it('reads a config nested in another model’s wrapper, whose tower it does not know', () => {
    const architecture = architectureOf({
      model_type: 'some_vlm',
      vision_config: { hidden_size: 8 },
      text_config: LLAMA_3_8B,
    });
    assert.equal(countParameters(architecture).vision, null);
    assert.deepEqual(architecture.model.origins.hidden?.paths, [['text_config', 'hidden_size']]);
  });
  it('does not let an incomplete vision tower stop the language model', () => {
    const architecture = architectureOf({
      ...catalogConfig('Llama-4-Maverick'),
      vision_config: { hidden_size: 'wide' },
    });
    assert.equal(countParameters(architecture).vision, null);
  });
  it('takes the class name only where no model_type contradicts it', () => {
    const { value } = parseConfigText(
      JSON.stringify({ ...LLAMA_3_8B, model_type: 'some_new_type', architectures: ['LlamaForCausalLM'] }),
    );
    assert.equal(matchFamily(value as Config).family.types.length, 0);
  });
  it('tells the absent key from null where the modelling code does', () => {
    const text = catalogConfig('Step-3').text_config as Config;
    assert.deepEqual(kinds({ ...text, moe_layers_enum: undefined }), ['5 MFA dense', '56 MFA moe']);
    assert.deepEqual(kinds({ ...text, moe_layers_enum: null }), ['1 MFA dense', '60 MFA moe']);
    const heads = (config: Config) => {
      const attention = architectureOf(config).groups[0]?.attention[0];
      return attention?.kind === 'softmax' ? attention.kvHeads : 0;
    };
    assert.equal(heads({ ...MISTRAL_7B_V01, num_key_value_heads: undefined }), 8);
    assert.equal(heads({ ...MISTRAL_7B_V01, num_key_value_heads: null }), 32);
  });
  it('reads an absent q_lora_rank as the class default, and null as one full matrix', () => {
    const rank = (config: Config) => {
      const attention = architectureOf(config).groups[0]?.attention[0];
      return attention?.kind === 'latent' ? attention.queryRank : undefined;
    };
    assert.equal(rank({ ...catalogConfig('DeepSeek-V3'), q_lora_rank: undefined }), 1536);
    assert.equal(rank({ ...catalogConfig('DeepSeek-V3'), q_lora_rank: null }), null);
  });
  it('reads plain attention under the keys of a latent one', () => {
    const config = { ...catalogConfig('DeepSeek-V3'), num_key_value_heads: 128 };
    assert.deepEqual(kinds({ ...config, use_mla: false }), ['3 MHA dense', '58 MHA moe']);
    assert.deepEqual(kinds({ ...config, kv_lora_rank: null }), ['3 MHA dense', '58 MHA moe']);
  });
  it('names every precision that the KV cache is kept at', () => {
    const paper = { ...EXACT, accounting: 'step3-paper', kvPrecision: 'fp8' } as const;
    const of = (name: string) =>
      decodeOps(architectureOf(catalogConfig(name)), paper, { batch: 1, context: 8192 });
    assert.equal(kvPrecisions(of('Step-3')), 'FP8');
    assert.equal(kvPrecisions(of('MiniMax-M1')), 'BF16');
    assert.equal(kvPrecisions(of('Llama-4-Maverick')), 'FP8 + BF16');
    assert.match(formulaText(kvBytesPerToken(of('Llama-4-Maverick'))), /b_kv_bf16/);
  });
  it('lets a pattern of expert layers decide the FFN and not the KV cache', () => {
    const ops = opsOf(catalogConfig('Step-3'));
    const pattern = ['text_config', 'moe_layers_enum'];
    assert.ok(!dependsOn(kvBytesPerToken(ops), pattern));
    assert.ok(ops.some((op) => op.role === 'ffn' && dependsOn(op.flops, pattern)));
  });
  it('matches by architectures when there is no model_type', () => {
    assert.equal(
      architectureOf({ ...LLAMA_3_8B, model_type: undefined, architectures: ['LlamaForCausalLM'] }).matchedBy,
      'architectures "LlamaForCausalLM"',
    );
  });
  const wrong: readonly (readonly [string, Config, RegExp])[] = [
    [
      'a missing key',
      { ...(catalogConfig('Step-3').text_config as Config), hidden_size: undefined },
      /"hidden_size" is missing/,
    ],
    ['heads that do not divide', { ...LLAMA_3_8B, num_key_value_heads: 5 }, /can't be shared evenly by 5/],
    [
      'a derived head dim that is no whole number',
      { ...LLAMA_3_8B, num_attention_heads: 30, num_key_value_heads: 30 },
      /not divisible/,
    ],
    [
      'more experts per token than experts',
      { ...MIXTRAL_8X7B, num_experts_per_tok: 9 },
      /can't be routed to 9 of 8/,
    ],
    ['experts in a dense family', { ...LLAMA_3_8B, num_local_experts: 8 }, /changes the architecture/],
    [
      'a per-layer list of another length',
      { ...catalogConfig('MiniMax-M1'), num_hidden_layers: 79 },
      /80 entries for 79 layers/,
    ],
    [
      'a layer list beyond the layers',
      { ...(catalogConfig('Step-3').text_config as Config), moe_layers_enum: '4,5,99' },
      /from 0 to 60/,
    ],
    ['a string for a size', { ...LLAMA_3_8B, hidden_size: '4096' }, /whole number/],
    [
      'attention of another family',
      { ...LLAMA_3_8B, kv_lora_rank: 512 },
      /"kv_lora_rank" changes the architecture/,
    ],
    [
      'KV groups that do not divide',
      { ...(catalogConfig('Step-3').text_config as Config), num_attention_groups: 3 },
      /can't be shared evenly by 3/,
    ],
    [
      'sliding layers without a window',
      {
        ...MISTRAL_7B_V01,
        sliding_window: null,
        num_hidden_layers: 2,
        layer_types: ['full_attention', 'sliding_attention'],
      },
      /"sliding_window" is missing/,
    ],
    [
      'sparse attention without its heads',
      { ...catalogConfig('DeepSeek-V3'), index_topk: 2048 },
      /"index_(n_heads|head_dim)" is missing/,
    ],
    ['a fraction', { ...LLAMA_3_8B, hidden_size: 4096.5 }, /whole number/],
  ];
  for (const [name, config, message] of wrong)
    it(`says what is wrong, and no more: ${name}`, () => {
      const { architecture, problems } = read(config);
      assert.equal(architecture, null);
      assert.ok(
        problems.every((p) => message.test(p.message)),
        JSON.stringify(problems),
      );
    });
});

describe('catalog', () => {
  it('has an example file for some models, the same to the letter', () => {
    const root = path.resolve(__dirname, '../..');
    const files: Readonly<Record<string, string>> = {
      'Step-3': 'step-3',
      'DeepSeek-V3': 'deepseek-v3',
      'Qwen3-32B': 'qwen3-32b',
      'Llama-4-Maverick': 'llama-4-maverick',
      'MiniMax-M1': 'minimax-m1',
    };
    for (const [name, folder] of Object.entries(files)) {
      const text = readFileSync(path.join(root, 'examples', folder, 'config.json'), 'utf8');
      assert.deepEqual(JSON.parse(text), catalogConfig(name), folder);
    }
  });
  it('names a source for every model', () => {
    for (const model of CATALOG) assert.match(model.source, /arXiv|huggingface\.co/);
  });
});

/** Where the reference corpus lies beside the project, every config of these families is held against its independent count. */
describe('families: reference corpus', () => {
  const corpus = path.resolve(__dirname, '../../../shared/configs');
  interface Row {
    readonly file: string;
    readonly modelType: string;
    readonly independentCount?: {
      readonly parametersLanguageModel: number;
      readonly activatedPerToken: number;
      readonly kvBf16: { readonly full: number; readonly windowed: number; readonly state: number };
    };
  }
  it('agrees on parameters, KV and state of every file', function () {
    if (!existsSync(path.join(corpus, 'index.json'))) this.skip();
    const rows = JSON.parse(readFileSync(path.join(corpus, 'index.json'), 'utf8')) as Row[];
    const types = new Set([
      'llama',
      'mistral',
      'mixtral',
      'qwen2',
      'qwen2_moe',
      'qwen3',
      'qwen3_moe',
      'deepseek_v2',
      'deepseek_v3',
      'kimi_k2',
      'step3_vl',
      'step3_text',
      'llama4',
      'minimax_m1',
      'ernie',
      'ernie4_5',
      'ernie4_5_moe',
      'PanguProMoE',
    ]);
    let checked = 0;
    for (const { file, modelType, independentCount } of rows) {
      if (!types.has(modelType) || !independentCount) continue;
      const config = JSON.parse(readFileSync(path.join(corpus, file), 'utf8')) as Config;
      const count = countParameters(architectureOf(config));
      const ops = opsOf(config);
      const unbounded = unboundedKvBytesPerToken(ops).value;
      assert.deepEqual(
        {
          total: count.total,
          activated: count.activated,
          full: unbounded,
          windowed: kvBytesPerToken(ops).value - unbounded,
          state: stateBytes(ops).value,
        },
        {
          total: independentCount.parametersLanguageModel,
          activated: independentCount.activatedPerToken,
          full: independentCount.kvBf16.full,
          windowed: independentCount.kvBf16.windowed,
          state: independentCount.kvBf16.state,
        },
        file,
      );
      checked++;
    }
    assert.ok(checked > 60, `only ${checked} checked`);
  });
});
