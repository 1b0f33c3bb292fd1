import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { expectedBytes, explainElements, type Architecture } from '../../src/architecture';
import { BF16 } from '../../src/architecture/quantization/dtypes';
import {
  bitsAndBytes4,
  bitsAndBytes8,
  MXFP4,
  nvfp4,
  packed,
  packedInBytes,
  plain,
  scaledBytes,
  type Format,
} from '../../src/architecture/quantization/formats';
import { readMethod } from '../../src/architecture/quantization/methods';
import { nameList, type ListKind } from '../../src/architecture/quantization/names';
import { compilePattern } from '../../src/architecture/quantization/pattern';
import { architectureOf, catalogConfig, read, type Config } from './fixtures';

const fixture = (name: string): Config =>
  (
    JSON.parse(readFileSync(path.resolve(__dirname, `../families/${name}.json`), 'utf8')) as {
      config: Config;
    }
  ).config;

/** A model small enough to count by hand: q [256, 256], k and v [128, 256], gate and up [512, 256], down [256, 512]. */
const TINY: Config = {
  model_type: 'llama',
  hidden_size: 256,
  intermediate_size: 512,
  num_hidden_layers: 3,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  vocab_size: 1000,
  tie_word_embeddings: false,
  torch_dtype: 'bfloat16',
};
const LINEAR = 3 * (2 * 256 * 256 + 2 * 128 * 256 + 3 * 256 * 512);
const TABLE = 1000 * 256;
const NORMS = 7 * 256;
const FP8 = { quant_method: 'fp8', activation_scheme: 'dynamic', weight_block_size: [128, 128] };

const quantized = (quantization_config: unknown, base: Config = TINY): Architecture =>
  architectureOf({ ...base, quantization_config });

/** How a tensor is stored: `2 BF16 + 1 FP8, 128x128 blocks`. */
function storedAs(architecture: Architecture, name: string): string {
  const copies = new Map<string, number>();
  for (const w of architecture.stored)
    if (w.weight.name === name) copies.set(w.format, (copies.get(w.format) ?? 0) + w.copies);
  return [...copies].map(([format, count]) => `${count} ${format}`).join(' + ');
}

describe('quantization: sizes of one array', () => {
  const sizes = (format: Format, shape: readonly number[]) => {
    const { elements, bytes, scaleElements, scaleBytes } = format.size(shape);
    return [elements, bytes, scaleElements, scaleBytes];
  };
  it('plain', () => {
    assert.deepEqual(sizes(plain('BF16', 2), [3, 5]), [15, 30, 0, 0]);
    assert.deepEqual(sizes(plain('BF16', 2), []), [1, 2, 0, 0]);
  });
  it('bytes with scales of blocks, rows or the whole array', () => {
    // 576 rows are 4.5 blocks: DeepSeek's kv_a_proj_with_mqa has scales [5, 56].
    const block = scaledBytes('FP8', { block: [128, 128], scaleBytes: 4 });
    assert.deepEqual(sizes(block, [576, 7168]), [4128768, 4128768, 280, 1120]);
    const row = scaledBytes('FP8', { block: [1, 0], scaleBytes: 2 });
    assert.deepEqual(sizes(row, [96, 64]), [6144, 6144, 96, 192]);
    const whole = scaledBytes('FP8', { block: [0, 0], scaleBytes: 4, inputScales: 1 });
    assert.deepEqual(sizes(whole, [96, 64]), [6144, 6144, 2, 8]);
  });
  it('4-bit floats', () => {
    // gpt-oss: blocks [5760, 90, 16] and scales [5760, 90] an expert.
    assert.deepEqual(sizes(MXFP4, [5760, 2880]), [5760 * 90 * 16, 8294400, 518400, 518400]);
    assert.deepEqual(sizes(nvfp4(16, 2), [128, 64]), [4096, 4096, 514, 520]);
    const ternary = packedInBytes('ternary', { bits: 2, group: 0, globals: 1, globalBytes: 2 });
    assert.deepEqual(sizes(ternary, [128, 64]), [2048, 2048, 1, 2]);
  });
  it('integers packed in words', () => {
    // GPTQ, 4 bits, groups of 128: qweight [32, 256], scales [2, 256], qzeros [2, 32], g_idx [256].
    const gptq = packed({ bits: 4, group: 128, scaleBytes: 2, zeroPoints: 'packed', groupIndex: true });
    assert.deepEqual(sizes(gptq, [256, 256]), [8192, 32768, 512 + 64 + 256, 1024 + 256 + 1024]);
    // compressed-tensors: weight_packed [2048, 896], weight_scale [2048, 224], weight_shape [2] (Kimi-K2.6's w1).
    const kimi = packed({ bits: 4, group: 32, scaleBytes: 2, zeroPoints: 'none', shapeBytes: 4 });
    assert.deepEqual(sizes(kimi, [2048, 7168]), [2048 * 896, 7340032, 2048 * 224 + 2, 917512]);
    // MLX, 3 bits, groups of 64: weight [256, 24], scales and biases [256, 4].
    const mlx = packed({ bits: 3, group: 64, scaleBytes: 2, zeroPoints: 'plain' });
    assert.deepEqual(sizes(mlx, [256, 256]), [6144, 24576, 2048, 4096]);
    assert.equal(
      packed({ bits: 8, group: 0, scaleBytes: 2, zeroPoints: 'none' }).name,
      'INT8, a scale a row',
    );
  });
  it('bitsandbytes', () => {
    // 65,536 values: 1,024 maxima of blocks of 64; nested, those in 4 blocks of 256. Both have a note of some bytes.
    const [elements, bytes, , flat] = sizes(bitsAndBytes4('NF4', 'float16', false), [256, 256]);
    assert.deepEqual([elements, bytes], [32768, 32768]);
    assert.equal(flat, 1024 * 4 + 16 * 4 + 79);
    assert.equal(
      bitsAndBytes4('NF4', 'bfloat16', true).size([256, 256]).scaleBytes,
      1024 + (4 + 272) * 4 + 171,
    );
    assert.deepEqual(sizes(bitsAndBytes8, [256, 64]), [16384, 16384, 257, 1025]);
  });
});

describe('quantization: methods', () => {
  const total = (architecture: Architecture) => expectedBytes(architecture);
  const unquantized = 2 * (2 * TABLE + NORMS);

  it('none, and nonsense in its place', () => {
    const plainBytes = 2 * (LINEAR + 2 * TABLE + NORMS);
    for (const config of [undefined, null, {}, [], 4, 'fp8', true])
      assert.equal(total(quantized(config)), plainBytes, JSON.stringify(config));
    const odd = { quant_method: 7, bits: 'four', config_groups: 3, modules_to_not_convert: { a: [] } };
    assert.equal(total(quantized(odd)), plainBytes);
    assert.ok(quantized(odd).storage.notes.some((note) => note.includes('is not known')));
    for (const dtype of ['float32', 'torch.float32'])
      assert.equal(total(architectureOf({ ...TINY, torch_dtype: dtype })), 2 * plainBytes);
    assert.equal(total(architectureOf({ ...TINY, torch_dtype: undefined })), plainBytes);
    assert.equal(total(architectureOf({ ...TINY, torch_dtype: 7, dtype: 'float8_e4m3fn' })), plainBytes);
  });
  it('dtype and quantization of a wrapper, at its root or within', () => {
    const { torch_dtype, ...text } = TINY;
    const wrapper = (root: Config, inner: Config) =>
      architectureOf({ model_type: 'llava', ...root, text_config: { ...text, ...inner } }).storage;
    const named = (storage: Architecture['storage']) => [storage.dtype.name, storage.method?.name];
    assert.deepEqual(named(wrapper({ dtype: torch_dtype, quantization_config: FP8 }, {})), ['BF16', 'fp8']);
    assert.deepEqual(named(wrapper({}, { dtype: 'float16', quantization_config: FP8 })), ['FP16', 'fp8']);
    const both = wrapper({ dtype: 'float16', quantization_config: FP8 }, { dtype, quantization_config: {} });
    assert.deepEqual(named(both), ['FP16', 'fp8']);
    assert.deepEqual(both.path, ['quantization_config']);
  });
  const dtype = 'float32';

  it('fp8: blocks, or a scale an array, or a row', () => {
    const blocks = 3 * (2 * 4 + 2 * 2 + 3 * 8);
    assert.equal(total(quantized(FP8)), unquantized + LINEAR + 4 * blocks);
    const perArray = { quant_method: 'fp8', activation_scheme: 'static', weight_block_size: null };
    assert.equal(total(quantized(perArray)), unquantized + LINEAR + 4 * 2 * 21);
    const rows = 3 * (2 * 256 + 2 * 128 + 2 * 512 + 256);
    assert.equal(total(quantized({ quant_method: 'fbgemm_fp8' })), unquantized + LINEAR + 4 * rows);
    assert.equal(total(quantized({ quant_method: 'w8a8_int8' })), unquantized + LINEAR + 4 * rows);
    assert.equal(total(quantized({ quant_method: 'eetq' })), unquantized + LINEAR + 2 * rows);
    const mx = { quant_method: 'mxfp8', weight_block_size: [1, 32] };
    assert.equal(total(quantized(mx)), unquantized + LINEAR + LINEAR / 32);
  });
  it('awq and gptq', () => {
    const words = LINEAR / 2;
    const groups = LINEAR / 128;
    const zeros = groups / 2;
    const inputs = 3 * 4 * (6 * 256 + 512);
    const awq = { quant_method: 'awq', bits: 4, group_size: 128, zero_point: true };
    assert.equal(total(quantized(awq)), unquantized + words + 2 * groups + zeros);
    assert.equal(total(quantized({ ...awq, zero_point: false })), unquantized + words + 2 * groups);
    const gptq = { quant_method: 'gptq', bits: 4, group_size: 128, sym: true };
    assert.equal(total(quantized(gptq)), unquantized + words + 2 * groups + zeros + inputs);
    const head = quantized({ ...gptq, lm_head: true });
    assert.equal(storedAs(head, 'lm_head'), '1 INT4, groups of 128');
    const rows = { quant_method: 'gptq', bits: 8, group_size: -1 };
    assert.equal(storedAs(quantized(rows), 'mlp.up_proj'), '3 INT8, a scale a row');
  });
  it('GPTQ: settings by pattern, and the modules of a block that are quantized', () => {
    const gptq = { quant_method: 'gptq', bits: 4, group_size: 128 };
    const dynamic = { '-:.*k_proj.*': {}, '+:.*\\.1\\..*up_proj': { bits: 8, group_size: 32 } };
    const mixed = quantized({ ...gptq, dynamic });
    assert.equal(storedAs(mixed, 'self_attn.k_proj'), '3 BF16');
    assert.equal(storedAs(mixed, 'mlp.up_proj'), '1 INT8, groups of 32 + 2 INT4, groups of 128');
    const some = [['self_attn.k_proj', 'self_attn.q_proj'], ['mlp.down_proj']];
    const partly = quantized({ ...gptq, modules_in_block_to_quantize: some });
    assert.equal(storedAs(partly, 'self_attn.q_proj'), '3 INT4, groups of 128');
    assert.equal(storedAs(partly, 'self_attn.v_proj'), '3 BF16');
  });
  it('AutoRound: settings of single modules', () => {
    const autoRound = quantized({
      quant_method: 'auto-round',
      bits: 4,
      group_size: 128,
      packing_format: 'auto_round:auto_gptq',
      extra_config: {
        'model.layers.0.mlp.up_proj': { bits: 8 },
        'model.layers.2.mlp.up_proj': { bits: 16, data_type: 'float' },
      },
    });
    assert.equal(
      storedAs(autoRound, 'mlp.up_proj'),
      '1 INT8, groups of 128 + 1 BF16 + 1 INT4, groups of 128',
    );
  });
  it('bitsandbytes, with an allowance', () => {
    const nf4 = { quant_method: 'bitsandbytes', load_in_4bit: true, bnb_4bit_quant_type: 'nf4' };
    const architecture = quantized({ ...nf4, bnb_4bit_use_double_quant: true });
    assert.equal(storedAs(architecture, 'mlp.up_proj'), '3 NF4, blocks of 64');
    assert.equal(storedAs(architecture, 'lm_head'), '1 BF16');
    assert.equal(architecture.storage.method?.isEstimate, true);
    const eight = quantized({ quant_method: 'bitsandbytes', load_in_8bit: true });
    assert.equal(storedAs(eight, 'mlp.up_proj'), '3 INT8, a scale a row');
  });
  it('MLX: embedding, head and routers too, settings of single modules', () => {
    const base = { group_size: 64, bits: 4 };
    const all = architectureOf({ ...TINY, quantization: base, quantization_config: base });
    assert.equal(total(all), ((LINEAR + 2 * TABLE) * 4.5) / 8 + 2 * NORMS);
    const mixed = quantized({
      ...base,
      'model.layers.1.mlp.up_proj': { group_size: 32, bits: 8 },
      'model.embed_tokens': false,
    });
    assert.equal(storedAs(mixed, 'embed_tokens'), '1 BF16');
    assert.equal(storedAs(mixed, 'mlp.up_proj'), '1 INT8, groups of 32 + 2 INT4, groups of 64');
    assert.equal(
      storedAs(quantized({ group_size: 32, bits: 4, mode: 'mxfp4' }), 'lm_head'),
      '1 MXFP4, groups of 32',
    );
  });
  it('compressed-tensors: strategies, scales of the model’s dtype, targets, ignored modules', () => {
    const group = (weights: Config, input_activations: unknown = null, targets = ['Linear']) => ({
      quant_method: 'compressed-tensors',
      ignore: ['lm_head'],
      config_groups: { group_0: { targets, weights, input_activations } },
    });
    const rows = 3 * (2 * 256 + 2 * 128 + 2 * 512 + 256);
    const channel = { num_bits: 8, type: 'float', strategy: 'channel', symmetric: true };
    assert.equal(total(quantized(group(channel))), unquantized + LINEAR + 2 * rows);
    const tensor = { num_bits: 8, type: 'int', strategy: 'tensor' };
    assert.equal(total(quantized(group(tensor, { dynamic: false }))), unquantized + LINEAR + 2 * 2 * 21);
    const int4 = { num_bits: 4, type: 'int', strategy: 'group', group_size: 128, symmetric: true };
    const packedBytes = LINEAR / 2 + 2 * (LINEAR / 128) + 21 * 2 * 8;
    assert.equal(total(quantized(group(int4))), unquantized + packedBytes);
    const float4 = { num_bits: 4, type: 'float', strategy: 'tensor_group', group_size: 16 };
    const nv = LINEAR / 2 + LINEAR / 16 + 21 * 4;
    assert.equal(total(quantized(group(float4))), unquantized + nv);
    assert.equal(
      total(quantized(group(float4, { num_bits: 4, dynamic: 'local' }))),
      unquantized + nv + 21 * 4,
    );
    // Nothing ignored: the head is a linear layer too.
    const everything = quantized({ ...group(channel), ignore: [] });
    assert.equal(storedAs(everything, 'lm_head'), '1 FP8, a scale a row');
    const named = quantized(group(int4, null, ['re:.*mlp.*', 'model.layers.1.self_attn.q_proj']));
    assert.equal(storedAs(named, 'self_attn.q_proj'), '1 INT4, groups of 128 + 2 BF16');
    assert.equal(storedAs(named, 'mlp.down_proj'), '3 INT4, groups of 128');
    const two = {
      ...group(channel),
      config_groups: {
        a: { targets: ['Linear'], weights: channel },
        b: { targets: ['re:.*down_proj'], weights: int4 },
        c: { targets: ['Linear'], weights: null },
      },
    };
    assert.equal(storedAs(quantized(two), 'mlp.down_proj'), '3 INT4, groups of 128');
    assert.equal(storedAs(quantized(two), 'mlp.up_proj'), '3 FP8, a scale a row');
  });
  it('ModelOpt: one algorithm, groups, one for each module, and the file beside the config', () => {
    const nv = {
      quant_method: 'modelopt',
      quant_algo: 'NVFP4',
      group_size: 16,
      ignore: ['lm_head', '*self_attn*'],
    };
    const some = quantized(nv);
    assert.equal(storedAs(some, 'self_attn.q_proj'), '3 BF16');
    assert.equal(storedAs(some, 'mlp.up_proj'), '3 NVFP4, groups of 16');
    const fp8 = {
      producer: { name: 'modelopt' },
      quantization: { quant_algo: 'FP8', exclude_modules: ['lm_head'] },
    };
    assert.equal(total(quantized(fp8)), unquantized + LINEAR + 21 * 8);
    const calibrated = { ...fp8, quantization: { ...fp8.quantization, kv_cache_quant_algo: 'FP8' } };
    assert.equal(total(quantized(calibrated)), unquantized + LINEAR + 21 * 8 + 3 * 2 * 4);
    const quantized_layers = {
      'model.layers.0.mlp.up_proj': { quant_algo: 'FP8' },
      'model.layers.1.mlp.up_proj': { quant_algo: 'NVFP4', group_size: 16 },
    };
    const mixed = quantized({ quant_method: 'modelopt', quant_algo: 'MIXED_PRECISION', quantized_layers });
    assert.equal(storedAs(mixed, 'mlp.up_proj'), '1 FP8, a scale an array + 1 NVFP4, groups of 16 + 1 BF16');
    assert.equal(storedAs(mixed, 'mlp.down_proj'), '3 BF16');
    assert.deepEqual(quantized({ quant_method: 'modelopt', quant_algo: 'NEW' }).storage.notes, [
      'quant_algo "NEW" is not known: counted unquantized',
    ]);
  });
  it('MXFP4 of gpt-oss: its experts alone', () => {
    const architecture = architectureOf({
      ...fixture('gpt-oss/gpt-oss-20b'),
      quantization_config: { quant_method: 'mxfp4', modules_to_not_convert: null },
    });
    assert.equal(storedAs(architecture, 'self_attn.q_proj'), '24 BF16');
    assert.equal(storedAs(architecture, 'mlp.experts.*.down_proj'), '768 MXFP4, groups of 32');
    assert.equal(expectedBytes(architecture), 13761264768);
  });
  it('Quark, HQQ, torchao and quanto by what they say of their weights', () => {
    const quark = (weight: Config, input_tensors: unknown = null) =>
      quantized({
        quant_method: 'quark',
        global_quant_config: { weight, input_tensors },
        exclude: ['lm_head'],
        layer_quant_config: { '*down_proj': { weight: null } },
      });
    const fp8 = quark({ dtype: 'fp8_e4m3', qscheme: 'per_tensor' }, { dtype: 'fp8_e4m3', is_dynamic: false });
    assert.equal(storedAs(fp8, 'mlp.up_proj'), '3 FP8, a scale an array');
    assert.equal(storedAs(fp8, 'mlp.down_proj'), '3 BF16');
    assert.equal(storedAs(quark({ dtype: 'fp4', group_size: 32 }), 'mlp.up_proj'), '3 MXFP4, groups of 32');
    const others: [Config, string][] = [
      [
        { quant_method: 'hqq', quant_config: { weight_quant_params: { nbits: 4, group_size: 64 } } },
        '3 INT4, groups of 64',
      ],
      [
        { quant_method: 'torchao', quant_type: { default: { _type: 'Int8WeightOnlyConfig' } } },
        '3 INT8, a scale a row',
      ],
      [{ quant_method: 'quanto', weights: 'int4' }, '3 INT4, a scale a row'],
      [{ quant_method: 'bitnet' }, '3 ternary'],
    ];
    for (const [config, expected] of others)
      assert.equal(storedAs(quantized(config), 'mlp.up_proj'), expected);
  });
  it('experts, shared experts and MTP layers by their own names', () => {
    const config = { ...catalogConfig('DeepSeek-V3'), torch_dtype: 'bfloat16' };
    const skipped = ['model.layers.61.self_attn', 'shared_experts', 'model.layers.7.mlp.experts'];
    const architecture = quantized({ ...FP8, modules_to_not_convert: skipped }, config);
    assert.equal(storedAs(architecture, 'mlp.shared_experts.up_proj'), '58 BF16');
    assert.equal(
      storedAs(architecture, 'mlp.experts.*.up_proj'),
      `256 BF16 + ${57 * 256} FP8, 128x128 blocks`,
    );
    assert.equal(storedAs(architecture, 'mtp.self_attn.o_proj'), '1 BF16');
    assert.equal(storedAs(architecture, 'mtp.mlp.experts.*.up_proj'), '256 FP8, 128x128 blocks');
    assert.equal(storedAs(architecture, 'self_attn.o_proj'), '61 FP8, 128x128 blocks');
  });
  it('never throws and never finds an error, whatever stands there', () => {
    const leaf = fc.oneof(
      fc.string(),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.constant('re:(a+)+$'),
    );
    const value = fc.oneof(leaf, fc.array(leaf), fc.dictionary(fc.string(), leaf));
    const keys = [
      'quant_method',
      'bits',
      'group_size',
      'config_groups',
      'quant_algo',
      'quantized_layers',
      'modules_to_not_convert',
      'ignore',
      'dynamic',
      'extra_config',
      'weight_block_size',
      'quant_config',
      'quant_type',
      'global_quant_config',
      'modules_in_block_to_quantize',
    ];
    const methods = ['fp8', 'gptq', 'awq', 'modelopt', 'quark', 'mlx', 'hqq', 'bitsandbytes', 'auto-round'];
    const config = fc.record(
      {
        ...Object.fromEntries(keys.map((key) => [key, value])),
        quant_method: fc.oneof(fc.constantFrom(...methods, 'compressed-tensors', 'torchao'), value),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(config, (quantization_config) => {
        const { architecture, problems } = read({ ...TINY, quantization_config });
        assert.deepEqual(problems, []);
        for (const w of architecture?.stored ?? []) {
          assert.ok(w.bytes >= 0 && w.scaleBytes >= 0 && w.scaleElements >= 0, w.format);
          assert.ok(Number.isFinite(w.bytes + w.scaleBytes + w.storedElements), w.format);
        }
        const copies = architecture?.stored.reduce((sum, w) => sum + w.copies, 0);
        assert.equal(
          copies,
          architecture?.weights.all.reduce((sum, w) => sum + w.copies.value, 0),
        );
      }),
    );
  });
});

/**
 * Checkpoints of which the tensors are listed with their dtypes (gongogxt/python on GitHub, scripts/models), and totals
 * of their indexes: bytes, or GiB to two digits where the list has no more.
 */
describe('quantization: published checkpoints', () => {
  const IGNORED_BY_KIMI = [
    're:.*self_attn.*',
    're:.*shared_experts.*',
    're:.*mlp\\.(gate|up|gate_up|down)_proj.*',
    're:.*lm_head.*',
    're:.*vision_tower.*',
    're:.*mm_projector.*',
  ];
  const groupsOf = (weights: Config, more: Config) => ({
    quant_method: 'compressed-tensors',
    config_groups: { group_0: { targets: ['Linear'], weights, input_activations: null } },
    ...more,
  });
  const rows = groupsOf(
    { num_bits: 8, type: 'float', strategy: 'channel', symmetric: true },
    { format: 'float-quantized', ignore: ['lm_head', 'model.embed_tokens', 're:.*mlp\\.gate$'] },
  );
  const int4 = groupsOf(
    { num_bits: 4, type: 'int', strategy: 'group', group_size: 32, symmetric: true },
    { format: 'pack-quantized', ignore: IGNORED_BY_KIMI },
  );
  const MOONVIT = {
    init_pos_emb_height: 64,
    init_pos_emb_time: 4,
    init_pos_emb_width: 64,
    merge_kernel_size: [2, 2],
    merge_type: 'sd2_tpool',
    mm_hidden_size: 1152,
    mm_projector_type: 'patchmerger',
    patch_size: 14,
    pos_emb_type: 'divided_fixed',
    text_hidden_size: 7168,
    vt_hidden_size: 1152,
    vt_intermediate_size: 4304,
    vt_num_attention_heads: 16,
    vt_num_hidden_layers: 27,
  };
  const dtype = 'bfloat16';
  const qwen3 = (
    hidden_size: number,
    intermediate_size: number,
    num_hidden_layers: number,
    heads: number,
  ) => ({
    model_type: 'qwen3',
    hidden_size,
    intermediate_size,
    num_hidden_layers,
    num_attention_heads: heads,
    num_key_value_heads: 8,
    head_dim: 128,
    vocab_size: 151936,
    tie_word_embeddings: heads < 32 || hidden_size < 4096,
    dtype,
  });
  const v4 = { dtype, expert_dtype: 'fp4', quantization_config: { ...FP8, scale_fmt: 'ue8m0' } };
  const lists: [name: string, config: Config, bytes: number, elements: number | null][] = [
    [
      'DeepSeek-R1',
      { ...catalogConfig('DeepSeek-V3'), dtype, quantization_config: FP8 },
      688574839360,
      684531386000,
    ],
    [
      'DeepSeek-V3.2',
      { ...fixture('deepseek/deepseek-v3.2'), dtype, quantization_config: FP8 },
      642.12,
      685396921376,
    ],
    [
      'DeepSeek-V4-Flash-0731',
      { ...fixture('deepseek-v4/deepseek-v4-flash-0731'), ...v4 },
      155.42,
      165265454782,
    ],
    ['GLM-4.5-FP8', { ...fixture('moe/glm-4.5'), dtype, quantization_config: rows }, 336.47, 358458543424],
    ['GLM-4.7-Flash', { ...fixture('mla/glm-4.7-flash'), dtype }, 58.15, 31221488576],
    ['GLM-5.1', { ...fixture('mla/glm-5'), dtype }, 1404.18, 753864139008],
    ['GLM-5.1-FP8', { ...fixture('mla/glm-5'), dtype, quantization_config: FP8 }, 704.23, 753910024032],
    [
      'Kimi-K2-Instruct',
      { ...catalogConfig('Kimi-K2'), dtype, quantization_config: FP8 },
      958.49,
      1026470731056,
    ],
    [
      'Kimi-K2.6',
      {
        model_type: 'kimi_k25',
        dtype,
        text_config: { ...catalogConfig('Kimi-K2'), quantization_config: int4 },
        vision_config: MOONVIT,
      },
      554.27,
      170738182128,
    ],
    ['Kimi-Linear-48B-A3B', { ...fixture('kimi/kimi-linear-48b-a3b'), dtype }, 91.5, 49122681728],
    [
      'MiniMax-M2.7',
      {
        ...fixture('minimax/minimax-m2.5'),
        dtype,
        quantization_config: {
          ...FP8,
          modules_to_not_convert: ['gate', 'e_score_correction_bias', 'lm_head'],
        },
      },
      214.32,
      228703644928,
    ],
    [
      'Qwen3-235B-A22B-FP8',
      { ...catalogConfig('Qwen3-235B-A22B'), dtype, quantization_config: FP8 },
      220.18,
      235107904512,
    ],
    ['Qwen3.5-35B-A3B', { ...fixture('qwen-next/qwen3.5-35b-a3b'), dtype }, 66.97, 35951822704],
    ['Qwen3-4B', qwen3(2560, 9728, 36, 32), 8044936192, null],
    ['Qwen3-8B', qwen3(4096, 12288, 36, 32), 16381470720, null],
    ['Qwen3-14B', qwen3(5120, 17408, 40, 40), 29536614400, null],
    ['Qwen3-32B', { ...catalogConfig('Qwen3-32B'), dtype }, 65524246528, null],
    [
      'Qwen3-14B-MLX-4bit',
      { ...qwen3(5120, 17408, 40, 40), quantization: { group_size: 64, bits: 4 } },
      8307783680,
      null,
    ],
  ];
  const nf4 = {
    quant_method: 'bitsandbytes',
    load_in_4bit: true,
    bnb_4bit_quant_type: 'nf4',
    llm_int8_skip_modules: ['model.vision_backbone', 'model.transformer.ff_out', 'model.transformer.ln_f'],
  };
  // reubzdubz/Molmo7B_D_NF4Quant; jeremieconte/granite-3.1-1b-a400m-instruct, in FP32.
  lists.push(
    [
      'Molmo-7B-D in NF4',
      { ...fixture('olmo/molmo-7b-d'), torch_dtype: 'float16', quantization_config: nf4 },
      6661964712,
      null,
    ],
    [
      'Granite-3.1-1B-A400M in FP32',
      {
        model_type: 'granitemoe',
        hidden_size: 1024,
        intermediate_size: 512,
        num_hidden_layers: 24,
        num_attention_heads: 16,
        num_key_value_heads: 8,
        num_local_experts: 32,
        num_experts_per_tok: 8,
        vocab_size: 49155,
        tie_word_embeddings: true,
        torch_dtype: 'float32',
      },
      5338513408,
      null,
    ],
  );
  for (const [name, config, bytes, elements] of lists)
    it(name, () => {
      const architecture = architectureOf(config);
      const expected = expectedBytes(architecture);
      if (Number.isInteger(bytes)) assert.equal(expected, bytes);
      else assert.ok(Math.abs(expected / 2 ** 30 - bytes) <= 0.005, `${expected / 2 ** 30} GiB`);
      if (elements !== null) assert.ok(explainElements(architecture, elements));
    });
});

describe('quantization: lists of names', () => {
  const layers = [0, 1, 2, 3];
  const named = (entries: readonly unknown[], name: string, ...rest: [kind?: ListKind]) =>
    nameList(entries, ...rest).namedIn(name, layers).length;

  it('paths with a layer’s number, whatever stands before it', () => {
    for (const prefix of ['model.', 'language_model.model.', 'model.language_model.', '', 'backbone.'])
      assert.deepEqual(
        nameList([`${prefix}layers.2.mlp.gate`, `${prefix}layers.40.mlp.gate`]).namedIn('mlp.gate', layers),
        [2],
        prefix,
      );
    assert.deepEqual(nameList(['transformer.h.1.attn']).namedIn('attn.c_attn', layers), [1]);
    assert.deepEqual(nameList(['model.layers.3']).namedIn('mlp.up_proj', layers), [3]);
    assert.equal(named(['model.layers.2.mlp.gate'], 'mlp.gate_proj'), 0);
  });
  it('not those of another part', () => {
    for (const entry of [
      'vision_model.transformer.layers.0.self_attn.q_proj',
      'visual.blocks.0.self_attn.q_proj',
      'audio_tower.layers.0',
    ])
      assert.equal(named([entry], 'self_attn.q_proj'), 0, entry);
  });
  it('parts of a path, whole ones only', () => {
    assert.equal(named(['gate'], 'mlp.gate'), 4);
    assert.equal(named(['gate'], 'mlp.gate_proj'), 0);
    assert.equal(named(['mlp'], 'mlp.up_proj'), 4);
    assert.equal(named(['model.layers.*.self_attn'], 'self_attn.q_proj'), 4);
    for (const entry of ['lm_head', 'model.lm_head', 'language_model.lm_head'])
      assert.equal(nameList([entry]).namedIn('lm_head', [null]).length, 1, entry);
    assert.equal(nameList(['model.embed_tokens']).namedIn('lm_head', [null]).length, 0);
  });
  it('globs', () => {
    assert.deepEqual(nameList(['model.layers.1.self_attn*']).namedIn('self_attn.q_proj', layers), [1]);
    assert.deepEqual(nameList(['model.layers.1.*']).namedIn('mlp.up_proj', layers), [1]);
    assert.deepEqual(
      nameList(['model.layers.1.mlp.experts.*.up_proj']).namedIn('mlp.experts.*.up_proj', layers),
      [1],
    );
    assert.equal(named(['*.mlp.gate.*'], 'mlp.gate'), 4);
    assert.equal(named(['*.mlp.gate'], 'mlp.gate_proj'), 0);
    assert.equal(nameList(['*lm_head*']).namedIn('lm_head', [null]).length, 1);
    assert.equal(named(['*lm_head*', 'model.vision*'], 'mlp.up_proj'), 0);
  });
  it('regular expressions, from the start of the name', () => {
    assert.equal(named(['re:.*mlp\\.(gate|up|gate_up|down)_proj.*'], 'mlp.up_proj'), 4);
    assert.equal(named(['re:.*mlp\\.(gate|up|gate_up|down)_proj.*'], 'mlp.gate'), 0);
    assert.equal(named(['re:self_attn'], 'self_attn.q_proj'), 0);
    assert.equal(named(['re:model\\.layers\\.\\d+\\.self_attn'], 'self_attn.q_proj'), 4);
    assert.deepEqual(nameList(['re:.*layers\\.(1|3)\\.mlp.*']).namedIn('mlp.up_proj', layers), [1, 3]);
    assert.deepEqual(nameList(['re:.*\\.[0-1]\\..*']).namedIn('mlp.up_proj', layers), [0, 1]);
    assert.equal(nameList(['re:lm_head']).namedIn('lm_head', [null]).length, 1);
  });
  it('experts, one for all', () => {
    assert.deepEqual(
      nameList(['model.layers.1.mlp.experts.0.up_proj']).namedIn('mlp.experts.*.up_proj', layers),
      [1],
    );
    assert.equal(named(['re:.*experts\\.\\d+\\.up_proj'], 'mlp.experts.*.up_proj'), 4);
  });
  it('MTP layers, by the number after the last layer or their own', () => {
    for (const entry of [
      'model.layers.4.eh_proj',
      'mtp.layers.0.eh_proj',
      'mtp*',
      'mtp',
      're:mtp.*',
      'eh_proj',
    ])
      assert.deepEqual(nameList([entry]).namedIn('eh_proj', [4], 4), [4], entry);
    assert.deepEqual(nameList(['mtp.layers.1.eh_proj']).namedIn('eh_proj', [4, 5], 4), [5]);
    assert.equal(named(['mtp', 'mtp.layers.0.mlp'], 'mlp.up_proj'), 0);
  });
  it('whole paths of what stands once, and parts of it', () => {
    // Molmo's LM head is `ff_out`, as the down projection of each layer.
    assert.equal(named(['model.transformer.ff_out'], 'ff_out'), 0);
    assert.equal(nameList(['model.transformer.ff_out']).namedIn('ff_out', [null]).length, 1);
  });
  it('whole names only in lists of compressed-tensors', () => {
    const entries = [
      'model.layers.1.linear_attn',
      'model.layers.1.linear_attn.in_proj_a',
      'lm_head',
      'mtp.fc',
    ];
    const list = nameList(entries, 'exact');
    assert.deepEqual(list.namedIn('linear_attn.in_proj_a', layers), [1]);
    assert.deepEqual(list.namedIn('linear_attn.out_proj', layers), []);
    assert.deepEqual(list.namedIn('lm_head', [null]), [null]);
    assert.deepEqual(list.namedIn('fc', [4], 4), [4]);
    assert.deepEqual(list.namedIn('fc', layers, 4), []);
  });
  it('any part of a name in AWQ’s lists, patterns throughout in GPTQ’s', () => {
    assert.equal(named(['gate'], 'mlp.gate_proj', 'substrings'), 4);
    assert.equal(named(['layers.1.'], 'mlp.gate_proj', 'substrings'), 1);
    assert.equal(named(['.*gate.*'], 'mlp.gate_proj', 'patterns'), 4);
    assert.equal(named(['gate'], 'mlp.gate_proj', 'patterns'), 0);
  });
  it('what is no name is passed over, what is not understood is told', () => {
    const list = nameList(['', 7, null, {}, 're:(?!x).*', 're:(', 're:(a)\\1']);
    assert.deepEqual(list.ignored, ['re:(?!x).*', 're:(', 're:(a)\\1']);
    assert.equal(list.namedIn('mlp.up_proj', layers).length, 0);
    const { notes } = readMethod({ quant_method: 'fp8', ignored_layers: ['re:(?=x)'] }, BF16, {});
    assert.deepEqual(notes, ['not understood in the list of unquantized modules: re:(?=x)']);
  });
  it('names a part of the layers asked for, for any list', () => {
    const word = fc.constantFrom(
      'model',
      'layers',
      '1',
      '2',
      'mlp',
      'gate',
      'experts',
      '*',
      're:.*',
      'mtp',
      '(a|b)+',
    );
    const entry = fc.array(word, { maxLength: 6 }).map((words) => words.join('.'));
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 5 }), fc.array(fc.nat(9)), (entries, asked) => {
        const found = nameList(entries).namedIn('mlp.experts.*.gate_proj', asked, 8);
        assert.ok(found.length <= asked.length);
        assert.ok(found.every((layer) => layer !== null && asked.includes(layer)));
      }),
    );
  });
});

describe('quantization: absurd lists', () => {
  it('takes so many patterns and names the rest as not understood', () => {
    const entries = Array.from({ length: 6000 }, (_, i) => `re:.*layers.3.*(a|b)*experts.${i}.*`);
    assert.equal(nameList(entries).ignored.length, 5800);
  });
});

describe('quantization: patterns', () => {
  it('match as re.match does', () => {
    const cases: [pattern: string, yes: readonly string[], no: readonly string[]][] = [
      ['abc', ['abc', 'abcd'], ['ab', 'xabc']],
      ['^a.c$', ['abc', 'a.c'], ['abcd', 'a\nc']],
      ['(?:a|bc)*d', ['d', 'abcad'], ['bd', 'abca']],
      ['a{2,3}b', ['aab', 'aaab'], ['ab', 'aaaab']],
      ['a{2}$', ['aa'], ['a', 'aaa']],
      ['a{2,}b', ['aab', 'aaaaab'], ['ab']],
      ['[^.]+\\.x', ['ab.x'], ['.x', 'a.b.x']],
      ['[a-c\\d_-]+$', ['b2_-'], ['d', 'b.']],
      ['\\w+?\\s\\S$', ['ab c'], ['ab  c', 'abc']],
      ['(?P<name>a+)b', ['aab'], ['b']],
      ['(^a|^b)c', ['ac', 'bc'], ['cc']],
      ['a?', ['', 'b'], []],
      ['a\\Z', ['a'], ['ab']],
      ['a|^b', ['a', 'b'], ['cb']],
    ];
    for (const [pattern, yes, no] of cases) {
      const test = compilePattern(pattern);
      for (const text of yes) assert.equal(test?.(text), true, `${pattern} on ${text}`);
      for (const text of no) assert.equal(test?.(text), false, `${pattern} on ${text}`);
    }
  });
  it('agree with the engine’s own', () => {
    const atom = fc.constantFrom(
      'a',
      'b',
      '.',
      '[ab]',
      '(a|b)',
      '(ab)?',
      'a*',
      'b+',
      '(a|ab)*',
      '\\.',
      'c{1,2}',
    );
    const source = fc.array(atom, { maxLength: 6 }).map((atoms) => atoms.join(''));
    const text = fc.array(fc.constantFrom('a', 'b', 'c', '.'), { maxLength: 10 }).map((c) => c.join(''));
    fc.assert(
      fc.property(source, text, (pattern, given) => {
        assert.equal(compilePattern(pattern)?.(given), new RegExp(`^(?:${pattern})`).test(given));
      }),
    );
  });
  it('that backtracking would never finish take no time, nor do huge ones', () => {
    const hostile = [
      '(a+)+$',
      '(a*)*b',
      '(.*)*x',
      '.*.*.*.*.*.*.*.*x',
      '(a|a)*c',
      '(.|.)(.|.)(.|.)(.|.)(.|.)(.|.)(.|.)(.|.)(.|.)(.|.)x'.repeat(5),
      `(${'a?'.repeat(400)})*b`,
      `(${Array.from({ length: 900 }, (_, i) => `a${i}`).join('|')})*z`,
      '((((((((((a{50}){50}){50}){50}){50}){50}){50}){50}){50}){50})',
      `${'('.repeat(400)}a${')'.repeat(400)}`,
      'a'.repeat(20_000),
      '[',
      '\\',
      'a**',
    ];
    const start = performance.now();
    const list = nameList(hostile.map((pattern) => `re:${pattern}`));
    for (let i = 0; i < 20; i++) list.namedIn(`${'a'.repeat(100)}.${i}`, [0, 1, 2, 3, 4, 5, 6, 7]);
    assert.ok(performance.now() - start < 2000, `${performance.now() - start} ms`);
  });
});
