import assert from 'node:assert/strict';
import type { Connection } from 'vscode-languageserver/node';
import { IDENTIFY_REQUEST, READ_FILE_REQUEST, type IdentifyResult } from '../../src/protocol';
import { Guard } from '../../src/server/guard';
import { WorkspaceFiles } from '../../src/server/workspace-files';
import * as service from '../../src/service';
import { FULL_CLIENT, TestClient } from './client';
import { QWEN } from './texts';

const ROOT = 'vscode-vfs://github/owner/repository';
const CONFIG = `${ROOT}/models/a/config.json`;
const FILE = '{"contexts": [4096], "budgets": [{"files": "models/**", "totalParameters": 1e9}]}';

describe('a workspace that only the client can read', () => {
  /** Answers from these files, or fails where that is all it can do. */
  async function start(files: Readonly<Record<string, string>> | null, readsFiles = true) {
    const client = await TestClient.inBand(FULL_CLIENT, { readsFiles });
    const asked: string[] = [];
    client.connection.onRequest(READ_FILE_REQUEST, ({ uri }: { uri: string }) => {
      asked.push(uri);
      if (!files) throw new Error('offline');
      return { text: files[uri] ?? null };
    });
    await client.open(CONFIG, QWEN);
    const { options } = await client.request<IdentifyResult>(IDENTIFY_REQUEST, { uri: CONFIG });
    assert.deepEqual(client.errors, []);
    await client.stop();
    return { contexts: options?.contexts, asked };
  }
  const { contexts } = service.DEFAULT_SETTINGS.options;

  it('has its decode-lens.json read by the client, the nearest first', async () => {
    const found = await start({ [`${ROOT}/decode-lens.json`]: FILE });
    assert.deepEqual(found.contexts, [4096]);
    assert.deepEqual(
      found.asked.map((uri) => uri.slice(ROOT.length)),
      ['/models/a/decode-lens.json', '/models/decode-lens.json', '/decode-lens.json'],
    );
  });
  it('is analysed with the settings alone where the client has none, fails, or is not to be asked', async () => {
    assert.deepEqual((await start({})).contexts, contexts);
    assert.deepEqual((await start(null)).contexts, contexts);
    assert.deepEqual(await start({ [`${ROOT}/decode-lens.json`]: FILE }, false), { contexts, asked: [] });
  });
  it('may have documents whose URI is none', async () => {
    const client = await TestClient.inBand();
    const uri = 'file:////a/config.json';
    await client.open(uri, QWEN);
    const { isModelConfig } = await client.request<IdentifyResult>(IDENTIFY_REQUEST, { uri });
    assert.ok(isModelConfig);
    await client.stop();
  });
});

describe('workspace files of a virtual file system', () => {
  const files = (text: string | null) =>
    new WorkspaceFiles({
      roots: () => [`${ROOT}/`],
      openText: () => undefined,
      askClient: (uri) => Promise.resolve(uri === `${ROOT}/decode-lens.json` ? text : null),
      loadService: () => Promise.resolve(service),
    });

  it('are found up to the client’s folder; budgets go by paths below the file', async () => {
    const { options, budgets } = await files(FILE).settingsOf(CONFIG, service.DEFAULT_SETTINGS);
    assert.deepEqual(options.contexts, [4096]);
    assert.equal(budgets.length, 1);
    const outside = await files(FILE).settingsOf(`${ROOT}/other/config.json`, service.DEFAULT_SETTINGS);
    assert.equal(outside.budgets.length, 0);
  });
  it('are not read where they are longer than any settings', async () => {
    const long = FILE + ' '.repeat(1 << 20);
    assert.equal(await files(long).settingsOf(CONFIG, service.DEFAULT_SETTINGS), service.DEFAULT_SETTINGS);
  });
});

describe('what runs in the background', () => {
  it('survives that it fails at once, and that nobody can be told', async () => {
    const fail = () => {
      throw new Error('the connection is closed');
    };
    new Guard({ console: { error: fail } } as unknown as Connection).background('test', fail);
    await new Promise((resolve) => setImmediate(resolve));
  });
});
