import * as vscode from 'vscode';
import { READ_FILE_MAX_BYTES } from '../../protocol';
import { mayBeModelConfig } from '../../service/recognize-text';

/** More files are not looked into. */
const MAX_FILES = 5000;
/** At once: a remote file system answers each after a while. */
const BATCH = 32;

interface Choice extends vscode.QuickPickItem {
  readonly uri: string;
}

/** Lets the user choose among the workspace's configs; those to compare, or null where he thinks better of it. */
export async function pickConfigs(
  added: readonly string[],
  open: ReadonlySet<string>,
): Promise<readonly string[] | null> {
  const searching = new vscode.CancellationTokenSource();
  try {
    const chosen = await vscode.window.showQuickPick(choices(added, open, searching.token), {
      title: 'Compare with configs of the workspace',
      placeHolder: 'Model configs that are not open',
      canPickMany: true,
    });
    return chosen?.map(({ uri }) => uri) ?? null;
  } finally {
    searching.cancel();
    searching.dispose();
  }
}

async function choices(
  added: readonly string[],
  open: ReadonlySet<string>,
  token: vscode.CancellationToken,
): Promise<Choice[]> {
  const files = await vscode.workspace.findFiles('**/*.json', '**/node_modules/**', MAX_FILES, token);
  const found: vscode.Uri[] = [];
  for (let i = 0; i < files.length && !token.isCancellationRequested; i += BATCH)
    found.push(...(await onlyConfigs(files.slice(i, i + BATCH))));
  return found
    .map((uri): Choice => {
      const picked = added.includes(uri.toString());
      return { label: vscode.workspace.asRelativePath(uri), picked, uri: uri.toString() };
    })
    .filter(({ uri }) => !open.has(uri))
    .sort((a, b) => a.label.localeCompare(b.label, 'en', { numeric: true }));
}

/** Those that may be model configs, by a cheap test of their texts: the server looks closer. */
export async function onlyConfigs(uris: readonly vscode.Uri[]): Promise<vscode.Uri[]> {
  const verdicts = await Promise.all(uris.map(mayBeConfig));
  return uris.filter((_, i) => verdicts[i]);
}

async function mayBeConfig(uri: vscode.Uri): Promise<boolean> {
  const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
  if (open) return mayBeModelConfig(open.getText());
  try {
    const { size } = await vscode.workspace.fs.stat(uri);
    if (size > READ_FILE_MAX_BYTES) return false;
    return mayBeModelConfig(Buffer.from(await vscode.workspace.fs.readFile(uri)).toString('utf8'));
  } catch {
    return false;
  }
}
