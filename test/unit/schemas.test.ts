import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { AnalysisReport } from '../../src/protocol';
import { FAMILIES } from '../../src/architecture';
import type * as validatorModule from '../../src/service/validators';
import type { ValidationError, Validator } from '../../src/service/validators';

const root = join(__dirname, '..', '..');
const corpus = join(root, '..', 'shared', 'configs');

type Json = Record<string, unknown>;
type Validators = typeof validatorModule;

const readJson = (file: string): Json => JSON.parse(readFileSync(file, 'utf8')) as Json;

const llama = {
  model_type: 'llama',
  hidden_size: 4096,
  intermediate_size: 14336,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  vocab_size: 128256,
  rope_scaling: null,
  eos_token_id: [128001, 128008],
};
const moe = {
  ...llama,
  model_type: 'qwen3_moe',
  intermediate_size: null,
  num_experts: 128,
  num_experts_per_tok: 8,
  moe_intermediate_size: 1536,
};
const deepseek = {
  model_type: 'deepseek_v3',
  hidden_size: 7168,
  intermediate_size: 18432,
  num_hidden_layers: 61,
  num_attention_heads: 128,
  vocab_size: 129280,
  q_lora_rank: null,
  kv_lora_rank: 512,
  qk_nope_head_dim: 128,
  qk_rope_head_dim: 64,
  v_head_dim: 128,
  n_routed_experts: 256,
  num_experts_per_tok: 8,
  moe_intermediate_size: 2048,
};
const step3Text = {
  model_type: 'step3_text',
  hidden_size: 7168,
  intermediate_size: 18432,
  num_hidden_layers: 61,
  num_attention_heads: 64,
  num_attention_groups: 1,
  head_dim: 256,
  share_q_dim: 2048,
  vocab_size: 128815,
  moe_num_experts: 48,
  moe_top_k: 3,
  moe_intermediate_size: 5120,
  moe_layers_enum: '4,5,6,7',
};
const llama4Text = {
  model_type: 'llama4_text',
  hidden_size: 5120,
  intermediate_size: 8192,
  intermediate_size_mlp: 16384,
  num_hidden_layers: 48,
  num_attention_heads: 40,
  num_key_value_heads: 8,
  vocab_size: 202048,
  num_local_experts: 128,
  no_rope_layers: [],
  attention_chunk_size: 8192,
};
const minimax = {
  model_type: 'minimax_m1',
  hidden_size: 6144,
  intermediate_size: 9216,
  num_hidden_layers: 4,
  num_attention_heads: 64,
  num_key_value_heads: 8,
  head_dim: 128,
  vocab_size: 200064,
  num_local_experts: 32,
  num_experts_per_tok: 2,
  attn_type_list: [0, 0, 0, 1],
  bos_token_id: null,
};
const ernie = {
  model_type: 'ernie4_5_moe',
  hidden_size: 8192,
  intermediate_size: 28672,
  num_hidden_layers: 54,
  num_attention_heads: 64,
  num_key_value_heads: 8,
  vocab_size: 103424,
  moe_num_experts: 64,
  moe_k: 8,
  moe_intermediate_size: 3584,
  moe_num_shared_experts: 0,
  moe_layer_end_index: -1,
};
const pangu = {
  model_type: 'PanguProMoE',
  hidden_size: 5120,
  intermediate_size: null,
  num_hidden_layers: 48,
  num_attention_heads: 40,
  num_key_value_heads: 8,
  vocab_size: 153376,
  num_experts: 64,
  num_experts_per_tok: 8,
  moe_intermediate_size: 1344,
  shared_expert_intermediate_size: 5376,
};

/** Sound configs. */
const sound: readonly {
  readonly family: string;
  readonly what: string;
  readonly config: Json;
}[] = [
  { family: 'llama', what: 'Llama 3', config: llama },
  { family: 'llama', what: 'an MoE of Qwen3 without a dense width', config: moe },
  { family: 'deepseek', what: 'DeepSeek-V3 without a compressed query', config: deepseek },
  { family: 'step3', what: 'flat Step-3', config: step3Text },
  {
    family: 'step3',
    what: 'Step-3 with a list of layers',
    config: { ...step3Text, moe_layers_enum: [4, 5, 6] },
  },
  { family: 'llama4', what: 'flat Llama 4', config: llama4Text },
  { family: 'minimax', what: 'MiniMax-M1', config: minimax },
  { family: 'ernie', what: 'ERNIE 4.5', config: ernie },
  {
    family: 'ernie',
    what: 'a pre-release ERNIE',
    config: { ...ernie, model_type: 'ernie', moe_capacity: [64, 64, 64] },
  },
  { family: 'pangu', what: 'Pangu Pro MoE', config: pangu },
];

const report: AnalysisReport = {
  models: [
    {
      file: 'config.json',
      model: { name: 'm', family: 'llama', modelType: 'llama', matchedBy: 'model_type' },
      options: {
        targets: ['H800'],
        contexts: [8192],
        accounting: 'exact',
        precision: 'fp8',
        kvPrecision: 'fp8',
        kvBlockSize: 16,
        windowReservation: 'window',
        serving: {
          tensorParallel: null,
          expertParallel: null,
          gpusPerServer: 8,
          tpotMs: 50,
          pipelineStages: 3,
        },
      },
      parameters: {
        total: 1,
        activated: 1,
        attention: 1,
        ffn: 1,
        embedding: 1,
        lmHead: 1,
        norm: 1,
        other: 0,
        mtp: 0,
        vision: null,
        audio: 0,
      },
      breakdown: [
        {
          name: 'mlp.down_proj',
          module: 'denseFfn',
          layers: 'all',
          shape: [1, 2],
          copies: 3,
          elements: 6,
          bytes: 12,
        },
      ],
      weights: {
        bytes: 12,
        storedElements: 6,
        dtype: 'BF16',
        quantization: null,
        byFormat: [{ format: 'BF16', elements: 6, bytes: 12, scaleBytes: 0 }],
        notes: ['no dtype is given'],
      },
      checkpoint: { file: 'model.safetensors.index.json', bytes: 12, expectedBytes: 12 },
      kv: {
        bytesPerToken: 1,
        unboundedBytesPerToken: 1,
        stateBytesPerSequence: 0,
        atContext: [{ context: 8192, bytes: 1, reservedBytes: 1 }],
      },
      memory: [
        {
          target: 'H800',
          context: 8192,
          gpus: 8,
          usableBytes: 10,
          weightsBytes: 1,
          weightsFormat: 'FP8',
          kvBytesPerSequence: 1,
          largestBatch: 9,
        },
      ],
      perToken: [
        { context: 8192, kvBytes: 1, attentionFlops: 1, attentionLinearFlops: 1, ffnFlops: 1, otherFlops: 1 },
      ],
      cost: [
        {
          target: 'H800',
          context: 8192,
          attentionUsdPer1M: 0.1,
          ffnUsdPer1M: 0.1,
          otherUsdPer1M: 0,
          totalUsdPer1M: 0.2,
          attentionBoundBy: 'memory',
        },
      ],
      afdCost: [
        {
          context: 8192,
          attentionOn: 'H20',
          ffnOn: 'H800',
          attentionUsdPer1M: 0.1,
          ffnUsdPer1M: 0.1,
          otherUsdPer1M: 0,
          usdPer1M: 0.2,
        },
      ],
      trainingCost: [{ target: '910B', context: 8192, usdPer1M: 0.2 }],
      attention: { kinds: ['GQA'], arithmeticIntensity: 32, effectiveRank: 4096 },
      moe: {
        sparsity: 0.1,
        routedExperts: 64,
        expertsPerToken: 8,
        sharedExperts: 0,
        minimumSparsity: { H800: 0.058, L20: null },
      },
      formulas: [
        {
          label: 'KV',
          expression: '2*n',
          inputs: [{ symbol: 'n', value: 8, paths: [], note: 'default' }],
          result: 16,
          unit: 'bytes',
          source: 'section 4',
        },
      ],
      accountingNotes: ['counts the LM head'],
      findings: [
        {
          code: 'schema/type',
          severity: 'error',
          message: 'm',
          path: ['a', 0],
          unnecessary: true,
          fixes: [
            {
              title: 't',
              edits: [
                { path: ['a'], value: 1 },
                { path: ['b'], remove: true },
                { path: ['c'], rename: 'd' },
                { path: ['e'], removeOverridden: true },
              ],
              isPreferred: true,
            },
          ],
          range: { start: { line: 0, character: 0 }, end: { line: 0, character: 1 } },
        },
      ],
    },
  ],
};

describe('schemas', () => {
  let validators: Validators;
  before(async function () {
    this.timeout(20_000);
    execFileSync(process.execPath, [join(root, 'scripts', 'compile-schemas.mjs')]);
    validators = await import('#validators');
  });

  const errorsOf = (family: string, data: unknown): readonly ValidationError[] => {
    const validate: Validator = family === 'analysis' ? validators.analysis : validators.configs[family]!;
    return validate(data) ? [] : (validate.errors ?? []);
  };
  const shown = (errors: readonly ValidationError[]): string =>
    errors.map((e) => `${e.instancePath} ${e.message ?? ''}`).join('\n');

  it('compile to one validator a family and to no code that a content-security policy blocks', () => {
    for (const { schema } of FAMILIES.values())
      assert.equal(typeof validators.configs[schema], 'function', schema);
    const code = readFileSync(join(root, 'build', 'validators.js'), 'utf8');
    assert.equal(/new Function|\beval\(|\brequire\(/.exec(code)?.[0], undefined);
  });

  it('describe every property in a sentence', () => {
    let properties = 0;
    const visit = (node: unknown, where: string): void => {
      if (typeof node !== 'object' || node === null) return;
      for (const [key, value] of Object.entries(node)) {
        if (key === 'properties' && !/\/if(\/|$)/.test(where)) {
          for (const [name, property] of Object.entries(value as Json)) check(name, property as Json, where);
        } else visit(value, `${where}/${key}`);
      }
    };
    const check = (name: string, property: Json, where: string): void => {
      // A property in a condition's branch only narrows one described elsewhere.
      if (!/\/(if|then)$/.test(where)) {
        properties += 1;
        const { description, $ref } = property;
        const text = typeof description === 'string' ? description : '';
        const shared = description === undefined && typeof $ref === 'string'; // checked where it is defined
        assert.ok(shared || text.length >= 30, `${where} ${name}: ${text}`);
      }
      visit(property, `${where}/${name}`);
    };
    for (const file of readdirSync(join(root, 'schemas'))) visit(readJson(join(root, 'schemas', file)), file);
    assert.ok(properties > 300, `${properties} properties seen`);

    for (const family of ['analysis', ...Object.keys(validators.configs)]) {
      const docs = validators.schemaDocs(family);
      for (const [path, text] of Object.entries(docs))
        assert.ok(text.length >= 30, `${family} ${path}: ${text}`);
    }
  });

  it('offer descriptions by key path', () => {
    const { schemaDocs } = validators;
    assert.match(schemaDocs('step3').share_q_dim!, /low-rank query/);
    assert.match(schemaDocs('llama').num_hidden_layers!, /KV cache/);
    assert.match(schemaDocs('llama')['rope_scaling.factor']!, /longer/);
    assert.match(schemaDocs('analysis')['models.cost.totalUsdPer1M']!, /dollars/);
  });

  describe('accept', () => {
    for (const { family, what, config } of sound) {
      it(what, () => {
        assert.equal(shown(errorsOf(family, config)), '');
      });
    }
    it('keys that they do not know', () => {
      assert.equal(shown(errorsOf('llama', { ...llama, my_note: { a: [1] }, _name_or_path: null })), '');
    });
  });

  describe('reject', () => {
    const wrong: readonly (readonly [string, string, unknown, string])[] = [
      ['a negative layer count', 'num_hidden_layers', -1, 'minimum'],
      ['a layer count of millions', 'num_hidden_layers', 4_000_000, 'maximum'],
      ['a width in a string', 'hidden_size', '4096', 'type'],
      ['a fractional width', 'hidden_size', 4096.5, 'type'],
      ['1e400', 'hidden_size', JSON.parse('1e400'), 'type'],
      ['no heads', 'num_attention_heads', 0, 'minimum'],
      ['a null vocabulary', 'vocab_size', null, 'type'],
    ];
    for (const { family, what, config } of sound) {
      for (const [mistake, key, value, keyword] of wrong) {
        it(`${mistake} in ${what}`, () => {
          const errors = errorsOf(family, { ...config, [key]: value });
          const found = errors.filter((e) => e.keyword !== 'if');
          assert.deepEqual(
            found.map((e) => [e.instancePath, e.keyword]),
            [[`/${key}`, keyword]],
          );
        });
      }
      // Families whose config classes have a default for every size require none.
      const { required } = readJson(join(root, 'schemas', `config-${family}.schema.json`));
      if (required === undefined) continue;
      it(`a missing hidden_size in ${what}`, () => {
        const rest = { ...config };
        delete rest.hidden_size;
        const errors = errorsOf(family, rest);
        assert.ok(errors.some((e) => e.keyword === 'required' && e.params.missingProperty === 'hidden_size'));
      });
    }

    const special: readonly (readonly [string, string, Json, string])[] = [
      ['a document that is an array', 'llama', [] as unknown as Json, ''],
      [
        'a dense model without a dense width',
        'llama',
        { ...llama, intermediate_size: null },
        '/intermediate_size',
      ],
      [
        'an expert width of 0 in Qwen3',
        'llama',
        { ...moe, moe_intermediate_size: 0 },
        '/moe_intermediate_size',
      ],
      ['a latent of rank 0', 'deepseek', { ...deepseek, kv_lora_rank: 0 }, '/kv_lora_rank'],
      [
        'a list of layers with a range',
        'step3',
        { ...step3Text, moe_layers_enum: '4-59' },
        '/moe_layers_enum',
      ],
      [
        'a layer that is neither kind',
        'minimax',
        { ...minimax, attn_type_list: [0, 2] },
        '/attn_type_list/1',
      ],
      [
        'a layer type of another family',
        'llama4',
        { ...llama4Text, layer_types: ['linear_attention'] },
        '/layer_types/0',
      ],
      ['an expert width of 0', 'pangu', { ...pangu, moe_intermediate_size: 0 }, '/moe_intermediate_size'],
      [
        'a negative end index other than -1',
        'ernie',
        { ...ernie, moe_layer_end_index: -2 },
        '/moe_layer_end_index',
      ],
    ];
    for (const [what, family, config, where] of special) {
      it(what, () => {
        const errors = errorsOf(family, config);
        assert.ok(
          errors.some((e) => e.keyword !== 'if' && e.instancePath === where),
          `no error at ${where}: ${shown(errors)}`,
        );
      });
    }
  });

  describe('analysis', () => {
    it('accepts a report with all fields of the protocol', () => {
      assert.equal(shown(errorsOf('analysis', report)), '');
    });
    it('accepts a model that could not be read', () => {
      const unread = {
        ...report.models[0]!,
        model: null,
        parameters: null,
        breakdown: [],
        weights: null,
        checkpoint: null,
        kv: null,
        memory: [],
        attention: null,
        moe: null,
      };
      assert.equal(shown(errorsOf('analysis', { models: [unread] })), '');
    });
    it('has the same fields as the protocol', () => {
      const described = new Set(Object.keys(validators.schemaDocs('analysis')));
      const present = new Set<string>();
      const visit = (value: unknown, path: string): void => {
        if (Array.isArray(value)) {
          for (const item of value) visit(item, path);
        } else if (typeof value === 'object' && value !== null && !path.endsWith('minimumSparsity')) {
          for (const [key, child] of Object.entries(value)) {
            const inner = path === '' ? key : `${path}.${key}`;
            present.add(inner);
            visit(child, inner);
          }
        }
      };
      visit(report, '');
      assert.deepEqual([...present].sort(), [...described].sort());
    });
    it('rejects a missing part and a number in a string', () => {
      const rest: Json = { ...report.models[0]! };
      delete rest.kv;
      assert.match(shown(errorsOf('analysis', { models: [rest] })), /'kv'/);
      const wrong = {
        ...report.models[0]!,
        trainingCost: [{ target: 'H800', context: 8192, usdPer1M: '1' }],
      };
      assert.match(
        shown(errorsOf('analysis', { models: [wrong] })),
        /trainingCost\/0\/usdPer1M must be number/,
      );
    });
  });

  it('accept all configs of these families in the corpus', function () {
    if (!existsSync(corpus)) this.skip();
    let checked = 0;
    for (const file of readdirSync(corpus).filter((name) => name.endsWith('.json'))) {
      let config: Json;
      try {
        config = readJson(join(corpus, file));
      } catch {
        continue; // two real files hold a bare Infinity, which is no JSON
      }
      const modelType = config.model_type;
      const family = typeof modelType === 'string' ? FAMILIES.get(modelType) : undefined;
      if (!family) continue;
      checked += 1;
      assert.equal(shown(errorsOf(family.schema, config.text_config ?? config)), '', file);
    }
    assert.ok(checked >= 70, `${checked} configs checked`);
  });
});
