import assert from 'node:assert/strict';
import {
  CancellationTokenSource,
  type DocumentDiagnosticReport,
  type Hover,
  type InlayHint,
} from 'vscode-languageserver/node';
import { IDENTIFY_REQUEST, type CompareResult, type IdentifyResult } from '../../src/protocol';
import { FULL_CLIENT, TestClient } from './client';
import { at, plain, QWEN, WHOLE_FILE } from './texts';

describe('a server under load', () => {
  let client: TestClient;
  before(async () => {
    client = await TestClient.inBand(FULL_CLIENT);
  });
  after(async () => {
    await client.stop();
  });
  const hints = (uri: string) =>
    client.request<InlayHint[]>('textDocument/inlayHint', { textDocument: { uri }, range: WHOLE_FILE });
  const heads = (n: number) => QWEN.replace('"num_key_value_heads": 8', `"num_key_value_heads": ${n}`);
  const kv = (list: readonly InlayHint[]) =>
    list.map(({ label }) => plain(label)).find((label) => label.startsWith('KV '));

  it('answers for the last of many edits, and says of those in between that the text has moved on', async () => {
    const uri = 'file:///edits/config.json';
    await client.open(uri, heads(8));
    const answers: Promise<InlayHint[]>[] = [];
    for (let version = 2; version <= 40; version++) {
      await client.change(uri, version, heads(version % 2 === 0 ? 4 : 8));
      answers.push(hints(uri));
    }
    await client.change(uri, 41, heads(4));
    const settled = await Promise.allSettled(answers);
    for (const result of settled)
      if (result.status === 'rejected') assert.equal((result.reason as { code: number }).code, -32801);
    assert.equal(kv(await hints(uri)), 'KV 65.5 kB/token at FP8');
  });

  it('applies incremental edits in their order, several in one message too', async () => {
    const uri = 'file:///increments/config.json';
    await client.open(uri, heads(8));
    const start = at(QWEN, '8,\n');
    const replace = (length: number, text: string) => ({
      range: { start, end: { ...start, character: start.character + length } },
      text,
    });
    await client.connection.sendNotification('textDocument/didChange', {
      textDocument: { uri, version: 2 },
      contentChanges: [replace(1, '16'), replace(2, '2')],
    });
    assert.equal(kv(await hints(uri)), 'KV 32.8 kB/token at FP8');
  });

  it('takes versions that do not grow, and changes of documents that it was never told of', async () => {
    const uri = 'file:///order/config.json';
    await client.change('file:///never/config.json', 3, QWEN);
    await client.open(uri, heads(8));
    await client.change(uri, 9, heads(4));
    await client.change(uri, 7, heads(2));
    assert.equal(kv(await hints(uri)), 'KV 32.8 kB/token at FP8');
    await client.connection.sendNotification('textDocument/didClose', { textDocument: { uri } });
    await client.connection.sendNotification('textDocument/didClose', { textDocument: { uri } });
    assert.deepEqual(await hints(uri), []);
  });

  it('survives storms of cancelled requests', async () => {
    const uri = 'file:///storm/config.json';
    await client.open(uri, heads(8));
    const requests = Array.from({ length: 300 }, (_, i) => {
      const source = new CancellationTokenSource();
      const method = ['hover', 'completion', 'codeAction', 'diagnostic'][i % 4] ?? '';
      const sent = client.connection.sendRequest(
        `textDocument/${method}`,
        {
          textDocument: { uri },
          position: at(QWEN, '"hidden_size"'),
          range: WHOLE_FILE,
          context: { diagnostics: [] },
        },
        source.token,
      );
      source.cancel();
      return sent;
    });
    for (const result of await Promise.allSettled(requests))
      if (result.status === 'rejected') assert.equal((result.reason as { code: number }).code, -32800);
    assert.ok((await hints(uri)).length > 0);
  });

  it('holds 200 open configs, each with its own settings', async () => {
    client.folderConfiguration.set('file:///many/7/', { kvPrecision: 'bf16' });
    const uris = Array.from({ length: 200 }, (_, i) => `file:///many/${i}/config.json`);
    for (const [i, uri] of uris.entries()) await client.open(uri, heads(i % 2 === 0 ? 4 : 8));
    const reports = await Promise.all(
      uris.map((uri) =>
        client.request<DocumentDiagnosticReport>('textDocument/diagnostic', { textDocument: { uri } }),
      ),
    );
    assert.ok(reports.every(({ kind }) => kind === 'full'));
    assert.equal(kv(await hints(uris[6] ?? '')), 'KV 65.5 kB/token at FP8');
    assert.equal(kv(await hints(uris[7] ?? '')), 'KV 262 kB/token at BF16');
    const { models } = await client.request<CompareResult>('decodeLens/compare', { activeUri: uris[0] });
    assert.equal(models.filter(({ id }) => id.startsWith('file:///many/')).length, 200);
  }).timeout(30_000);

  it('logs and answers what goes wrong, and lives on', async () => {
    const before = client.errors.length;
    await assert.rejects(client.request('decodeLens/compare', null), { code: -32803 });
    const uri = 'file:///wrong/config.json';
    await client.open(uri, QWEN);
    assert.equal(await client.request<Hover | null>('textDocument/hover', { textDocument: { uri } }), null);
    await assert.rejects(client.request('textDocument/noSuchThing', {}), { code: -32601 });
    await client.until(() => client.errors.length >= before + 2);
    assert.ok((await client.request<IdentifyResult>(IDENTIFY_REQUEST, { uri })).isModelConfig);
  });
});
