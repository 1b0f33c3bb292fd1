import assert from 'node:assert/strict';
import type { Finding, ServingOptions } from '../../src/protocol';
import { analyzeConfig, DEFAULT_SETTINGS, type RawSettings, readSettings } from '../../src/service';
import { catalogConfig, LLAMA_3_8B, type Config } from './fixtures';

/** The findings of one co-design rule. */
function said(rule: string, config: Config, raw: RawSettings = {}): Finding[] {
  const { settings, problems } = readSettings(raw);
  assert.deepEqual(problems, []);
  const input = { text: JSON.stringify(config), file: 'config.json', name: 'test' };
  const analyzed = analyzeConfig(input, settings);
  assert.ok(analyzed?.architecture, 'not read');
  return analyzed.analysis.findings.filter(({ code }) => code === `codesign/${rule}`);
}
function one(rule: string, config: Config, raw?: RawSettings): Finding {
  const [finding, ...more] = said(rule, config, raw);
  assert.ok(finding && more.length === 0, `codesign/${rule} should speak once`);
  return finding;
}
const silent = (rule: string, config: Config, raw?: RawSettings) => {
  assert.deepEqual(
    said(rule, config, raw).map(({ message }) => message),
    [],
  );
};
const catalog = (name: string, changes: Config = {}): Config => ({ ...catalogConfig(name), ...changes });
const serving = (changes: Partial<ServingOptions>): RawSettings => ({ serving: changes });
const H = ['H800', 'H20'];
const PAPER: RawSettings = { accounting: 'step3-paper', targets: H };

describe('co-design: attention intensity', () => {
  it('MLA of 128 heads: 512 FLOPs a byte in the report’s accounting, 2.4 times as dear on H20', () => {
    const { message, path, fixes } = one('attention-intensity', catalog('DeepSeek-V3'), PAPER);
    assert.match(message, /does 512 FLOPs per KV byte; H20 balances at 74/);
    assert.match(message, /costs 2\.4 times what H800 does \(\$0\.128 against \$0\.054/);
    assert.deepEqual(path, ['num_attention_heads']);
    assert.deepEqual(fixes[0]?.edits, [{ path, value: 64 }]);
    assert.equal(fixes[0].isPreferred, false);
  });
  it('says nothing of MFA, which is bound by compute on H20 and cheapest there', () => {
    silent('attention-intensity', catalog('Step-3'), PAPER);
  });
  it('says nothing of GQA, nor of MLA on targets that keep up', () => {
    silent('attention-intensity', catalog('Qwen3-32B'));
    silent('attention-intensity', catalog('DeepSeek-V3'), { targets: ['H800', 'H100'] });
  });
});

describe('co-design: memory-bound attention', () => {
  it('speaks of MHA with the cost of fewer KV heads', () => {
    const { message, fixes } = one('memory-bound-attention', { ...LLAMA_3_8B, num_key_value_heads: 32 });
    assert.match(message, /does 2\.0 FLOPs per KV byte/);
    assert.match(message, /8 KV heads instead of 32 would take 7\d(\.\d)?% off/);
    assert.deepEqual(fixes[0]?.edits, [{ path: ['num_key_value_heads'], value: 8 }]);
  });
  it('takes the model’s own positions for a shorter context', () => {
    const config = { ...LLAMA_3_8B, num_key_value_heads: 32, max_position_embeddings: 4096 };
    assert.match(one('memory-bound-attention', config).message, /at 4K\./);
  });
  it('says nothing of GQA of eight, nor at contexts where KV is a trifle', () => {
    silent('memory-bound-attention', catalog('Qwen3-32B'));
    silent('memory-bound-attention', { ...LLAMA_3_8B, num_key_value_heads: 32 }, { contexts: [128] });
  });
  it('says nothing where a slip left the KV heads out', () => {
    const { num_key_value_heads: heads, ...config } = LLAMA_3_8B;
    silent('memory-bound-attention', { ...config, num_key_value_head: heads });
  });
});

describe('co-design: hybrids', () => {
  it('MiniMax-M1 and Llama 4 Maverick: their few full layers outweigh the rest at 32K', () => {
    assert.match(
      one('hybrid-full-attention', catalog('MiniMax-M1')).message,
      /^10 of 80 layers .* 4 KV heads instead of 8/,
    );
    const maverick = one('hybrid-full-attention', catalog('Llama-4-Maverick')).message;
    // 12 layers of the whole context against 36 of 8,192 tokens: even at 3 * 8,192.
    const crossing = Number(/from ([\d,]+) tokens/.exec(maverick)?.[1]?.replace(',', ''));
    assert.ok(Math.abs(crossing - 3 * 8192) < 10, maverick);
  });
  it('says nothing at contexts below the crossing, of models without other layers, of lean full layers', () => {
    silent('hybrid-full-attention', catalog('Llama-4-Maverick'), { contexts: [16384] });
    silent('hybrid-full-attention', catalog('Qwen3-32B'));
    silent('hybrid-full-attention', catalog('MiniMax-M1', { num_key_value_heads: 2 }), {
      contexts: [1 << 20],
    });
  });
  it('their layers unbalance a pipeline', () => {
    const { message } = one('hybrid-imbalance', catalog('MiniMax-M1'));
    assert.match(message, /^10 of 80 layers take 3\.\d times the average layer’s attention on H20 at 32K/);
    silent('hybrid-imbalance', catalog('MiniMax-M1'), { contexts: [2048] });
    silent('hybrid-imbalance', catalog('DeepSeek-V3'));
  });
});

describe('co-design: KV quantization and MTP', () => {
  it('4 bits bring MLA of 128 heads nothing on H20 and little on H800', () => {
    const { message } = one('kv-quantization', catalog('DeepSeek-V3'), { targets: H });
    assert.match(message, /save 18\.\d% on H800, nothing on H20 of the core attention/);
    assert.match(message, /at 967 FLOPs per byte/);
  });
  it('says nothing of MFA and GQA, which wait for memory on H800', () => {
    silent('kv-quantization', catalog('Step-3'));
    silent('kv-quantization', catalog('Qwen3-32B'));
    // MFA does 128 FLOPs a byte: more than H20 balances at.
    assert.match(
      one('kv-quantization', catalog('Step-3'), { targets: ['H20'] }).message,
      /save nothing on H20/,
    );
  });
  it('says nothing where KV has 4 bits already', () => {
    silent('kv-quantization', catalog('DeepSeek-V3'), { kvPrecision: 'fp4' });
  });
  it('MTP costs DeepSeek-V3 on H20 what its wrong guesses cost: 2 / 1.85', () => {
    const { message } = one('mtp', catalog('DeepSeek-V3', { num_nextn_predict_layers: 1 }), { targets: H });
    assert.match(message, /takes 5\.\d+% on H800 off what a token costs and adds 8\.11% on H20/);
  });
  it('says nothing of half the heads on H800, nor of a model without MTP layers', () => {
    const half = { num_nextn_predict_layers: 1, num_attention_heads: 64 };
    silent('mtp', catalog('DeepSeek-V3', half));
    silent('mtp', catalog('DeepSeek-V3', { num_nextn_predict_layers: 0 }));
  });
});

describe('co-design: sparsity of experts', () => {
  it('DeepSeek-V3 needs 14 experts on H800 (report, section 5.4), and may have them by a fix', () => {
    const { message, fixes, path } = one('moe-oversparse', catalog('DeepSeek-V3'));
    assert.match(
      message,
      /sparsity of 0\.035.*0\.058 on H800.*up to 13 experts instead of 8 .* no longer, and 14 compute at peak\.$/,
    );
    // 0.0581 * 256 - 1 = 13.9: a fourteenth expert takes the FFNs longer than the network.
    assert.deepEqual(fixes[0]?.edits, [{ path, value: 13 }]);
    silent('moe-oversparse', catalog('DeepSeek-V3', { num_experts_per_tok: 14 }));
  });
  it('says nothing on H20, of Step-3, of dense models, with twice the time or twice the network cards', () => {
    silent('moe-oversparse', catalog('DeepSeek-V3'), { targets: ['H20'] });
    silent('moe-oversparse', catalog('Step-3'));
    silent('moe-oversparse', catalog('Qwen3-32B'));
    silent('moe-oversparse', catalog('DeepSeek-V3'), serving({ tpotMs: 100 }));
    silent('moe-oversparse', catalog('DeepSeek-V3'), serving({ gpusPerServer: 16 }));
  });
  it('asks more of four stages than of three', () => {
    const four = one('moe-oversparse', catalog('DeepSeek-V3'), serving({ pipelineStages: 4 }));
    assert.match(four.message, /0\.077 on H800/);
  });
  it('is relieved by expert parallelism over many servers (section 5.5)', () => {
    silent('moe-oversparse', catalog('DeepSeek-V3'), serving({ expertParallel: 256 }));
    one('moe-oversparse', catalog('DeepSeek-V3'), serving({ expertParallel: 16 }));
  });
});

describe('co-design: expert parallelism', () => {
  it('tells servers, traffic and batch', () => {
    const { message } = one('expert-parallel', catalog('DeepSeek-V3'), serving({ expertParallel: 64 }));
    assert.match(message, /^Over 8 servers \(EP 64\) a token’s 8 experts lie on 3\.\d of them/);
    assert.match(message, /5\.3 without the limit to 4 of 8 groups/);
    // 1979 TFLOPS / 3.35 TB/s / 2 tokens an expert; 256 / 8 times that for all.
    assert.match(message, /from 295 tokens on, a batch of 9,4\d\d or 148 a GPU/);
  });
  it('has no limit to tell of where there are no groups', () => {
    const { message } = one('expert-parallel', catalog('Kimi-K2'), serving({ expertParallel: 64 }));
    assert.doesNotMatch(message, /without the limit/);
  });
  it('says nothing of one server, of no plan, of dense models', () => {
    silent('expert-parallel', catalog('DeepSeek-V3'));
    silent('expert-parallel', catalog('DeepSeek-V3'), serving({ expertParallel: 8 }));
    silent('expert-parallel', catalog('Qwen3-32B'), serving({ expertParallel: 64 }));
  });
});

describe('co-design: weaker accelerators', () => {
  it('L20 does for Step-3, with 48 of them for its FFNs (report, section 6)', () => {
    const { message } = one('weaker-accelerator', catalog('Step-3'));
    assert.match(message, /^L20 would do: in 50 ms \/ 3 stages \/ 61 layers = 273 µs it reads 236 MB/);
    assert.match(message, /a batch of 40 at 8K and 10 at 32K; the FFNs take 48 of them in 6 servers\.$/);
  });
  it('says nothing of MLA of 128 heads, which is bound by compute there, nor of models that fit one target', () => {
    silent('weaker-accelerator', catalog('DeepSeek-V3'));
    silent('weaker-accelerator', catalog('Qwen3-32B'));
    silent('weaker-accelerator', catalog('Pangu-Pro-MoE'));
  });
  it('says nothing of a budget that no weaker one meets, nor where the weaker one is a target', () => {
    silent('weaker-accelerator', catalog('Step-3'), serving({ tpotMs: 10 }));
    silent('weaker-accelerator', catalog('Step-3'), { targets: ['H800', 'L20'] });
  });
});

describe('co-design rules', () => {
  it('do not chatter: at most four findings of a model of the report', () => {
    for (const name of ['Step-3', 'DeepSeek-V3', 'Qwen3-32B', 'Qwen3-235B-A22B', 'Llama-4-Maverick']) {
      const input = { text: JSON.stringify(catalogConfig(name)), file: name, name };
      const findings = analyzeConfig(input, DEFAULT_SETTINGS)?.analysis.findings ?? [];
      assert.ok(findings.filter(({ code }) => code.startsWith('codesign/')).length <= 4, name);
    }
  });
});
