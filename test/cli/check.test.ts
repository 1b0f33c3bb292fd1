import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Ajv from 'ajv';
import type { Log } from 'sarif';
import { check as validateCheck } from '#validators';
import type { CheckReport } from '../../src/protocol';

const CLI = path.resolve(__dirname, '../../dist/cli.js');
const QWEN = readFileSync(path.resolve(__dirname, '../../examples/qwen3-32b/config.json'), 'utf8');
/** The key at which the budget stands, and a note that budgets don't change. */
const WORKSPACE = {
  rules: { 'hardware/*': 'off', 'codesign/*': 'off', 'shape/*': 'off' },
  budgets: [{ files: 'big/**', kvBytesPerToken: 100_000 }],
};

/**
 * The schema of the OASIS standard (sarif-2.1.0-rtm.5), out of Microsoft's package: for draft 4, from which it takes nothing
 * that draft 7 lacks, and with patterns that are not for Unicode mode.
 */
function sarifValidator() {
  const file = require.resolve('@microsoft/jest-sarif/package.json');
  const text = readFileSync(path.join(path.dirname(file), 'lib/schemas/sarif-2.1.0-rtm.5.json'), 'utf8');
  const schema = JSON.parse(text) as Record<string, unknown>;
  assert.match(String(schema.$schema), /draft-04/);
  delete schema.$schema;
  delete schema.id;
  const ajv = new Ajv({ strict: false, unicodeRegExp: false, validateFormats: false });
  return ajv.compile(schema);
}

describe('command line: check', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'decode-lens-'));
    const write = (name: string, text: string) => {
      mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      writeFileSync(path.join(folder, name), text);
    };
    mkdirSync(path.join(folder, '.git'));
    write('decode-lens.json', JSON.stringify(WORKSPACE));
    write('big/a b#ü/config.json', QWEN);
    write('small/config.json', QWEN);
    write('small/draft', QWEN);
    write('node_modules/x/config.json', QWEN);
    write('package.json', '{"name": "x"}');
    write('model.py', '{"hidden_size": hidden, "model_type": "llama"}');
    write('README.md', 'A config has `"model_type": "llama"`, ');
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [CLI, 'check', ...args], {
      cwd: folder,
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    });

  it('finds configs by their content, and holds budgets against those they are for', () => {
    const { stdout, status } = run();
    assert.equal(status, 1);
    const [first, ...others] = stdout.trimEnd().split('\n');
    assert.match(first ?? '', /^big\/a b#ü\/config\.json:\d+:\d+: error budget\/kv-bytes-per-token: /);
    assert.deepEqual(others, ['', '3 model configs: 1 error, 0 warnings, 0 notes.']);
  });
  it('fails as asked for', () => {
    assert.equal(run('small').status, 0);
    assert.equal(run('--fail-on', 'never').status, 0);
    assert.equal(run('small/*.json', '--fail-on', 'warning').status, 0);
    assert.equal(run('nothing').status, 2);
    const typo = run('smal/*.json');
    assert.equal(typo.status, 2, 'a pipeline that checks nothing passes for ever');
    assert.match(typo.stderr, /smal\/\*\.json: no file matches\./);
    assert.equal(run('package.json').status, 2);
  });
  it('reports wrong entries of the workspace file, and goes by the rest', () => {
    const file = path.join(folder, 'small', 'decode-lens.json');
    writeFileSync(
      file,
      '{"targets": ["H9"], "rules": {"hardware/*": "off", "codesign/*": "off", "shape/*": "off"}}',
    );
    const { stdout, status } = run('small');
    rmSync(file);
    assert.equal(status, 1);
    assert.match(stdout, /^small\/decode-lens\.json:1:14: error workspace\/unknown-target: /);
    assert.equal(stdout.trimEnd().split('\n').length, 3);
  });
  it('gives JSON that its schema accepts', () => {
    const report = JSON.parse(run('--format', 'json').stdout) as CheckReport;
    assert.ok(validateCheck(report), JSON.stringify(validateCheck.errors));
    assert.deepEqual(report.summary, { configs: 3, errors: 1, warnings: 0, informations: 0 });
  });
  it('gives a table for a pull request', () => {
    const { stdout } = run('--format', 'markdown');
    assert.match(stdout, /^### big\/a b\\#ü\/config\.json\n\n\| line/);
    assert.match(stdout, /\| error +\| budget\/kv-bytes-per-token \|/);
  });
  it('gives SARIF with places, rules and fixes', () => {
    const log = JSON.parse(run('--format', 'sarif').stdout) as Log;
    assert.equal(log.version, '2.1.0');
    const [run0] = log.runs;
    const [result, ...others] = run0?.results ?? [];
    assert.deepEqual(others, []);
    assert.ok(run0 && result);
    assert.equal(run0.columnKind, 'utf16CodeUnits');
    assert.match(run0.originalUriBaseIds?.['%SRCROOT%']?.uri ?? '', /^file:\/\/\/.*\/$/);
    const rule = run0.tool.driver.rules?.[result.ruleIndex ?? -1];
    assert.equal(rule?.id, result.ruleId);
    assert.equal(rule?.defaultConfiguration?.level, 'error');
    assert.match(rule.help?.markdown ?? '', /^# KV cache per token over budget/);
    const place = result.locations?.[0]?.physicalLocation;
    assert.equal(place?.artifactLocation?.uri, 'big/a%20b%23%C3%BC/config.json');
    const line = QWEN.split('\n').findIndex((text) => text.includes('num_key_value_heads'));
    assert.equal(place.region?.startLine, line + 1);
    assert.equal(
      QWEN.split('\n')[line]?.slice((place.region.startColumn ?? 0) - 1, (place.region.endColumn ?? 0) - 1),
      '8',
    );
    const replacement = result.fixes?.[0]?.artifactChanges[0]?.replacements[0];
    assert.equal(replacement?.insertedContent?.text, '4');
    assert.ok(result.partialFingerprints?.['decodeLens/v1']);
  });
  it('gives SARIF that its published schema accepts', () => {
    const isValid = sarifValidator();
    const examples = path.resolve(__dirname, '../..');
    for (const args of [['.'], [examples, '--fail-on', 'never']]) {
      const log = JSON.parse(run(...args, '--format', 'sarif').stdout) as Log;
      assert.ok(isValid(log), JSON.stringify(isValid.errors));
      assert.equal(isValid({ ...log, version: '2.0.0' }), false);
    }
  });
});
