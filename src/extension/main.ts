import * as vscode from 'vscode';
import { LanguageClientController } from './client';
import { registerPanel } from './panel';
import { watchForModelConfigs } from './watch';

/**
 * Entry of the extension. Opening any JSON file activates it; the language server starts only when one of them is a
 * model config, or when the user asks for the panel.
 */
export function activate(context: vscode.ExtensionContext): void {
  const log = vscode.window.createOutputChannel('Decode Lens', { log: true });
  const client = new LanguageClientController(context, log);
  context.subscriptions.push(
    log,
    client,
    watchForModelConfigs(client, log),
    registerPanel(context, client, log),
    vscode.commands.registerCommand('decodeLens.restartServer', () => client.restart()),
    vscode.commands.registerCommand('decodeLens.showLog', () => {
      log.show();
    }),
  );
}
