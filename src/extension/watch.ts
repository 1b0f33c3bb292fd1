import * as vscode from 'vscode';
import { IDENTIFY_REQUEST, type IdentifyParams, type IdentifyResult } from '../protocol';
import { mayBeModelConfig } from '../service/recognize-text';
import type { LanguageClientController } from './client';

const modelConfigLanguages: readonly string[] = ['json', 'jsonc'];

/** When clauses of menus use this. */
const CONTEXT_KEY = 'decodeLens.isModelConfig';

/**
 * Looks at JSON documents as they open and change, by a cheap test of their text, and starts the server at the first
 * that may be a model config. Keeps the context key true to the active editor.
 */
export function watchForModelConfigs(
  client: LanguageClientController,
  log: vscode.LogOutputChannel,
): vscode.Disposable {
  const isCandidate = (document: vscode.TextDocument) =>
    modelConfigLanguages.includes(document.languageId) && mayBeModelConfig(document.getText());

  const startFor = (document: vscode.TextDocument): void => {
    if (client.started || !isCandidate(document)) return;
    log.info(`starting the language server for ${document.uri.toString()}`);
    // A failed start has told so itself.
    void client.start().then(refreshContext, () => undefined);
  };

  /** Asks the server, which has parsed the document; a stale answer is dropped. */
  let asked = 0;
  const refreshContext = async (): Promise<void> => {
    const mine = ++asked;
    const document = vscode.window.activeTextEditor?.document;
    let isConfig = false;
    if (document && client.started && isCandidate(document)) {
      const params: IdentifyParams = { uri: document.uri.toString() };
      isConfig =
        (await client.request<IdentifyResult>(IDENTIFY_REQUEST, params).catch(() => null))?.isModelConfig ??
        false;
    }
    if (mine === asked) await vscode.commands.executeCommand('setContext', CONTEXT_KEY, isConfig);
  };

  vscode.workspace.textDocuments.forEach(startFor);
  return vscode.Disposable.from(
    vscode.workspace.onDidOpenTextDocument(startFor),
    vscode.workspace.onDidChangeTextDocument(({ document }) => {
      startFor(document);
    }),
    vscode.window.onDidChangeActiveTextEditor(() => void refreshContext()),
    client.onAnalyzed(() => void refreshContext()),
  );
}
