import assert from 'node:assert/strict';
import type { CompletionItem, TextEdit } from 'vscode-languageserver/node';
import { FULL_CLIENT, TestClient } from './client';
import { at } from './texts';

const uri = 'file:///typing/config.json';
const TEXT = '{\n  "model_type": "llama",\n  "hidden_size": 4096\n  "voc"\n}';

describe('completion over the protocol', () => {
  for (const [what, capabilities, newText] of [
    ['with snippets', FULL_CLIENT, '"vocab_size": ${1:32000}'],
    ['in plain text', {}, '"vocab_size": 32000'],
  ] as const)
    it(what, async () => {
      const client = await TestClient.inBand(capabilities);
      await client.open(uri, TEXT);
      const position = at(TEXT, '"voc', true);
      const ask = () =>
        client.request<CompletionItem[]>('textDocument/completion', { textDocument: { uri }, position });
      const item = (await ask()).find(({ label }) => label === 'vocab_size');
      assert.deepEqual(item?.textEdit, {
        range: { start: at(TEXT, '"voc"'), end: at(TEXT, '"voc"', true) },
        newText,
      });
      const place = at(TEXT, '4096', true);
      assert.deepEqual(item.additionalTextEdits, [
        { range: { start: place, end: place }, newText: ',' },
      ] satisfies TextEdit[]);
      assert.equal(typeof item.documentation, capabilities === FULL_CLIENT ? 'object' : 'string');
      await client.open('file:///typing/package.json', '{ "name": "x",  }');
      assert.deepEqual(
        await client.request('textDocument/completion', {
          textDocument: { uri: 'file:///typing/package.json' },
          position: { line: 0, character: 15 },
        }),
        [],
      );
      assert.deepEqual(client.errors, []);
      await client.stop();
    });
});
