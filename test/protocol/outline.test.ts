import assert from 'node:assert/strict';
import type { DocumentLink, DocumentSymbol, SymbolInformation } from 'vscode-languageserver/node';
import { FULL_CLIENT, TestClient } from './client';
import { at, QWEN, STEP3 } from './texts';

const uri = 'file:///outline/config.json';

describe('symbols and links', () => {
  let client: TestClient;
  const start = async (text: string, capabilities = FULL_CLIENT) => {
    client = await TestClient.inBand(capabilities);
    await client.open(uri, text);
  };
  afterEach(async () => {
    assert.deepEqual(client.errors, []);
    await client.stop();
  });
  const ask = <T>(what: string) => client.request<T[]>(`textDocument/${what}`, { textDocument: { uri } });

  it('list keys by the module that they decide', async () => {
    await start(STEP3);
    const tree = await ask<DocumentSymbol>('documentSymbol');
    const keysOf = (module: string) =>
      tree.find(({ name }) => name === module)?.children?.map(({ name }) => name) ?? [];
    assert.ok(keysOf('Model').includes('hidden_size') && keysOf('Model').includes('num_hidden_layers'));
    assert.ok(keysOf('Attention').includes('num_attention_groups'));
    assert.ok(keysOf('FFN and MoE').includes('moe_top_k'), keysOf('FFN and MoE').join());
    assert.ok(keysOf('Vision').includes('vision_config'));
    assert.ok(keysOf('Quantization').includes('torch_dtype'));
    for (const { range, selectionRange } of tree)
      assert.ok(range.start.line <= selectionRange.start.line && selectionRange.end.line <= range.end.line);
  });
  it('as a list for clients that know no tree, and whatever can be read of a broken config', async () => {
    await start(QWEN.replace('"hidden_size": 5120', '"hidden_size": '), {});
    const list = await ask<SymbolInformation>('documentSymbol');
    assert.equal(list.find(({ name }) => name === 'num_attention_heads')?.containerName, 'Attention');
  });
  it('lead to the model cards that a config names, and nowhere else', async () => {
    const text = QWEN.replace(
      '{',
      '{ "_name_or_path": "Qwen/Qwen3-32B", "auto_map": {"AutoConfig": "a/b--c.D", "AutoModel": "e.F"},',
    );
    await start(text);
    const [card, code, ...others] = await ask<DocumentLink>('documentLink');
    assert.equal(card?.target, 'https://huggingface.co/Qwen/Qwen3-32B');
    assert.deepEqual(card.range, {
      start: at(text, 'Qwen/Qwen3-32B'),
      end: at(text, 'Qwen/Qwen3-32B', true),
    });
    assert.equal(code?.target, 'https://huggingface.co/a/b');
    assert.deepEqual(others, []);
    await client.change(uri, 2, QWEN.replace('{', '{ "_name_or_path": "/data/models/x",'));
    assert.deepEqual(await ask('documentLink'), []);
  });
});
