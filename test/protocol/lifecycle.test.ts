import assert from 'node:assert/strict';
import { ErrorCodes, type ResponseError } from 'vscode-languageserver/node';
import { CATALOG_REQUEST, COMPARE_REQUEST, type CatalogResult, type CompareResult } from '../../src/protocol';
import { TestClient } from './client';
import { QWEN } from './texts';

const uri = 'file:///lifecycle/config.json';
const hover = { textDocument: { uri }, position: { line: 1, character: 4 } };

const codeOf = (request: Promise<unknown>): Promise<number | null> =>
  request.then(
    () => null,
    (error: unknown) => (error as ResponseError).code,
  );

describe('life of the server', () => {
  it('answers nothing before it is initialized', async () => {
    const client = TestClient.uninitialized();
    for (const method of ['textDocument/hover', COMPARE_REQUEST])
      assert.equal(await codeOf(client.request(method, hover)), ErrorCodes.ServerNotInitialized, method);
    await client.initialize();
    assert.equal(await codeOf(client.request('textDocument/hover', hover)), null);
    await client.stop();
  });

  it('answers nothing once it is shut down', async () => {
    const client = await TestClient.inBand();
    await client.open(uri, QWEN);
    assert.ok(await client.request('textDocument/hover', hover));
    await client.connection.sendRequest('shutdown');
    for (const method of ['textDocument/hover', COMPARE_REQUEST])
      assert.equal(await codeOf(client.request(method, hover)), ErrorCodes.InvalidRequest, method);
    client.connection.dispose();
  });

  it('takes requests without parameters where none have to be given', async () => {
    const client = await TestClient.inBand();
    const { models } = await client.connection.sendRequest<CatalogResult>(CATALOG_REQUEST);
    assert.ok(models.length > 0);
    const compared = await client.connection.sendRequest<CompareResult>(COMPARE_REQUEST);
    assert.equal(compared.models.length, models.length);
    await client.stop();
  });
});
