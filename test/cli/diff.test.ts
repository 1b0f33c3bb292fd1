import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { VersionDelta } from '../../src/protocol';

const CLI = path.resolve(__dirname, '../../dist/cli.js');
const QWEN = path.resolve(__dirname, '../../examples/qwen3-32b/config.json');
const TEXT = readFileSync(QWEN, 'utf8');
const FEWER_HEADS = TEXT.replace('"num_key_value_heads": 8', '"num_key_value_heads": 4');

const run = (args: readonly string[], input = '') =>
  spawnSync(process.execPath, [CLI, 'diff', ...args], { input, encoding: 'utf8' });

describe('command line: diff', () => {
  it('tells numbers and keys, against standard input too', () => {
    const { stdout, status } = run([QWEN, '-'], FEWER_HEADS);
    assert.equal(status, 0);
    assert.match(stdout, /KV cache per token +131 kB +65\.5 kB +-50%/);
    assert.match(stdout, /num_key_value_heads +8 +4/);
  });
  it('gives the same as JSON', () => {
    const delta = JSON.parse(run([QWEN, '-', '--format', 'json'], FEWER_HEADS).stdout) as VersionDelta;
    assert.deepEqual(delta.keys, [{ path: ['num_key_value_heads'], before: 8, after: 4 }]);
    assert.deepEqual(delta.kvBytesPerToken, { before: 131_072, after: 65_536 });
  });
  it('gives tables for a pull request', () => {
    const { stdout } = run(['Qwen3-32B', '-', '--format', 'markdown'], FEWER_HEADS);
    assert.match(stdout, /^## catalog:Qwen3-32B → -\n/);
    assert.match(stdout, /\| KV cache per token +\| +131 kB \| +65\.5 kB \| +-50% \|/);
  });
  it('fails for a new error, not for one that was there', () => {
    const broken = TEXT.replace('"hidden_size": 5120', '"hidden_size": -5120');
    const now = run([QWEN, '-'], broken);
    assert.equal(now.status, 1);
    assert.match(now.stdout, /New findings\n\n- line \d+: error schema\/minimum/);
    const mended = run(['-', QWEN], broken);
    assert.equal(mended.status, 0);
    assert.match(mended.stdout, /Findings that are gone\n\n- line \d+: error schema\/minimum/);
  });
  it('refuses what is no config, and standard input twice', () => {
    assert.equal(run([QWEN, '-'], '{}').status, 2);
    assert.equal(run(['-', '-'], TEXT).status, 2);
  });
});
