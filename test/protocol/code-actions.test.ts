import assert from 'node:assert/strict';
import { TextDocument } from 'vscode-languageserver-textdocument';
import type {
  CodeAction,
  CodeActionContext,
  Command,
  Range,
  TextEdit,
  WorkspaceEdit,
} from 'vscode-languageserver/node';
import { FULL_CLIENT, TestClient } from './client';
import { at, QWEN, WHOLE_FILE } from './texts';

const TYPOS = QWEN.replace('"head_dim"', '"heda_dim"').replace('"vocab_size"', '"vocab_sise"');
const uri = 'file:///actions/config.json';
const onTypo: Range = { start: at(TYPOS, '"heda_dim"'), end: at(TYPOS, '"heda_dim"') };

describe('code actions', () => {
  let client: TestClient;
  const start = async (...args: Parameters<typeof TestClient.inBand>) => {
    client = await TestClient.inBand(...args);
    await client.open(uri, TYPOS);
  };
  afterEach(() => client.stop());
  const ask = (range: Range, context: Partial<CodeActionContext> = {}) =>
    client.request<CodeAction[]>('textDocument/codeAction', {
      textDocument: { uri },
      range,
      context: { diagnostics: [], ...context },
    });
  const resolve = (action: CodeAction | undefined) =>
    client.request<CodeAction>('codeAction/resolve', action);
  const applied = (edits: TextEdit[] | undefined) =>
    TextDocument.applyEdits(TextDocument.create(uri, 'json', 1, TYPOS), edits ?? []);
  /** The text after an edit that names the version it is of. */
  const after = (edit: WorkspaceEdit | undefined) => {
    const [change] = edit?.documentChanges ?? [];
    assert.ok(change && 'textDocument' in change);
    assert.equal(change.textDocument.version, 1);
    return applied(change.edits as TextEdit[]);
  };

  it('mend what is found at the cursor; the edit is asked for when it is picked', async () => {
    await start();
    const actions = await ask(onTypo, { only: ['quickfix'] });
    const rename = actions.find(({ title }) => title === 'Rename to "head_dim"');
    assert.equal(rename?.kind, 'quickfix');
    assert.equal(rename.isPreferred, true);
    assert.equal(rename.edit, undefined);
    assert.deepEqual(
      rename.diagnostics?.map(({ code }) => code),
      ['schema/unknown-key'],
    );
    assert.ok(actions.every(({ title }) => !title.includes('vocab_size')));
    assert.equal(after((await resolve(rename)).edit), TYPOS.replace('"heda_dim"', '"head_dim"'));
    assert.deepEqual(client.errors, []);
  });

  it('silence a finding in the file', async () => {
    await start();
    const ignore = (await ask(onTypo)).find(
      ({ title }) => title === 'Ignore schema/unknown-key in this file',
    );
    assert.equal(ignore?.kind, 'quickfix');
    assert.notEqual(ignore.isPreferred, true);
    const { $decodeLens } = JSON.parse(after((await resolve(ignore)).edit)) as Record<string, unknown>;
    assert.deepEqual($decodeLens, { ignore: ['schema/unknown-key'] });
  });

  it('try neighbouring values of a field that decides cost', async () => {
    await start();
    const place = at(TYPOS, '"num_key_value_heads"');
    const actions = await ask({ start: place, end: place }, { only: ['refactor'] });
    assert.ok(actions.length > 0);
    assert.ok(actions.every(({ kind }) => kind === 'refactor.rewrite.decodeLens'));
    const half = actions.find(({ title }) => title.includes('8 → 4'));
    assert.match(half?.title ?? actions.map(({ title }) => title).join('\n'), /KV -50%/);
    assert.match(after((await resolve(half)).edit), /"num_key_value_heads": 4/);
  });

  it('mend all at once', async () => {
    await start();
    const [all, ...others] = await ask(WHOLE_FILE, { only: ['source.fixAll'] });
    assert.equal(all?.kind, 'source.fixAll.decodeLens');
    assert.deepEqual(others, []);
    assert.equal(after((await resolve(all)).edit), QWEN);
  });

  it('offer kinds that are asked for only, and at a mere move of the cursor only what is wrong there', async () => {
    await start();
    const kinds = async (context: Partial<CodeActionContext>) =>
      new Set((await ask(onTypo, context)).map(({ kind }) => kind));
    assert.deepEqual(await kinds({ only: ['refactor.extract'] }), new Set());
    assert.deepEqual(await kinds({ triggerKind: 2 }), new Set(['quickfix']));
    assert.ok((await kinds({})).has('source.fixAll.decodeLens'));
  });

  it('are refused once the text has changed', async () => {
    await start();
    const [rename] = await ask(onTypo);
    await client.change(uri, 2, QWEN);
    await assert.rejects(resolve(rename), { code: -32801 });
    await assert.rejects(resolve({ title: 'foreign' }), {
      code: -32803,
      message: /no action of this server/,
    });
    assert.deepEqual(await ask(WHOLE_FILE, { only: ['quickfix'] }), []);
  });

  it('come with their edits for a client that can’t ask for them', async () => {
    const codeAction = { codeActionLiteralSupport: { codeActionKind: { valueSet: ['quickfix'] } } };
    await start({ textDocument: { codeAction } });
    const [rename] = await ask(onTypo);
    assert.equal(rename?.data, undefined);
    assert.equal(applied(rename?.edit?.changes?.[uri]), TYPOS.replace('"heda_dim"', '"head_dim"'));
  });

  it('are commands for a client that knows only those, and none where it can’t apply edits either', async () => {
    await start({ workspace: { applyEdit: true } });
    const commands = client.initializeResult?.capabilities.executeCommandProvider?.commands;
    const [command] = (await ask(onTypo)) as unknown as Command[];
    assert.deepEqual(commands, [command?.command]);
    await client.request('workspace/executeCommand', { ...command });
    const [edit] = client.appliedEdits as WorkspaceEdit[];
    assert.equal(applied(edit?.changes?.[uri]), TYPOS.replace('"heda_dim"', '"head_dim"'));
    await client.stop();
    await start({});
    assert.equal(client.initializeResult?.capabilities.codeActionProvider, undefined);
    assert.equal(client.initializeResult?.capabilities.executeCommandProvider, undefined);
    await client.stop();
    await start(FULL_CLIENT);
    assert.equal(client.initializeResult?.capabilities.executeCommandProvider, undefined);
  });
});
