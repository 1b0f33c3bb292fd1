import assert from 'node:assert/strict';
import { checkCheckpoint, expectedBytes, type CheckpointFacts } from '../../src/architecture';
import { analyzeText, DEFAULT_SETTINGS } from '../../src/service';
import { architectureOf, catalogConfig, LLAMA_3_8B, QWEN3_0_6B, type Config } from './fixtures';

const FP8 = { quant_method: 'fp8', activation_scheme: 'dynamic', weight_block_size: [128, 128] };
const DEEPSEEK_V3: Config = {
  ...catalogConfig('DeepSeek-V3'),
  torch_dtype: 'bfloat16',
  quantization_config: FP8,
};
const LLAMA: Config = { ...LLAMA_3_8B, torch_dtype: 'bfloat16' };
const QWEN: Config = { ...QWEN3_0_6B, torch_dtype: 'bfloat16' };

const facts = (totalBytes: number, more: Partial<CheckpointFacts> = {}): CheckpointFacts => ({
  file: 'model.safetensors',
  totalBytes,
  missingFiles: [],
  shortFiles: [],
  quantization: null,
  ...more,
});
const check = (config: Config, totalBytes: number, more?: Partial<CheckpointFacts>) => {
  const { problem, summary } = checkCheckpoint(architectureOf(config), facts(totalBytes, more));
  assert.equal(summary.bytes, totalBytes);
  return problem ? `${problem.severity}: ${problem.message}` : null;
};
const bytesOf = (config: Config) => expectedBytes(architectureOf(config));

describe('a checkpoint beside a config', () => {
  it('agrees to the byte', () => {
    // model.safetensors.index.json of Meta-Llama-3-8B, and the tensors of DeepSeek-R1 by dtype as the Hub counts them.
    assert.equal(check(LLAMA, 16060522496), null);
    assert.equal(check(DEEPSEEK_V3, 2 * 3918786560 + 680571043840 + 4 * 41555600), null);
  });
  it('may lack the MTP layer, or the copies in it', () => {
    const mtp = bytesOf(DEEPSEEK_V3) - bytesOf({ ...DEEPSEEK_V3, num_nextn_predict_layers: 0 });
    const message = check(DEEPSEEK_V3, bytesOf(DEEPSEEK_V3) - mtp);
    assert.match(message ?? '', /^information: .* it holds the language model alone\.$/);
    const ends = 2 * 2 * 129280 * 7168;
    assert.match(
      check(DEEPSEEK_V3, bytesOf(DEEPSEEK_V3) - ends) ?? '',
      /^information: .* the language model with MTP layers\.$/,
    );
  });
  it('may hold the tied head a second time', () => {
    // Qwen3-0.6B does: 751,632,384 stored values.
    assert.match(
      check(QWEN, 2 * 751632384) ?? '',
      /^information: model\.safetensors has 1,503,264,768 bytes where the config describes 1,192,099,840 bytes: it holds the language model with a second copy of the tied LM head\.$/,
    );
  });
  it('may have another dtype than the config says', () => {
    assert.match(check(LLAMA, 4 * 8030261248) ?? '', /^information: .* 4 bytes for every weight/);
    const message = check(LLAMA, 4 * (8030261248 - 128256 * 4096));
    assert.match(message ?? '', /^information: .* 4 bytes for every weight, .* with no LM head\.$/);
    const dequantized = check(DEEPSEEK_V3, 2 * 671026419200);
    assert.match(dequantized ?? '', /^information: .* 2 bytes for every weight/);
    // Biases that balance the experts in BF16 as all else.
    const narrow = bytesOf(DEEPSEEK_V3) - 2 * 59 * 256;
    assert.match(check(DEEPSEEK_V3, narrow) ?? '', /^information: .* and nothing in FP32\.$/);
  });
  it('may have an index that counts two bytes for each stored value, as DeepSeek-V3’s', () => {
    assert.match(check(DEEPSEEK_V3, 1369062772000) ?? '', /^information: .* 2 bytes for every stored value/);
  });
  it('may be something else', () => {
    assert.match(
      check(LLAMA, 16060522496 + 4096) ?? '',
      /^warning: .* \(\+0\.0000255%\), and no known difference of checkpoints explains it/,
    );
    assert.match(check(LLAMA, 8030261248 / 2) ?? '', /^warning: .* \(-75%\)/);
  });
  it('may not be whole', () => {
    const missing = ['a.safetensors', 'b.safetensors', 'c.safetensors', 'd.safetensors', 'e.safetensors'];
    assert.equal(
      check(LLAMA, 16060522496, { missingFiles: missing }),
      'warning: The checkpoint is not whole: a.safetensors, b.safetensors, c.safetensors and 2 more are not there.',
    );
    assert.equal(
      check(LLAMA, 16060522496, { shortFiles: ['a.safetensors'] }),
      'warning: The checkpoint is not whole: a.safetensors ends before all tensors do.',
    );
  });
  it('of a method whose sizes are known to within some bytes may differ a little', () => {
    const nf4 = { quant_method: 'bitsandbytes', load_in_4bit: true, bnb_4bit_use_double_quant: true };
    const config = { ...LLAMA, quantization_config: nf4 };
    assert.equal(check(config, bytesOf(config) + 1234), null);
    assert.match(check(config, 16060522496) ?? '', /^information: .* 2 bytes for every weight/);
  });
  it('of AutoGPTQ may have biases of zero', () => {
    const config = { ...LLAMA, quantization_config: { quant_method: 'gptq', bits: 4, group_size: 128 } };
    const rows = 32 * (4096 + 1024 + 1024 + 4096 + 14336 + 14336 + 4096);
    assert.match(check(config, bytesOf(config) + 2 * rows) ?? '', /^information: .* with biases of zero/);
  });
  it('brings the quantization that the config does not name', () => {
    const quantization = {
      producer: { name: 'modelopt' },
      quantization: { quant_algo: 'FP8', kv_cache_quant_algo: 'FP8', exclude_modules: ['lm_head'] },
    };
    // FP8 values, an FP32 scale of each array and its inputs; scales of K and V in each layer.
    const expected = 16060522496 - 32 * 218103808 + 32 * 7 * 8 + 32 * 2 * 4;
    const analyze = (checkpoint: CheckpointFacts) => {
      const text = JSON.stringify(LLAMA);
      return analyzeText({ text, file: 'config.json', name: 'x', checkpoint }, DEFAULT_SETTINGS);
    };
    const { checkpoint, weights, findings } = analyze(facts(expected, { quantization }));
    assert.deepEqual(findings, []);
    assert.equal(checkpoint?.expectedBytes, expected);
    assert.equal(weights?.quantization, 'modelopt');
    assert.deepEqual(weights.notes, [
      'the config names no quantization, hf_quant_config.json beside it does',
    ]);
    const uncalibrated = analyze(facts(expected - 32 * 2 * 4, { quantization }));
    assert.match(uncalibrated.findings[0]?.message ?? '', /with no scales of the KV cache\.$/);
    assert.equal(uncalibrated.findings[0]?.severity, 'information');
  });
});
