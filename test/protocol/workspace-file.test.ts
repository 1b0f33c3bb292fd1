import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Diagnostic, Hover, MarkupContent } from 'vscode-languageserver/node';
import { IDENTIFY_REQUEST, type IdentifyResult } from '../../src/protocol';
import { TestClient } from './client';

const CONFIG = readFileSync(path.resolve(__dirname, '../../examples/qwen3-32b/config.json'), 'utf8');

describe('language server, with a decode-lens.json', () => {
  let client: TestClient;
  let folder: string;
  let config: string;
  let workspaceFile: string;
  before(async () => {
    client = await TestClient.start();
  });
  beforeEach(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'decode-lens-'));
    mkdirSync(path.join(folder, '.git'));
    mkdirSync(path.join(folder, 'models', 'a'), { recursive: true });
    config = pathToFileURL(path.join(folder, 'models', 'a', 'config.json')).href;
    workspaceFile = pathToFileURL(path.join(folder, 'decode-lens.json')).href;
    client.configuration = { contexts: [2048], kvPrecision: 'bf16' };
    await client.connection.sendNotification('workspace/didChangeConfiguration', { settings: null });
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });
  after(async () => {
    assert.deepEqual(client.errors, []);
    assert.equal(await client.stop(), 0);
  });

  const write = (value: unknown, ...at: string[]) => {
    writeFileSync(path.join(folder, ...at, 'decode-lens.json'), JSON.stringify(value));
  };
  const options = async () =>
    (await client.request<IdentifyResult>(IDENTIFY_REQUEST, { uri: config })).options;
  /** Waits until the config is analysed at these contexts. */
  const contexts = async (expected: readonly number[]) => {
    for (;;) if (JSON.stringify((await options())?.contexts) === JSON.stringify(expected)) return;
  };

  it('lays it over the client’s settings, the nearest one alone', async () => {
    write({ contexts: [4096], precision: 'bf16' });
    await client.open(config, CONFIG);
    const found = await options();
    assert.deepEqual(found?.contexts, [4096]);
    assert.deepEqual([found.precision, found.kvPrecision], ['bf16', 'bf16']);
    write({ contexts: [1024] }, 'models');
    await client.connection.sendNotification('workspace/didChangeWatchedFiles', {
      changes: [{ uri: workspaceFile.replace('decode-lens', 'models/decode-lens'), type: 1 }],
    });
    await contexts([1024]);
    assert.equal((await options())?.precision, 'fp8');
  });
  it('does not look beyond the repository', async () => {
    write({ contexts: [4096] });
    mkdirSync(path.join(folder, 'models', '.git'));
    await client.open(config, CONFIG);
    await contexts([2048]);
  });
  it('reads it as it is typed, marks what is wrong in it, and goes by the disk again once it is closed', async () => {
    write({ contexts: [4096] });
    await client.open(config, CONFIG);
    await contexts([4096]);
    await client.open(workspaceFile, '{\n  "contexts": [512],\n  "targets": ["H8000"]\n}');
    await contexts([512]);
    const [found] = await client.diagnostics(workspaceFile, (list) => list.length > 0);
    assert.equal(found?.code, 'workspace/unknown-target');
    assert.deepEqual(found.range, { start: { line: 2, character: 14 }, end: { line: 2, character: 21 } });
    await client.change(workspaceFile, 2, '{"contexts": [256]}');
    await contexts([256]);
    await client.diagnostics(workspaceFile, (list) => list.length === 0);
    await client.connection.sendNotification('textDocument/didClose', {
      textDocument: { uri: workspaceFile },
    });
    await contexts([4096]);
  });
  it('gives word of its keys', async () => {
    await client.open(workspaceFile, '{\n  "kvPrecision": "fp8"\n}');
    const hover = await client.request<Hover | null>('textDocument/hover', {
      textDocument: { uri: workspaceFile },
      position: { line: 1, character: 6 },
    });
    const { contents } = hover ?? {};
    const shown = Array.isArray(contents)
      ? JSON.stringify(contents)
      : ((contents as MarkupContent | undefined)?.value ?? '');
    assert.match(shown, /Precision of the KV cache/);
  });
  it('leaves its form to a client that knows the schema', async () => {
    const vscode = await TestClient.start(undefined, { reportsSyntax: true });
    await vscode.open(workspaceFile, '{"targets": [5, "H8000"], "precision": "fp7"');
    const list: readonly Diagnostic[] = await vscode.diagnostics(workspaceFile, (all) => all.length > 0);
    assert.deepEqual(
      list.map(({ code }) => code),
      ['workspace/unknown-target'],
    );
    assert.equal(await vscode.stop(), 0);
  });
});
