/** What a config's user is told and offered, as VS Code hands it on. */
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import {
  actions,
  diagnostics,
  errors,
  hover,
  lenses,
  open,
  rangeOf,
  replace,
  replaceAll,
  until,
  withSettings,
} from './editor';

describe('advice', () => {
  let config: vscode.TextDocument;
  let original: string;
  before(async () => {
    config = await open('qwen3-235b-a22b', 'config.json');
    original = config.getText();
  });
  afterEach(async () => {
    if (config.getText() !== original) await replaceAll(config, original);
  });
  const lens = async () => (await lenses(config)).map(({ command }) => command?.title ?? '').join('\n');

  it('links a finding to the page of its code', async () => {
    await replace(config, '"num_hidden_layers": 94', '"num_hidden_layers": -94');
    const [first] = await until(
      'an error',
      () => errors(config),
      (found) => found.length > 0,
    );
    assert.ok(typeof first?.code === 'object');
    assert.equal(first.code.value, 'schema/minimum');
    assert.match(first.code.target.path, /docs\/rules\/schema\/minimum\.md$/);
  });

  it('offers what neighbouring values would bring, and applies one', async () => {
    const found = await until(
      'an action',
      () => actions(config, rangeOf(config, '"num_key_value_heads"')),
      (list) => list.some(({ title }) => title.includes('num_key_value_heads')),
    );
    const chosen = found.find(({ title }) => title.startsWith('num_key_value_heads 4 → 2:'));
    assert.match(chosen?.title ?? '', /KV -50%/);
    assert.ok(chosen?.edit, `no edit: ${JSON.stringify(chosen)}`);
    assert.ok(await vscode.workspace.applyEdit(chosen.edit));
    assert.equal(config.getText(), original.replace('"num_key_value_heads": 4', '"num_key_value_heads": 2'));
  });

  it('shows the same as a table on hover', async () => {
    const text = await until(
      'a hover',
      () => hover(config, '"num_key_value_heads"'),
      (shown) => shown.includes('KV'),
    );
    assert.match(text, /\| 2 .*\|.*-50%/);
  });

  it('has a switch for lenses', async () => {
    assert.match(await until('a lens', lens), /KV .*\/token/);
    await withSettings({ 'codeLens.enabled': false }, () =>
      until('no lens', lens, (title) => title === '').then(() => undefined),
    );
    await until('a lens again', lens);
  });

  it('has three degrees of hovers', async () => {
    const text = () => hover(config, '"num_key_value_heads"');
    const full = await until('a hover', text);
    await withSettings({ 'hover.detail': 'compact' }, async () => {
      const compact = await until('a shorter hover', text, (shown) => shown.length < full.length);
      assert.match(compact, /KV cache per token/);
    });
    await withSettings({ 'hover.detail': 'off' }, () =>
      until('no hover of ours', text, (shown) => !shown.includes('KV')).then(() => undefined),
    );
  });

  it('gives findings the severity that the settings say', async () => {
    // A misspelled key is a warning.
    await replace(config, '"max_position_embeddings"', '"max_position_embedding"');
    const severities = () =>
      diagnostics(config)
        .filter(({ code }) => typeof code === 'object' && code.value === 'schema/unknown-key')
        .map(({ severity }) => severity);
    await until('a warning', severities, (found) => found.includes(vscode.DiagnosticSeverity.Warning));
    await withSettings({ rules: { 'schema/*': 'information' } }, () =>
      until(
        'information',
        severities,
        (found) => found.length > 0 && !found.includes(vscode.DiagnosticSeverity.Warning),
      ).then(() => undefined),
    );
    await withSettings({ rules: { 'schema/unknown-key': 'off' } }, () =>
      until('nothing', severities, (found) => found.length === 0).then(() => undefined),
    );
  });
});
