import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { countParameters } from '../../src/architecture';
import { decodeOps, kvBytesPerToken, type OpOptions } from '../../src/cost';
import { analyzeText, DEFAULT_SETTINGS } from '../../src/service';
import { architectureOf, read, type Config } from './fixtures';

const OPTIONS: OpOptions = {
  accounting: 'exact',
  precision: 'bf16',
  kvPrecision: 'bf16',
  kvBlockSize: 16,
  windowReservation: 'window',
};
const fixture = (file: string): Config =>
  (
    JSON.parse(readFileSync(path.resolve(__dirname, '../families', file), 'utf8')) as {
      config: Config;
    }
  ).config;
const opsOf = (config: Config, context = 4096) =>
  decodeOps(architectureOf(config), OPTIONS, { batch: 1, context });
const messages = (config: Config) =>
  read(config).problems.map(({ severity, message }) => [severity, message]);

describe('hybrids and recurrent families', () => {
  it("Zamba2's shared blocks stand once, and are computed, read and cached at each use", () => {
    const config = fixture('hybrid/zamba2-2.7b.json');
    const uses = 9;
    const q = opsOf(config).filter((op) => op.name === 'shared_transformer.self_attn.q_proj');
    const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
    assert.equal(sum(q.map((op) => op.flops.value)), 2 * 5120 * 5120 * uses);
    assert.equal(sum(q.map((op) => op.weightBytes.value)), 2 * 5120 * 5120 * uses);
    assert.equal(kvBytesPerToken(opsOf(config)).value, uses * 2 * 5120 * 2);
    const { total, activated } = countParameters(architectureOf(config));
    assert.equal(activated, total);
    const more = countParameters(architectureOf({ ...config, num_mem_blocks: 3 })).total;
    const block = 3 * 5120 * 5120 + 5120 * 2560 + 3 * 2560 * 10240 + 5120 + 2560;
    assert.equal(more - total, block);
  });

  it('MiniMax-M3 reads no more keys and values than its blocks hold, but every index key', () => {
    const config = fixture('minimax/minimax-m3-text.json');
    const read = (context: number) =>
      opsOf(config, context)
        .filter((op) => op.name === 'core attention')
        .reduce((total, op) => total + op.kv.readBytes.value, 0);
    const [full, index] = [3 * 2 * 4 * 128 * 2, 57 * 128 * 2];
    assert.equal(read(200_000) - read(100_000), 100_000 * (full + index));
  });

  it('Puzzle layers take the sizes of their own entries, and equal ones are one group', () => {
    const { groups } = architectureOf(fixture('nemotron/nemotron-h-puzzle-sketch.json'));
    const widths = groups.flatMap(({ ffn, indices }) =>
      ffn.flatMap((block) => (block.kind === 'moe' ? [[indices, block.intermediate, block.topK]] : [])),
    );
    assert.deepEqual(widths, [
      [[1, 5], 1280, 8],
      [[3], 2688, 22],
    ]);
  });

  it('a bare Infinity is noted and no error', () => {
    const config = fixture('nemotron/nemotron-h-56b.json');
    const text = JSON.stringify({ ...config, time_step_limit: [0, 'inf'] }).replace('"inf"', 'Infinity');
    const model = analyzeText({ text, file: 'config.json', name: 'x' }, DEFAULT_SETTINGS);
    assert.deepEqual(
      model.findings.map(({ severity, code }) => [severity, code]),
      [['information', 'json/non-finite']],
    );
  });

  it('layer kinds that are not known, and sizes that contradict each other, are refused', () => {
    const granite = fixture('hybrid/granite-4.0-h-small.json');
    const types = (granite.layer_types as string[]).with(3, 'rwkv');
    assert.match(
      String(messages({ ...granite, layer_types: types })),
      /error,"layer_types" may hold .*not "rwkv"/,
    );
    const falcon = fixture('hybrid/falcon-h1-7b.json');
    assert.match(
      String(messages({ ...falcon, mamba_n_heads: 25 })),
      /25 Mamba heads of 128 do not make up the Mamba block's width of 3072/,
    );
    const pattern = { ...fixture('nemotron/nemotron-h-56b.json'), hybrid_override_pattern: 'MX*' };
    assert.match(String(messages(pattern)), /must be a string of M \(Mamba-2\)/);
  });

  it('states follow the dtype that the config gives them', () => {
    const config = fixture('nemotron/nemotron-3-nano-30b-a3b.json');
    const state = (dtype: string) =>
      opsOf({ ...config, mamba_ssm_cache_dtype: dtype }).reduce((n, op) => n + op.kv.stateBytes.value, 0);
    assert.equal(state('float32') - state('bfloat16'), (23 * 64 * 64 * 128 * 4) / 2);
  });
});
