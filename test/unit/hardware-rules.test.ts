import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Finding } from '../../src/protocol';
import { analyzeText, readSettings } from '../../src/service';
import { CATALOG } from '../../src/catalog';
import { catalogConfig, LLAMA_3_8B, QWEN2_5_7B, type Config } from './fixtures';

type Serving = Readonly<Record<string, number | null>>;

function findings(config: Config, serving: Serving = {}, raw: Config = {}): readonly Finding[] {
  const { settings, problems } = readSettings({ serving, ...raw });
  assert.deepEqual(problems, []);
  return analyzeText({ text: JSON.stringify(config), file: 'f', name: 'n' }, settings).findings;
}
const saidBy = (name: string, config: Config, serving?: Serving, raw?: Config) =>
  findings(config, serving, raw).filter(({ code }) => code === `hardware/${name}`);
const one = (list: readonly Finding[]): Finding => {
  assert.equal(list.length, 1, JSON.stringify(list.map(({ message }) => message)));
  return list[0]!;
};

const FP8_BLOCKS = { quant_method: 'fp8', weight_block_size: [128, 128] };

describe('hardware rules', () => {
  it('say nothing of degrees that are not configured', () => {
    const degreeCodes = /(fp8-blocks|tensor-parallel|tensor-parallel-span|kv-replication|expert-parallel)$/;
    for (const { name, config } of CATALOG)
      assert.deepEqual(
        findings(config).filter(({ code }) => degreeCodes.test(code)),
        [],
        name,
      );
  });

  describe('tensor-core-tiles', () => {
    const narrow = { ...LLAMA_3_8B, intermediate_size: 2500 };
    it('counts the zeros that fill the last tile and slice', () => {
      const { message, path, severity } = one(saidBy('tensor-core-tiles', narrow));
      assert.deepEqual([path, severity], [['intermediate_size'], 'information']);
      // 2500 rows fill 40 tiles of 64, 2500 values of a row 20 slices of 128: 2560, 2.4% more, of both.
      assert.match(message, /^"intermediate_size" 2500 is 19\.53 times 128/);
      assert.match(message, /padding adds 2\.4% to the work in gate_proj, up_proj, down_proj/);
      const attention = 4096 * 128 * (2 * 32 + 2 * 8);
      const ffn = 3 * 4096 * 2500;
      const share = ((0.024 * ffn) / (ffn + attention)) * 100;
      assert.ok(message.includes(`${Number(share.toPrecision(3))}% to a token’s GEMM FLOPs`), message);
    });
    it('offers the next size with its price', () => {
      const [fix] = one(saidBy('tensor-core-tiles', narrow)).fixes;
      assert.deepEqual(fix?.edits, [{ path: ['intermediate_size'], value: 2560 }]);
      assert.match(fix.title, /^intermediate_size 2500 → 2560: parameters \+23\.6M \(\+/);
      assert.deepEqual(saidBy('tensor-core-tiles', { ...narrow, intermediate_size: 2560 }), []);
    });
    it('tells of rows that nothing loads as they are, however little padding they need', () => {
      const odd = { ...catalogConfig('Qwen3-32B'), hidden_size: 5100 };
      const { message } = one(saidBy('tensor-core-tiles', odd));
      assert.match(
        message,
        /"hidden_size" 5100 .* rows of 5100 bytes, no multiple of 16, .*; 5120 needs none\.$/,
      );
    });
    it('takes slices of 64 values at BF16', () => {
      const config = { ...catalogConfig('Qwen3-235B-A22B'), moe_intermediate_size: 1344 };
      assert.equal(saidBy('tensor-core-tiles', config).length, 1);
      assert.deepEqual(saidBy('tensor-core-tiles', config, {}, { precision: 'bf16' }), []);
    });
    it('looks at the share of one accelerator', () => {
      const message = one(saidBy('tensor-core-tiles', LLAMA_3_8B, { tensorParallel: 32 })).message;
      assert.match(message, /^"intermediate_size" 14336 over TP 32, 448 each, is 3\.5 times 128/);
    });
    it('lets a derived width be, which is no key of the file', () => {
      const rwkv = { model_type: 'rwkv5', hidden_size: 2560, num_hidden_layers: 32, vocab_size: 65536 };
      for (const finding of saidBy('tensor-core-tiles', rwkv, { tensorParallel: 8 }))
        assert.deepEqual(finding.fixes, []);
    });
    it('is silent on losses under 1%', () => {
      // MLA's 576 rows of latent and rotary key: half a tile short, but a small GEMM.
      assert.deepEqual(saidBy('tensor-core-tiles', catalogConfig('DeepSeek-V3')), []);
    });
  });

  describe('fp8-blocks', () => {
    const experts = { ...catalogConfig('Qwen3-235B-A22B'), quantization_config: FP8_BLOCKS };
    it('names the share that vLLM refuses, and what serves', () => {
      const { message, path, severity, fixes } = one(saidBy('fp8-blocks', experts, { tensorParallel: 8 }));
      assert.deepEqual([path, severity], [['moe_intermediate_size'], 'warning']);
      assert.match(message, /1536 over TP 8, 192 each, is no whole number of the checkpoint’s blocks of 128/);
      assert.match(
        message,
        /pad them to 256, 33\.3% more .*; TP 4, expert parallelism or a width of 2048 keeps/,
      );
      assert.deepEqual(fixes[0]?.edits, [{ path: ['moe_intermediate_size'], value: 2048 }]);
    });
    it('is silent where blocks stay whole, where experts do, and without blocks', () => {
      assert.deepEqual(saidBy('fp8-blocks', experts, { tensorParallel: 4 }), []);
      assert.deepEqual(saidBy('fp8-blocks', experts, { tensorParallel: 8, expertParallel: 8 }), []);
      assert.deepEqual(saidBy('fp8-blocks', catalogConfig('Qwen3-235B-A22B'), { tensorParallel: 8 }), []);
      assert.deepEqual(saidBy('fp8-blocks', experts), []);
    });
  });

  describe('vocab-padding', () => {
    it('counts rows, bytes of both tables and the fix', () => {
      const config = { ...LLAMA_3_8B, vocab_size: 50257 };
      const { message, fixes } = one(saidBy('vocab-padding', config, { tensorParallel: 2 }));
      assert.match(
        message,
        /50257 is no multiple of 64 \(tiles of 64 rows, TP 2\): .* by 47 rows \(770 kB, 0\.0935%\)/,
      );
      assert.deepEqual(fixes[0]?.edits, [{ path: ['vocab_size'], value: 50304 }]);
      assert.match(fixes[0].title, /parameters \+385K/);
    });
    it('counts a tied table once', () => {
      const tied = { ...LLAMA_3_8B, vocab_size: 50257, tie_word_embeddings: true };
      assert.match(one(saidBy('vocab-padding', tied, { tensorParallel: 2 })).message, /47 rows \(385 kB/);
    });
    it('is silent on a few rows that engines pad, not on many', () => {
      assert.deepEqual(saidBy('vocab-padding', { ...LLAMA_3_8B, vocab_size: 50257 }), []);
      assert.match(one(saidBy('vocab-padding', { ...LLAMA_3_8B, vocab_size: 2049 })).message, /by 63 rows/);
    });
    it('asks for a multiple of tensor parallelism too', () => {
      assert.deepEqual(saidBy('vocab-padding', QWEN2_5_7B), []);
      assert.match(
        one(saidBy('vocab-padding', QWEN2_5_7B, { tensorParallel: 7 })).message,
        /no multiple of 448 \(tiles of 64 rows, TP 7\).*; 152320 leaves/,
      );
    });
  });

  describe('tensor-parallel', () => {
    it('holds heads, KV heads and widths against the degree', () => {
      const said = saidBy('tensor-parallel', QWEN2_5_7B, { tensorParallel: 8 });
      const { message, path } = one(said);
      assert.deepEqual(path, ['num_attention_heads']);
      assert.match(message, /^28 query heads .* over TP 8: .* has 4 and 14\.3% more .*; TP 4 or 32 of them/);
      const uneven = { ...LLAMA_3_8B, num_key_value_heads: 16, intermediate_size: 14340 };
      assert.deepEqual(
        saidBy('tensor-parallel', uneven, { tensorParallel: 32 }).map((f) => f.path.join('.')),
        ['intermediate_size'],
      );
    });
    it('lets KV heads be copied evenly, not unevenly', () => {
      const config = {
        ...LLAMA_3_8B,
        num_attention_heads: 48,
        num_key_value_heads: 6,
        head_dim: 128,
        intermediate_size: 14400,
      };
      assert.deepEqual(saidBy('tensor-parallel', config, { tensorParallel: 12 }), []);
      assert.deepEqual(one(saidBy('tensor-parallel', config, { tensorParallel: 16 })).path, [
        'num_key_value_heads',
      ]);
    });
    it('leaves experts whole under expert parallelism', () => {
      const config = { ...catalogConfig('Qwen3-235B-A22B'), moe_intermediate_size: 1540 };
      assert.equal(saidBy('tensor-parallel', config, { tensorParallel: 8 }).length, 1);
      assert.deepEqual(saidBy('tensor-parallel', config, { tensorParallel: 8, expertParallel: 8 }), []);
    });
    it('rounds a width up', () => {
      const { fixes } = one(
        saidBy('tensor-parallel', { ...LLAMA_3_8B, intermediate_size: 14340 }, { tensorParallel: 8 }),
      );
      assert.deepEqual(fixes[0]?.edits, [{ path: ['intermediate_size'], value: 14344 }]);
    });
  });

  describe('tensor-parallel-span', () => {
    it('compares the links with the network', () => {
      const { message } = one(
        saidBy('tensor-parallel-span', LLAMA_3_8B, { tensorParallel: 16 }, { targets: ['H800', 'H20'] }),
      );
      // 2 all-reduces x 2 x 15/16 x 32 layers x 4096 x 2 bytes.
      assert.match(message, /983 kB sent a token/);
      assert.match(message, /H800 50 GB\/s, 25% of 200 GB\/s; H20 50 GB\/s, 11\.1% of 450 GB\/s/);
    });
    it('is silent within a server', () => {
      assert.deepEqual(saidBy('tensor-parallel-span', LLAMA_3_8B, { tensorParallel: 8 }), []);
      const wide = { tensorParallel: 16, gpusPerServer: 72 };
      assert.deepEqual(saidBy('tensor-parallel-span', LLAMA_3_8B, wide), []);
    });
  });

  describe('kv-replication', () => {
    it('tells the copies and what they take', () => {
      const { message, severity } = one(saidBy('kv-replication', LLAMA_3_8B, { tensorParallel: 32 }));
      assert.equal(severity, 'warning');
      assert.match(
        message,
        /^8 KV heads are copied 4 times at TP 32: a sequence of 32K takes 268 MB .* 67\.1 MB/,
      );
      assert.deepEqual(saidBy('kv-replication', LLAMA_3_8B, { tensorParallel: 8 }), []);
    });
    it('informs of MLA’s latent', () => {
      const { message, severity, path } = one(
        saidBy('kv-replication', catalogConfig('DeepSeek-V3'), { tensorParallel: 8 }),
      );
      assert.deepEqual([severity, path], ['information', ['kv_lora_rank']]);
      assert.match(message, /8 times fewer sequences/);
    });
  });

  it('expert-parallel tells what the fullest accelerator holds', () => {
    const config = catalogConfig('DeepSeek-V3');
    const { message, path } = one(saidBy('expert-parallel', config, { expertParallel: 72 }));
    assert.deepEqual(path, ['n_routed_experts']);
    assert.match(
      message,
      /holds 4 and the mean is 3\.56, .* 12\.5% more .*; EP 64, or copies of 32 busy experts/,
    );
    assert.match(
      one(saidBy('expert-parallel', config, { expertParallel: 320 })).message,
      /EP 320: 64 GPUs of them without any, .*; EP 256, or copies/,
    );
    const draft = { ...catalogConfig('Qwen3-235B-A22B'), num_experts: 96 };
    assert.match(
      one(saidBy('expert-parallel', draft, { expertParallel: 20 })).message,
      /; EP 16, or copies of 4 busy/,
    );
    assert.deepEqual(saidBy('expert-parallel', config, { expertParallel: 64 }), []);
    assert.deepEqual(saidBy('expert-parallel', LLAMA_3_8B, { expertParallel: 7 }), []);
  });

  describe('memory', () => {
    it('tells how many accelerators hold the weights', () => {
      const { message, path } = one(
        saidBy('weights-memory', catalogConfig('Kimi-K2'), {}, { targets: ['H800', 'GB200'] }),
      );
      assert.deepEqual(path, ['n_routed_experts']);
      assert.match(
        message,
        /^Weights of 1\.03 TB \(FP8\) don’t fit on one server of 8 GPUs .* takes 15 GPUs or more\.$/,
      );
      assert.deepEqual(saidBy('weights-memory', LLAMA_3_8B), []);
      const l4 = { targets: ['L4'] };
      assert.deepEqual(saidBy('weights-memory', LLAMA_3_8B, { gpusPerServer: 1 }, l4), []);
      assert.match(
        one(saidBy('weights-memory', catalogConfig('Qwen3-32B'), { tensorParallel: 1 }, l4)).message,
        /don’t fit on 1 GPU \(TP 1\) .* takes 2 GPUs/,
      );
    });
    it('tells what batch fits where one sequence of a context does not', () => {
      const { message, severity, path } = one(
        saidBy(
          'cache-memory',
          LLAMA_3_8B,
          { gpusPerServer: 1 },
          { targets: ['L4'], contexts: [8192, 1 << 20] },
        ),
      );
      assert.deepEqual([severity, path], ['warning', ['num_key_value_heads']]);
      assert.match(
        message,
        /^Not one sequence of 1M fits on one server of 1 GPU: L4 has 12\.5 GB .* for 68\.7 GB/,
      );
      assert.match(message, /the largest batch that does is 1 of 128K on L4\.$/);
    });
    it('only informs of the positions that a config promises', () => {
      const config = { ...LLAMA_3_8B, max_position_embeddings: 1 << 20 };
      const serving = { gpusPerServer: 1 };
      assert.equal(one(saidBy('cache-memory', config, serving, { targets: ['L4'] })).severity, 'information');
      assert.deepEqual(saidBy('cache-memory', config), []);
    });
  });

  it('never throw, and end in whole numbers, at any degree (property)', () => {
    const degree = fc.option(fc.integer({ min: 1, max: 400 }), { nil: null });
    const serving = fc.record({
      tensorParallel: degree,
      expertParallel: degree,
      gpusPerServer: fc.integer({ min: 1, max: 72 }),
    });
    fc.assert(
      fc.property(fc.constantFrom(...CATALOG.map((m) => m.config)), serving, (config, degrees) => {
        for (const { code, message, fixes } of findings(config, degrees))
          if (code.startsWith('hardware/')) {
            assert.doesNotMatch(message, /NaN|Infinity|undefined|null/);
            for (const { edits } of fixes)
              for (const edit of edits) assert.ok('value' in edit && Number.isInteger(edit.value));
          }
      }),
      { numRuns: 60 },
    );
  });
});
