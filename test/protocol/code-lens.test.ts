import assert from 'node:assert/strict';
import type { CodeLens } from 'vscode-languageserver/node';
import { FULL_CLIENT, TestClient } from './client';
import { QWEN } from './texts';

const uri = 'file:///lens/config.json';

describe('code lens', () => {
  let client: TestClient;
  const start = async (...args: Parameters<typeof TestClient.inBand>) => {
    client = await TestClient.inBand(...args);
    await client.open(uri, QWEN);
  };
  afterEach(async () => {
    assert.deepEqual(client.errors, []);
    await client.stop();
  });
  const lenses = () => client.request<CodeLens[]>('textDocument/codeLens', { textDocument: { uri } });
  const titles = async () => (await lenses()).map(({ command }) => command?.title);
  const committed = (text: string | null) =>
    client.connection.sendNotification('decodeLens/committed', { uri, text });

  it('sums the config up at the top, as text for a client without commands', async () => {
    await start();
    const [lens, ...others] = await lenses();
    assert.deepEqual(others, []);
    assert.equal(lens?.range.start.line, 0);
    assert.match(
      lens.command?.title ?? '',
      /^KV 131 kB\/token at FP8 \| 32\.8B parameters, 32B activated \| \$\/1M at 8K: H800/,
    );
    assert.equal(lens.command?.command, '');
  });

  it('opens the panel where the client has the command', async () => {
    await start(FULL_CLIENT, { commands: true });
    const [lens] = await lenses();
    assert.equal(lens?.command?.command, 'decodeLens.compareModels');
    assert.deepEqual(lens.command.arguments, [uri]);
  });

  it('says how the config stands against the committed one, while there is one', async () => {
    await start();
    await committed(QWEN);
    await client.until(() => client.heard.includes('workspace/codeLens/refresh'));
    assert.equal((await titles()).length, 1, 'nothing has changed');
    await client.change(uri, 2, QWEN.replace('"num_key_value_heads": 8', '"num_key_value_heads": 4'));
    assert.match(
      (await titles())[1] ?? '',
      /^Since the last commit: KV 131 kB → 65\.5 kB \(-50%\), parameters/,
    );
    await committed('not JSON');
    assert.equal((await titles()).length, 1);
    await committed(null);
    assert.equal((await titles()).length, 1);
  });

  it('has its own toggle, and none for what can’t be read', async () => {
    await start();
    client.configuration = { codeLens: { enabled: false } };
    await client.connection.sendNotification('workspace/didChangeConfiguration', { settings: null });
    assert.deepEqual(await lenses(), []);
    client.configuration = {};
    await client.connection.sendNotification('workspace/didChangeConfiguration', { settings: null });
    await client.change(uri, 2, QWEN.replace('"hidden_size": 5120', '"hidden_size": -1'));
    assert.deepEqual(await lenses(), []);
  });
});
