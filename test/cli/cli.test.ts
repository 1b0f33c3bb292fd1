import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { analysis as validateReport } from '#validators';
import type { AnalysisReport } from '../../src/protocol';

const CLI = path.resolve(__dirname, '../../dist/cli.js');
const EXAMPLES = path.resolve(__dirname, '../../examples');
const STEP3 = path.join(EXAMPLES, 'step-3', 'config.json');

function run(args: readonly string[], input = ''): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args], {
    input,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  return { code: status, out: stdout, err: stderr };
}
const json = (args: readonly string[], input?: string) =>
  JSON.parse(run([...args, '--format', 'json'], input).out) as AnalysisReport;

describe('command line', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'decode-lens-'));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });
  const file = (name: string, text: string) => {
    const full = path.join(folder, name);
    writeFileSync(full, text);
    return full;
  };

  it('prints a report that its own schema accepts', () => {
    const report = json([
      'analyze',
      STEP3,
      '--target',
      'H800,h20,Ascend 910B,H200',
      '--context',
      '8K,32768',
      '--accounting',
      'step3-paper',
    ]);
    assert.ok(validateReport(report), JSON.stringify(validateReport.errors));
    const [model] = report.models;
    assert.deepEqual(model?.options.targets, ['H800', 'H20', '910B', 'H200']);
    assert.deepEqual(
      model.kv?.atContext.map((at) => at.context),
      [8192, 32768],
    );
    assert.equal(model.model?.name, 'step-3');
    assert.equal(model.moe?.sparsity.toFixed(3), '0.083');
    assert.equal(model.attention?.arithmeticIntensity, 128);
    assert.deepEqual(
      model.afdCost.map((pair) => `${pair.attentionOn}+${pair.ffnOn}`),
      ['H20+H800', 'H20+H800'],
    );
  });
  it('also for a file that can’t be read', () => {
    const report = json(['analyze', file('broken.json', '{"model_type": "llama", "hidden_size": ')]);
    assert.ok(validateReport(report), JSON.stringify(validateReport.errors));
    assert.equal(report.models[0]?.parameters, null);
  });
  it('reads standard input', () => {
    const report = json(['analyze', '-'], readFileSync(STEP3, 'utf8'));
    assert.equal(report.models[0]?.parameters?.total, 316_294_538_240);
  });
  it('keeps 8-bit weights and KV where there is no FP8 and computes at BF16', () => {
    const [model] = json([
      'analyze',
      STEP3,
      '--target',
      'A800',
      '--accounting',
      'step3-paper',
      '--context',
      '8192',
    ]).models;
    assert.equal(model?.cost[0]?.attentionUsdPer1M.toFixed(3), '0.040');
    assert.equal(model.kv?.bytesPerToken, 31_232);
  });
  it('takes accelerators from a file', () => {
    const accelerators = file(
      'accelerators.json',
      JSON.stringify({
        H20: { usdPerHour: 1.6 },
        MyChip: { peakFlops: { bf16: 4e14 }, bandwidth: 3e12, usdPerHour: 1 },
      }),
    );
    const cost = (...extra: string[]) =>
      json(['analyze', STEP3, '--context', '8K', ...extra]).models[0]?.cost ?? [];
    const twice = cost('--target', 'H20,MyChip', '--accelerators', accelerators);
    assert.deepEqual(
      twice.map((c) => c.target),
      ['H20', 'MyChip'],
    );
    assert.ok(
      Math.abs((twice[0]?.totalUsdPer1M ?? 0) / (cost('--target', 'H20')[0]?.totalUsdPer1M ?? 1) - 2) < 1e-12,
    );
  });
  it('shows no cost without a price, and says so', () => {
    const { out, code } = run(['analyze', STEP3, '--target', 'B300']);
    assert.match(out, /B300\s+no price/);
    assert.equal(code, 0);
  });
  it('compares files and catalog models, in text and Markdown', () => {
    const { out, code } = run(['compare', STEP3, 'deepseek-v3', '--accounting', 'step3-paper']);
    assert.equal(code, 0);
    assert.match(out, /step-3 .* 0\.055 +H20\+H800/);
    assert.match(out, /DeepSeek-V3 .* 0\.068 /);
    assert.match(run(['compare', STEP3, '--format', 'markdown']).out, /\| model +\| parameters/);
  });
  it('does what README shows', () => {
    const root = path.resolve(__dirname, '../..');
    const readme = readFileSync(path.join(root, 'README.md'), 'utf8');
    const [, command, shown] = /\$ node dist\/cli\.js (.*)\n([\s\S]*?)```/.exec(readme) ?? [];
    assert.ok(command && shown);
    const { stdout } = spawnSync(process.execPath, [CLI, ...command.split(' ')], {
      cwd: root,
      encoding: 'utf8',
    });
    assert.ok(stdout.startsWith(shown), stdout);
  });
  it('lists the catalog with sources', () => {
    const { out } = run(['catalog']);
    assert.equal(
      out.split('\n').filter((line) => line.includes('arXiv') || line.includes('huggingface.co')).length,
      9,
    );
  });

  const findings: readonly (readonly [string, string, RegExp])[] = [
    ['empty', '', /file\/empty/],
    ['an array', '[1]', /file\/not-a-config/],
    ['other JSON', '{"name": "x"}', /file\/not-a-config/],
    ['broken JSON', '{"model_type": "llama", ', /json\/syntax/],
    [
      'a negative layer count',
      readFileSync(STEP3, 'utf8').replace('"num_hidden_layers": 61', '"num_hidden_layers": -61'),
      /:\d+:\d+: error schema\/minimum/,
    ],
    [
      '1e400',
      readFileSync(STEP3, 'utf8').replace('"hidden_size": 7168', '"hidden_size": 1e400'),
      /json\/overflow/,
    ],
    [
      '20 MB of junk in a string',
      `{"model_type": "llama", "hidden_size": "${'x'.repeat(3_000_000)}"}`,
      /whole number/,
    ],
  ];
  for (const [name, text, expected] of findings)
    it(`exit code 1: ${name}`, () => {
      const { out, code } = run(['analyze', file('bad.json', text)]);
      assert.equal(code, 1);
      assert.match(out, expected);
    });
  it('exit code 0 for warnings alone', () => {
    const { out, code } = run([
      'analyze',
      file('comment.json', readFileSync(STEP3, 'utf8').replace('{', '{ // draft')),
    ]);
    assert.equal(code, 0);
    assert.match(out, /warning json\/comment/);
  });

  const usage: readonly (readonly [string, readonly string[]])[] = [
    ['no command', []],
    ['an unknown command', ['frobnicate']],
    ['an unknown option', ['analyze', STEP3, '--frobnicate']],
    ['a file that is not there', ['analyze', 'nowhere.json']],
    ['a folder', ['analyze', EXAMPLES]],
    ['an unknown target', ['analyze', STEP3, '--target', 'H9000']],
    ['an unknown accounting', ['analyze', STEP3, '--accounting', 'creative']],
    ['a context that is none', ['analyze', STEP3, '--context', '-5']],
    ['a context of nothing', ['analyze', STEP3, '--context', '']],
    ['an unknown catalog model', ['compare', 'GPT-9']],
    ['no file', ['analyze']],
  ];
  for (const [name, args] of usage)
    it(`exit code 2, said on standard error: ${name}`, () => {
      const { err, out, code } = run(args);
      assert.equal(code, 2);
      assert.notEqual(err, '');
      assert.equal(out, '');
    });
  it('refuses 20 MB on standard input with exit code 2', () => {
    const { err, code } = run(['analyze', '-'], ' '.repeat(20_000_000));
    assert.equal(code, 2);
    assert.match(err, /larger than/);
  });
  it('refuses a 20 MB file with exit code 2', () => {
    const { err, code } = run([
      'analyze',
      file('big.json', `{"model_type": "llama", "x": "${'x'.repeat(20_000_000)}"}`),
    ]);
    assert.equal(code, 2);
    assert.match(err, /larger than/);
  });
  it('prints no control characters of a config’s strings', () => {
    const { out } = run([
      'analyze',
      file('evil.json', '{"model_type": "\\u001b[2Jlla\\u0007ma", "hidden_size": 1}'),
    ]);

    assert.doesNotMatch(out, /[\u0000-\u0009\u000b-\u001f]/);
  });

  it('tells what fits', () => {
    const { out } = run(['analyze', STEP3, '--target', 'H800,H200', '--context', '8K']);
    assert.match(
      out,
      /^ {2}fits +weights \d+ GB \(FP8\) on 8 GPUs; largest batch at 8K H800 \d[\d,]*, H200 \d[\d,]*$/m,
    );
  });

  it('takes how the model is to be served', () => {
    const degrees = [
      '--tensor-parallel',
      '4',
      '--expert-parallel',
      '32',
      '--gpus-per-server',
      '4',
      '--tpot',
      '20',
    ];
    assert.deepEqual(json(['analyze', STEP3, ...degrees]).models[0]?.options.serving, {
      tensorParallel: 4,
      expertParallel: 32,
      gpusPerServer: 4,
      tpotMs: 20,
      pipelineStages: 3,
    });
    const wrong = run(['analyze', STEP3, '--tensor-parallel', 'x']);
    assert.equal(wrong.code, 2);
    assert.match(wrong.err, /serving\.tensorParallel must be a whole number/);
  });
});
