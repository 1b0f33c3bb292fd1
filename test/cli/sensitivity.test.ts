import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import type { SensitivityReport } from '../../src/protocol';

const CLI = path.resolve(__dirname, '../../dist/cli.js');

function run(args: readonly string[], input = ''): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, 'sensitivity', ...args], {
    input,
    encoding: 'utf8',
  });
  return { code: status, out: stdout, err: stderr };
}

describe('decode-lens sensitivity', () => {
  it('ranks the fields of a catalog model, in a table', () => {
    const { code, out } = run(['Qwen3-32B']);
    assert.equal(code, 0);
    const rows = out.split('\n');
    const first = rows.findIndex((row) => row.startsWith('num_key_value_heads'));
    assert.match(rows[first] ?? '', /KV heads +8 → 4 +0\.\d+ +same rank +- +-50% +=/);
    assert.match(rows[first + 1] ?? '', /^ +8 → 16 +-0\.\d+ /);
    assert.match(rows[first - 1] ?? '', /^---/);
    assert.match(out, /\$0\.\d+ per 1M tokens at 8K: attention on H20, FFN on H800/);
  });

  it('prints JSON of a file on standard input, with the options asked for', () => {
    const config = {
      model_type: 'llama',
      hidden_size: 4096,
      intermediate_size: 14336,
      num_hidden_layers: 32,
      num_attention_heads: 32,
      num_key_value_heads: 8,
      vocab_size: 128256,
    };
    const { code, out } = run(
      ['-', '--format', 'json', '--context', '64K', '--target', 'H800'],
      JSON.stringify(config),
    );
    assert.equal(code, 0);
    const report = JSON.parse(out) as SensitivityReport;
    assert.deepEqual(report.reference?.context, 65_536);
    assert.deepEqual([report.reference.attentionOn, report.reference.ffnOn], ['H800', 'H800']);
    const heads = report.fields.find((field) => field.path[0] === 'num_attention_heads');
    assert.deepEqual(heads?.steps[0]?.edits, [
      { path: ['num_attention_heads'], value: 24 },
      { path: ['head_dim'], value: 128 },
    ]);
  });

  it('prints Markdown in which a name is text', () => {
    const { out } = run(
      ['-', '--format', 'markdown'],
      JSON.stringify({
        _name_or_path: '<b>*x*',
        model_type: 'llama',
        hidden_size: 4096,
        intermediate_size: 14336,
        num_hidden_layers: 32,
        num_attention_heads: 32,
        vocab_size: 128256,
      }),
    );
    assert.match(out, /^## \\<b\\>\\\*x\\\*/);
    assert.match(out, /^\| num\\_hidden\\_layers +\| layers/m);
  });

  it('says why there is nothing to say', () => {
    const none = run(['-'], '{"model_type": "llama", "hidden_size": -64}');
    assert.equal(none.code, 2);
    assert.match(none.err, /no architecture could be read/);
    assert.equal(run(['no-such-model']).code, 2);
  });
});
