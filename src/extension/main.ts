import * as vscode from 'vscode';
import { ActiveConfig } from './active-config';
import { LanguageClientController } from './client';
import { copyDebugInformation } from './debug-info';
import { CommittedTexts } from './git';
import { newModelConfig } from './new-config';
import { registerPanel } from './panel';
import { registerStatus } from './status';
import { openWorkspaceFile } from './workspace-file';

/**
 * Entry of the extension. Opening any JSON file activates it; the language server starts only when one of them is a
 * model config, or when the user asks for what needs it.
 */
export function activate(context: vscode.ExtensionContext): void {
  const log = vscode.window.createOutputChannel('Decode Lens', { log: true });
  const client = new LanguageClientController(context, log);
  const active = new ActiveConfig(client, log);
  /** A command that fails says so: nothing that a user asked for ends in silence. */
  const told = (what: () => Promise<void>) => async (): Promise<void> => {
    try {
      await what();
    } catch (error) {
      log.error(error instanceof Error ? error : String(error));
      void vscode.window.showErrorMessage(
        `Decode Lens: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  };
  context.subscriptions.push(
    log,
    client,
    active,
    registerStatus(client, active),
    new CommittedTexts(client, log),
    registerPanel({ extensionUri: context.extensionUri, client, log }),
    vscode.commands.registerCommand(
      'decodeLens.newModelConfig',
      told(() => newModelConfig(client)),
    ),
    vscode.commands.registerCommand('decodeLens.openWorkspaceFile', told(openWorkspaceFile)),
    vscode.commands.registerCommand(
      'decodeLens.copyDebugInformation',
      told(() => copyDebugInformation(context, client, active)),
    ),
    // A start that fails has told so itself.
    vscode.commands.registerCommand('decodeLens.restartServer', () =>
      client.restart().catch(() => undefined),
    ),
    vscode.commands.registerCommand('decodeLens.showLog', () => {
      log.show();
    }),
  );
}
