import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  COMPARE_REQUEST,
  PLACE_REQUEST,
  READ_FILE_REQUEST,
  TEXT_CHANGE_REQUEST,
  VIEW_REQUEST,
  type CompareResult,
  type PlaceResult,
  type SensitivityData,
  type TextChangeResult,
} from '../../src/protocol';
import { TestClient } from './client';

const TEXT = readFileSync(path.resolve(__dirname, '../../examples/qwen3-32b/config.json'), 'utf8');

describe('language server, for the panel', () => {
  let client: TestClient;
  let folder: string;
  before(async () => {
    client = await TestClient.inBand(undefined, { readsFiles: true });
    folder = mkdtempSync(path.join(tmpdir(), 'decode-lens-'));
  });
  after(async () => {
    rmSync(folder, { recursive: true });
    await client.stop();
  });
  const fileOf = (name: string, text: string) => {
    const file = path.join(folder, name);
    writeFileSync(file, text);
    return pathToFileURL(file).href;
  };
  const compared = async (uris: readonly string[], activeUri?: string) => {
    const { models } = await client.request<CompareResult>(COMPARE_REQUEST, { uris, activeUri });
    return models
      .filter(({ origin }) => origin !== 'catalog')
      .map(({ id, origin, active, label, analysis }) => ({
        id,
        origin,
        active,
        label,
        kv: analysis.kv?.bytesPerToken,
      }));
  };

  it('compares configs that are not open as their files are, and open ones as their editors are', async () => {
    const uri = fileOf('closed.json', TEXT);
    const closed = { id: uri, origin: 'workspace', active: true, label: 'closed', kv: 131_072 };
    assert.deepEqual(await compared([uri, uri], uri), [closed]);
    writeFileSync(
      path.join(folder, 'closed.json'),
      TEXT.replace('"num_hidden_layers": 64', '"num_hidden_layers": 32'),
    );
    assert.deepEqual(await compared([uri], uri), [{ ...closed, kv: 65_536 }]);
    await client.open(uri, TEXT);
    assert.deepEqual(await compared([uri], uri), [{ ...closed, origin: 'document' }]);
    await client.connection.sendNotification('textDocument/didClose', { textDocument: { uri } });
    assert.deepEqual(await compared([uri]), [{ ...closed, active: false, kv: 65_536 }]);
  });

  it('leaves out what is no config, what is not there, and what is no URI', async () => {
    const plain = fileOf('plain.json', '{ "name": "no model" }');
    const gone = pathToFileURL(path.join(folder, 'gone.json')).href;
    assert.deepEqual(await compared([plain, gone, '', 'no uri', 7 as unknown as string]), []);
    assert.deepEqual(await compared('x' as unknown as string[]), []);
  });

  it('asks the client for files that it can not reach', async () => {
    client.connection.onRequest(READ_FILE_REQUEST, ({ uri }: { uri: string }) => ({
      text: uri === 'vscode-vfs://github/a/b/config.json' ? TEXT : null,
    }));
    const uri = 'vscode-vfs://github/a/b/config.json';
    assert.deepEqual(
      (await compared([uri])).map(({ id, label }) => [id, label]),
      [[uri, 'b']],
    );
  });

  it('answers views about a config that is not open', async () => {
    const uri = fileOf('viewed.json', TEXT);
    const data = await client.request<SensitivityData | null>(VIEW_REQUEST, {
      uris: [uri],
      method: 'sensitivity',
      params: { id: uri, context: 8192 },
    });
    const heads = data?.fields.find(({ path: at }) => at.join() === 'num_key_value_heads');
    assert.deepEqual(
      heads?.steps.map(({ to }) => to),
      [4, 16],
    );
    assert.equal(heads.steps[0]?.change.kvBytesPerToken, -0.5 * (data?.now.kvBytesPerToken ?? NaN));
    await assert.rejects(
      client.request(VIEW_REQUEST, { uris: [uri], method: 'sensitivity', params: { id: uri, context: 7 } }),
      /context must be one of/,
    );
  });

  it('turns edits into one change of the text, and finds places', async () => {
    const uri = 'file:///panel/config.json';
    const edits = [{ path: ['num_key_value_heads'], value: 4 }];
    await assert.rejects(client.request(TEXT_CHANGE_REQUEST, { uri, edits }), /not open/);
    await client.open(uri, '{\n  "hidden_size": 64,\n  "num_key_value_heads": 8\n}\n');
    const range = { start: { line: 2, character: 25 }, end: { line: 2, character: 26 } };
    assert.deepEqual(await client.request<TextChangeResult>(TEXT_CHANGE_REQUEST, { uri, edits }), {
      version: 1,
      range,
      newText: '4',
    });
    const same = [{ path: ['num_key_value_heads'], value: 8 }];
    assert.equal(await client.request(TEXT_CHANGE_REQUEST, { uri, edits: same }), null);
    const place = (at: readonly string[]) => client.request<PlaceResult>(PLACE_REQUEST, { uri, path: at });
    assert.deepEqual(await place(['num_key_value_heads']), { range });
    assert.equal(await place(['rope_theta']), null);
  });
});
