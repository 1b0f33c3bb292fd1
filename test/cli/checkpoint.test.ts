import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { analysis as validateReport } from '#validators';
import type { AnalysisReport, ModelAnalysis } from '../../src/protocol';

const CLI = path.resolve(__dirname, '../../dist/cli.js');
const EXAMPLE = path.resolve(__dirname, '../../examples/qwen3-32b/config.json');
/** Its own model.safetensors.index.json says so. */
const BYTES = 65_524_246_528;

describe('command line, beside a checkpoint', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'decode-lens-'));
    cpSync(EXAMPLE, path.join(folder, 'config.json'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const writeIndex = (total_size: unknown) => {
    const text = JSON.stringify({ metadata: { total_size }, weight_map: { a: 'a.safetensors' } });
    writeFileSync(path.join(folder, 'model.safetensors.index.json'), text);
  };
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [CLI, 'analyze', path.join(folder, 'config.json'), ...args], {
      encoding: 'utf8',
    });
  const analyze = (): { code: number | null; model: ModelAnalysis } => {
    const { stdout, status } = run('--format', 'json');
    const report = JSON.parse(stdout) as AnalysisReport;
    assert.ok(validateReport(report), JSON.stringify(validateReport.errors));
    const [model] = report.models;
    assert.ok(model);
    return { code: status, model };
  };

  it('agrees to the byte', () => {
    writeIndex(BYTES);
    const { model, code } = analyze();
    assert.equal(code, 0);
    assert.deepEqual(model.findings, []);
    assert.deepEqual(model.checkpoint, {
      file: 'model.safetensors.index.json',
      bytes: BYTES,
      expectedBytes: BYTES,
    });
    assert.match(run().stdout, /model\.safetensors\.index\.json agrees to the byte/);
  });
  it('differs, with a reason or without', () => {
    writeIndex(2 * BYTES);
    const explained = analyze();
    assert.deepEqual(
      explained.model.findings.map(({ code, severity }) => [code, severity]),
      [['checkpoint/size', 'information']],
    );
    assert.equal(explained.code, 0);
    writeIndex(BYTES + 2);
    assert.deepEqual(
      analyze().model.findings.map(({ code, severity }) => [code, severity]),
      [['checkpoint/size', 'warning']],
    );
  });
  it('none, or none that can be read', () => {
    assert.equal(analyze().model.checkpoint, null);
    writeIndex('many');
    assert.equal(analyze().model.checkpoint, null);
    assert.deepEqual(analyze().model.findings, []);
  });
});
