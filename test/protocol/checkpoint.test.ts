import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Diagnostic, Hover, MarkupContent } from 'vscode-languageserver/node';
import { TestClient } from './client';

/** Qwen3-32B: its own model.safetensors.index.json says 65,524,246,528 bytes. */
const CONFIG = readFileSync(path.resolve(__dirname, '../../examples/qwen3-32b/config.json'), 'utf8');
const BYTES = 65_524_246_528;
const FILES = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'];
const index = (total_size: number) =>
  JSON.stringify({ metadata: { total_size }, weight_map: { a: FILES[0], b: FILES[1] } });

describe('language server, beside a checkpoint', () => {
  let client: TestClient;
  let folder: string;
  before(async () => {
    client = await TestClient.start();
  });
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'decode-lens-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });
  after(async () => {
    assert.deepEqual(client.errors, []);
    assert.equal(await client.stop(), 0);
  });

  const writeIndex = (bytes: number) => {
    writeFileSync(path.join(folder, 'model.safetensors.index.json'), index(bytes));
  };
  const open = async (text = CONFIG) => {
    const uri = pathToFileURL(path.join(folder, 'config.json')).href;
    await client.open(uri, text);
    return uri;
  };
  const save = (uri: string) =>
    client.connection.sendNotification('textDocument/didSave', { textDocument: { uri } });
  /** Messages are plain strings here; the protocol allows more. */
  const messageOf = (found: Diagnostic | undefined) =>
    typeof found?.message === 'string' ? found.message : '';
  const codes = (diagnostics: readonly Diagnostic[]) => diagnostics.map(({ code }) => code);
  const overview = async (uri: string) => {
    const line = CONFIG.split('\n').findIndex((text) => text.includes('"model_type"'));
    const position = { line, character: 6 };
    const hover = await client.request<Hover | null>('textDocument/hover', {
      textDocument: { uri },
      position,
    });
    return (hover?.contents as MarkupContent | undefined)?.value ?? '';
  };

  it('finds nothing where both agree, and says so on hover', async () => {
    writeIndex(BYTES);
    const uri = await open();
    for (;;) if ((await overview(uri)).includes('agrees to the byte')) break;
    // What was never marked need not be cleared.
    assert.ok(!client.hasDiagnostics(uri) || (await client.diagnostics(uri)).length === 0);
  });
  it('says where they differ after opening, and again when the file has changed and the config is saved', async () => {
    writeIndex(BYTES - 1024);
    const uri = await open();
    const [found] = await client.diagnostics(uri, (list) => list.length > 0);
    assert.equal(found?.code, 'checkpoint/size');
    assert.equal(found.severity, 2);
    writeIndex(BYTES * 2);
    await save(uri);
    const [explained] = await client.diagnostics(uri, (list) => list[0]?.severity === 3);
    assert.match(messageOf(explained), /4 bytes for every weight/);
    writeIndex(BYTES);
    await save(uri);
    await client.diagnostics(uri, (list) => list.length === 0);
  });
  it('says that a file is missing', async () => {
    writeIndex(BYTES);
    writeFileSync(path.join(folder, FILES[0] ?? ''), '');
    const uri = await open();
    const [found] = await client.diagnostics(uri, (list) => list.length > 0);
    assert.match(
      messageOf(found),
      /^The checkpoint is not whole: model-00002-of-00002\.safetensors is not there\.$/,
    );
  });
  it('holds what is typed against it', async () => {
    writeIndex(BYTES);
    const uri = await open();
    for (;;) if ((await overview(uri)).includes('agrees to the byte')) break;
    await client.change(uri, 2, CONFIG.replace('"num_hidden_layers": 64', '"num_hidden_layers": 63'));
    assert.deepEqual(codes(await client.diagnostics(uri, (list) => list.length > 0)), ['checkpoint/size']);
    await client.change(uri, 3, CONFIG);
    await client.diagnostics(uri, (list) => list.length === 0);
  });
  it('is not put off by an index that is none, or by none at all', async () => {
    writeFileSync(path.join(folder, 'model.safetensors.index.json'), '{"metadata": {"total_size": "many"}');
    const uri = await open();
    await save(uri);
    assert.match(await overview(uri), /32\.8B/);
    const untitled = 'untitled:config.json';
    await client.open(untitled, CONFIG);
    assert.match(await overview(untitled), /32\.8B/);
    assert.ok(!client.hasDiagnostics(uri) || (await client.diagnostics(uri)).length === 0);
  });
});
