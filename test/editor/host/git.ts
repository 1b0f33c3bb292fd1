/** Against the committed version, through VS Code's own Git extension. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as vscode from 'vscode';
import { folder, lenses, open, replace, replaceAll, until } from './editor';

const git = (...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=Test', '-c', 'user.email=test@localhost', ...args], {
    cwd: folder().fsPath,
    stdio: 'pipe',
  });

const titles = async (document: vscode.TextDocument) =>
  (await lenses(document)).map(({ command }) => command?.title ?? '');
const compares = (found: readonly string[]) => found.some((title) => /Since the last commit/i.test(title));

describe('git', () => {
  let config: vscode.TextDocument;
  let original: string;
  before(async () => {
    git('init', '-q');
    git('add', '-A');
    git('commit', '-q', '-m', 'models');
    await vscode.commands.executeCommand('git.openRepository', folder().fsPath);
    config = await open('qwen3-235b-a22b', 'config.json');
    original = config.getText();
  });
  afterEach(async () => {
    if (config.getText() !== original) await replaceAll(config, original);
    await config.save();
  });

  it('says how an edited config stands against the committed one', async () => {
    await replace(config, '"num_hidden_layers": 94', '"num_hidden_layers": 47');
    const found = await until('a lens', () => titles(config), compares);
    assert.match(found.join('\n'), /-\d+(\.\d+)?%|−\d+/);
  });

  it('follows a commit', async () => {
    await replace(config, '"num_hidden_layers": 94', '"num_hidden_layers": 47');
    await config.save();
    await until('a lens', () => titles(config), compares);
    git('commit', '-q', '-a', '-m', 'half the layers');
    await until(
      'no difference',
      () => titles(config),
      (found) => !found.some((title) => /-\d/.test(title)),
    );
  });

  it('says nothing of a file that is in no commit', async () => {
    const uri = vscode.Uri.joinPath(folder(), 'new', 'config.json');
    await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(original));
    const document = await open('new', 'config.json');
    const found = await until(
      'lenses',
      () => titles(document),
      (list) => list.length > 0,
    );
    assert.ok(!compares(found), found.join('\n'));
  });
});
