import assert from 'node:assert/strict';
import * as vscode from 'vscode';

/** What tests inside the extension host ask VS Code for. */
const SOURCE = 'decode-lens';
export const folder = () => {
  const first = vscode.workspace.workspaceFolders?.[0];
  assert.ok(first);
  return first.uri;
};

/** Polls: diagnostics and hints follow an edit after a pause, and a first start takes a second or two. */
export async function until<T>(
  what: string,
  probe: () => T | Promise<T>,
  good: (value: T) => boolean = Boolean,
  ms = 15_000,
): Promise<T> {
  for (const end = Date.now() + ms; ; await new Promise((resolve) => setTimeout(resolve, 50))) {
    const value = await probe();
    if (good(value)) return value;
    if (Date.now() > end)
      assert.fail(`Waited ${ms / 1000} s for ${what}; last seen: ${JSON.stringify(value)}`);
  }
}

export async function open(...names: string[]): Promise<vscode.TextDocument> {
  const document = await vscode.workspace.openTextDocument(vscode.Uri.joinPath(folder(), ...names));
  await vscode.window.showTextDocument(document);
  return document;
}

export async function replaceAll(document: vscode.TextDocument, text: string): Promise<void> {
  const edit = new vscode.WorkspaceEdit();
  edit.replace(document.uri, new vscode.Range(0, 0, document.lineCount, 0), text);
  assert.ok(await vscode.workspace.applyEdit(edit));
}

/** The first place of a text. */
export function rangeOf(document: vscode.TextDocument, text: string): vscode.Range {
  const at = document.getText().indexOf(text);
  assert.ok(at >= 0, `${text} is not in ${document.uri.path}`);
  return new vscode.Range(document.positionAt(at), document.positionAt(at + text.length));
}

export async function replace(document: vscode.TextDocument, from: string, to: string): Promise<void> {
  const edit = new vscode.WorkspaceEdit();
  edit.replace(document.uri, rangeOf(document, from), to);
  assert.ok(await vscode.workspace.applyEdit(edit));
}

/** Ours only: VS Code's own JSON support reports on the same files. */
export const diagnostics = ({ uri }: vscode.TextDocument) =>
  vscode.languages.getDiagnostics(uri).filter(({ source }) => source === SOURCE);
export const errors = (document: vscode.TextDocument) =>
  diagnostics(document).filter(({ severity }) => severity === vscode.DiagnosticSeverity.Error);

export async function hints(document: vscode.TextDocument): Promise<string[]> {
  const all = new vscode.Range(0, 0, document.lineCount, 0);
  const found = await vscode.commands.executeCommand<vscode.InlayHint[] | undefined>(
    'vscode.executeInlayHintProvider',
    document.uri,
    all,
  );
  return (found ?? []).map(({ label }) =>
    typeof label === 'string' ? label : label.map(({ value }) => value).join(''),
  );
}

export async function hover(document: vscode.TextDocument, key: string): Promise<string> {
  const at = document.positionAt(document.getText().indexOf(key) + 1);
  const found = await vscode.commands.executeCommand<vscode.Hover[] | undefined>(
    'vscode.executeHoverProvider',
    document.uri,
    at,
  );
  const contents = (found ?? []).flatMap((one) => one.contents);
  return contents
    .map((content) => (content instanceof vscode.MarkdownString ? content.value : JSON.stringify(content)))
    .join('\n');
}

export const hasHint = (part: string) => (labels: string[]) => labels.some((label) => label.includes(part));

export async function lenses(document: vscode.TextDocument): Promise<vscode.CodeLens[]> {
  return vscode.commands.executeCommand<vscode.CodeLens[]>(
    'vscode.executeCodeLensProvider',
    document.uri,
    100,
  );
}

/** Code actions at a place, with their edits. */
export async function actions(
  document: vscode.TextDocument,
  range: vscode.Range,
): Promise<vscode.CodeAction[]> {
  return vscode.commands.executeCommand<vscode.CodeAction[]>(
    'vscode.executeCodeActionProvider',
    document.uri,
    range,
    undefined,
    100, // so many are resolved
  );
}

/** Sets settings of the workspace for as long as `during` runs. */
export async function withSettings(
  settings: Readonly<Record<string, unknown>>,
  during: () => Promise<void>,
): Promise<void> {
  const update = (name: string, value: unknown) =>
    vscode.workspace.getConfiguration('decodeLens').update(name, value, vscode.ConfigurationTarget.Workspace);
  for (const [name, value] of Object.entries(settings)) await update(name, value);
  try {
    await during();
  } finally {
    for (const name of Object.keys(settings)) await update(name, undefined);
  }
}
