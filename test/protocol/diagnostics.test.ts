import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import {
  DiagnosticTag,
  type Diagnostic,
  type DocumentDiagnosticReport,
  type FullDocumentDiagnosticReport,
} from 'vscode-languageserver/node';
import { FULL_CLIENT, PUSH_CLIENT, TestClient } from './client';
import { at, plain, QWEN } from './texts';

const WRONG = QWEN.replace('"num_key_value_heads": 8', '"num_key_value_heads": -8');

describe('diagnostics', () => {
  let client: TestClient;
  const start = async (...args: Parameters<typeof TestClient.inBand>) => {
    client = await TestClient.inBand(...args);
  };
  afterEach(async () => {
    assert.deepEqual(client.errors, []);
    await client.stop();
  });
  const pull = (uri: string, previousResultId?: string) =>
    client.request<DocumentDiagnosticReport>('textDocument/diagnostic', {
      textDocument: { uri },
      ...(previousResultId === undefined ? {} : { previousResultId }),
    });
  const full = (report: DocumentDiagnosticReport): FullDocumentDiagnosticReport => {
    assert.equal(report.kind, 'full');
    return report;
  };

  it('are pulled by a client that can, and then never pushed', async () => {
    await start();
    assert.deepEqual(client.initializeResult?.capabilities.diagnosticProvider, {
      identifier: 'decode-lens',
      interFileDependencies: false,
      workspaceDiagnostics: false,
    });
    const uri = 'file:///pull/config.json';
    await client.open(uri, WRONG);
    const { items, resultId } = full(await pull(uri));
    const [found] = items;
    assert.deepEqual(found?.range.start, at(WRONG, '-8'));
    assert.equal(found.code, 'schema/minimum');
    const page = /^https:.*\/(docs\/rules\/schema\/minimum\.md)$/.exec(found.codeDescription?.href ?? '');
    assert.ok(existsSync(path.resolve(__dirname, '../..', page?.[1] ?? 'none')));
    assert.ok(resultId);
    assert.deepEqual(await pull(uri, resultId), { kind: 'unchanged', resultId });
    await client.change(uri, 2, QWEN);
    assert.ok(full(await pull(uri, resultId)).items.every(({ code }) => code !== 'schema/minimum'));
    await client.until(() => client.heard.includes('decodeLens/analyzed'));
    assert.equal(client.hasDiagnostics(uri), false);
  });

  it('fade keys that change nothing, for clients that can', async () => {
    const text = QWEN.replace('"hidden_size"', '"moe_intermediate_size": 1536, "hidden_size"');
    const dead = (items: readonly Diagnostic[]) => items.find(({ code }) => code === 'shape/dead-key');
    for (const [capabilities, tags] of [
      [FULL_CLIENT, [DiagnosticTag.Unnecessary]],
      [{ textDocument: { diagnostic: {} } }, undefined],
    ] as const) {
      await start(capabilities);
      await client.open('file:///faded/config.json', text);
      const { items } = full(await pull('file:///faded/config.json'));
      assert.deepEqual(dead(items)?.tags, tags);
      assert.ok(items.every(({ code, tags: others }) => code === 'shape/dead-key' || others === undefined));
      if (tags !== undefined) await client.stop();
    }
  });

  it('follow settings: the client is told to ask again, and the old result is none', async () => {
    await start();
    const uri = 'file:///settings/config.json';
    await client.open(uri, QWEN.replace('"head_dim"', '"heda_dim"') + ' '.repeat(1024));
    const { items, resultId } = full(await pull(uri));
    assert.ok(items.some(({ code }) => code === 'schema/unknown-key'));
    client.configuration = { maxFileSizeKB: 1 };
    await client.connection.sendNotification('workspace/didChangeConfiguration', { settings: null });
    await client.until(() => client.heard.includes('workspace/diagnostic/refresh'));
    assert.deepEqual(
      full(await pull(uri, resultId)).items.map(({ code }) => code),
      ['file/too-large'],
    );
  });

  it('are new for a document that was closed and opened again with another text of the same version', async () => {
    await start();
    const uri = 'file:///again/config.json';
    await client.open(uri, QWEN);
    const { resultId } = full(await pull(uri));
    await client.connection.sendNotification('textDocument/didClose', { textDocument: { uri } });
    await client.open(uri, WRONG);
    assert.ok(full(await pull(uri, resultId)).items.some(({ code }) => code === 'schema/minimum'));
  });

  it('have none for other JSON, for an unknown document, and after closing', async () => {
    await start();
    const uri = 'file:///other/package.json';
    assert.deepEqual(full(await pull(uri)).items, []);
    await client.open(uri, '{ "name": "x" }');
    assert.deepEqual(full(await pull(uri)).items, []);
    await client.connection.sendNotification('textDocument/didClose', { textDocument: { uri } });
    assert.deepEqual(full(await pull(uri)).items, []);
  });

  for (const [what, capabilities] of [
    ['a client that does not ask', PUSH_CLIENT],
    ['a client that says nothing of itself', {}],
  ] as const)
    it(`are pushed to ${what}, and cleared on closing`, async () => {
      await start(capabilities);
      assert.equal(client.initializeResult?.capabilities.diagnosticProvider, undefined);
      const uri = 'file:///push/config.json';
      await client.open(uri, WRONG);
      const [found] = await client.diagnostics(uri, (list) => list.length > 0);
      assert.match(plain(found?.message), /at least 1/);
      await client.connection.sendNotification('textDocument/didClose', { textDocument: { uri } });
      await client.diagnostics(uri, (list) => list.length === 0);
    });

  it('carry their fixes for the version they are of', async () => {
    await start(FULL_CLIENT);
    const uri = 'file:///data/config.json';
    await client.open(uri, QWEN.replace('"head_dim"', '"heda_dim"'));
    const found = full(await pull(uri)).items.find(({ code }) => code === 'schema/unknown-key');
    assert.deepEqual(found?.data, {
      version: 1,
      fixes: [
        {
          title: 'Rename to "head_dim"',
          edits: [{ path: ['heda_dim'], rename: 'head_dim' }],
          isPreferred: true,
        },
      ],
    });
  });

  it('leave syntax errors to a client that marks them itself', async () => {
    const text = '{ "model_type": "llama", "num_hidden_layers": -1, "hidden_size": }';
    const uri = 'file:///syntax/config.json';
    const codes = async () => full(await pull(uri)).items.map(({ code }) => code);
    await start();
    await client.open(uri, text);
    assert.ok((await codes()).includes('json/syntax'));
    await client.stop();
    await start(FULL_CLIENT, { reportsSyntax: true });
    await client.open(uri, text);
    const others = await codes();
    assert.ok(others.length > 0 && !others.includes('json/syntax'), others.join());
  });
});
