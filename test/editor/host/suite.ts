import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import {
  diagnostics,
  errors,
  hasHint,
  hints,
  hover,
  open,
  replace,
  replaceAll,
  until,
  withSettings,
} from './editor';

describe('extension host', () => {
  let config: vscode.TextDocument;
  let original: string;
  before(async () => {
    config = await open('qwen3-32b', 'config.json');
    original = config.getText();
    await vscode.extensions.getExtension('decode-lens.decode-lens')?.activate();
  });
  afterEach(async () => {
    if (config.getText() !== original) await replaceAll(config, original);
  });

  it('registers every command that its manifest declares', async () => {
    const manifest = vscode.extensions.getExtension('decode-lens.decode-lens')?.packageJSON as {
      contributes: { commands: { command: string }[] };
    };
    const registered = new Set(await vscode.commands.getCommands(true));
    for (const { command } of manifest.contributes.commands) assert.ok(registered.has(command), command);
  });

  it('finds nothing wrong with a sound config', async () => {
    await until('the first hints', () => hints(config), hasHint('KV'));
    assert.deepEqual(errors(config), []);
  });

  it('shows KV cache, parameters and cost as inlay hints', async () => {
    const labels = await until('hints', () => hints(config), hasHint('KV'));
    // 2 x 8 heads x 128 x 64 layers at one byte each.
    assert.ok(hasHint('KV 131 kB/token')(labels), labels.join('\n'));
    assert.ok(hasHint('32.8B')(labels), labels.join('\n'));
    assert.ok(
      labels.some((label) => /\$\/1M.*H800 .*H20 .*H100 .*H200 /.test(label)),
      labels.join('\n'),
    );
  });

  it('follows unsaved edits in its hints', async () => {
    await replace(config, '"num_hidden_layers": 64', '"num_hidden_layers": 32');
    assert.ok(config.isDirty);
    await until('hints for half the layers', () => hints(config), hasHint('KV 65.5 kB/token'));
  });

  it('marks the exact value that is wrong, and takes the mark back', async () => {
    await replace(config, '"num_hidden_layers": 64', '"num_hidden_layers": -3');
    const [first] = await until(
      'an error',
      () => errors(config),
      (found) => found.length > 0,
    );
    assert.ok(first);
    assert.equal(config.getText(first.range), '-3');
    assert.match(first.message, /num_hidden_layers/);
    await replace(config, '"num_hidden_layers": -3', '"num_hidden_layers": 64');
    await until(
      'no error',
      () => errors(config),
      (found) => found.length === 0,
    );
  });

  it("explains a key with this model's numbers on hover", async () => {
    const text = await until(
      'a hover',
      () => hover(config, '"num_key_value_heads"'),
      (shown) => shown.includes('KV cache'),
    );
    assert.match(text, /KV cache per token/);
    assert.match(text, /131[,. ]?072|131 kB/);
  });

  it('obeys its settings at once', async () => {
    await withSettings({ targets: ['H20'] }, async () => {
      const labels = await until(
        'hints for H20 alone',
        () => hints(config),
        (found) => hasHint('H20')(found) && !hasHint('H800')(found),
      );
      assert.ok(labels.length > 0);
    });
    await withSettings({ 'inlayHints.enabled': false }, () =>
      until(
        'no hints',
        () => hints(config),
        (found) => found.length === 0,
      ).then(() => undefined),
    );
    await until('hints for H800 again', () => hints(config), hasHint('H800'));
  });

  it('leaves JSON alone that is no model config', async () => {
    const plain = await open('plain', 'settings.json');
    await until(
      'hints of the config, as a sign that the server is not busy',
      () => hints(config),
      hasHint('KV'),
    );
    assert.deepEqual(diagnostics(plain), []);
    assert.deepEqual(await hints(plain), []);
  });

  it('reads comments in a config', async () => {
    const jsonc = await vscode.workspace.openTextDocument({
      language: 'jsonc',
      content: original.replace('{', '{ // a draft'),
    });
    await vscode.window.showTextDocument(jsonc);
    await until('hints', () => hints(jsonc), hasHint('KV 131 kB/token'));
  });

  for (const [what, text] of [
    ['an empty file', ''],
    ['broken JSON', '{ "model_type": "qwen3", "num_hidden_layers": '],
    ['a list', '[1, 2, 3]'],
    [
      'a number out of range',
      '{ "model_type": "qwen3", "architectures": ["Qwen3ForCausalLM"], "num_hidden_layers": 1e400 }',
    ],
    [
      'values of the wrong kind',
      '{ "model_type": "qwen3", "architectures": 7, "num_hidden_layers": {}, "hidden_size": [] }',
    ],
  ] as const) {
    it(`survives ${what}`, async () => {
      await replaceAll(config, text);
      await vscode.commands.executeCommand(
        'vscode.executeInlayHintProvider',
        config.uri,
        new vscode.Range(0, 0, 1, 0),
      );
      if (text.includes('num_hidden_layers'))
        await until(
          'a diagnostic',
          () => vscode.languages.getDiagnostics(config.uri),
          (found) => found.length > 0,
        );
      await replaceAll(config, original);
      await until('hints again', () => hints(config), hasHint('KV 131 kB/token'));
      await until(
        'no error',
        () => errors(config),
        (found) => found.length === 0,
      );
    });
  }

  it('says that a file is too large instead of analysing it', async () => {
    await replace(config, '"num_hidden_layers"', `"padding": "${'x'.repeat(5 << 20)}", "num_hidden_layers"`);
    const [first] = await until(
      'a diagnostic',
      () => diagnostics(config),
      (found) => found.length > 0,
    );
    assert.match(first?.message ?? '', /large|size|KB|MB/i);
  });

  it('works again after "Restart Language Server"', async () => {
    await vscode.commands.executeCommand('decodeLens.restartServer');
    await until('hints', () => hints(config), hasHint('KV 131 kB/token'));
  });

  it('opens one panel, and only one', async () => {
    const panels = () =>
      vscode.window.tabGroups.all
        .flatMap(({ tabs }) => tabs)
        .filter(
          ({ input }) =>
            input instanceof vscode.TabInputWebview && input.viewType.toLowerCase().includes('decodelens'),
        );
    await vscode.window.showTextDocument(config);
    await vscode.commands.executeCommand('decodeLens.compareModels');
    await until('a panel', panels, (found) => found.length === 1);
    await vscode.window.showTextDocument(config, vscode.ViewColumn.One);
    await vscode.commands.executeCommand('decodeLens.compareModels');
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert.equal(panels().length, 1);
    await vscode.window.tabGroups.close(panels());
  });
});
