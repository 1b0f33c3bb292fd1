import { homedir } from 'node:os';
import * as vscode from 'vscode';
import type { ActiveConfig } from './active-config';
import type { LanguageClientController } from './client';
import { debugText } from './debug-text';

/** Puts what a report of a fault needs on the clipboard: nothing is sent anywhere. */
export async function copyDebugInformation(
  context: vscode.ExtensionContext,
  client: LanguageClientController,
  active: ActiveConfig,
): Promise<void> {
  const { version } = context.extension.packageJSON as { readonly version: string };
  const { appName, remoteName, uiKind, language } = vscode.env;
  const where = [
    uiKind === vscode.UIKind.Web ? 'web' : 'desktop',
    ...(remoteName === undefined ? [] : [`remote ${remoteName}`]),
  ];
  const text = debugText(
    {
      facts: [
        ['Decode Lens', version],
        [appName, `${vscode.version} (${[...where, language].join(', ')})`],
        ['Extension host', `Node ${process.version}, ${process.platform} ${process.arch}`],
        ['Workspace', workspace()],
        ['Language server', `${client.state}, restarted ${client.crashes} times after it ended unexpectedly`],
        ['Active file', activeFile(active)],
      ],
      settings: changedSettings(context),
      log: await endOfLog(context.logUri),
    },
    homedir(),
  );
  await vscode.env.clipboard.writeText(text);
  void vscode.window.showInformationMessage('Decode Lens: Debug information is on the clipboard.');
}

function workspace(): string {
  const folders = vscode.workspace.workspaceFolders ?? [];
  const schemes = [...new Set(folders.map(({ uri }) => uri.scheme))];
  return `${vscode.workspace.isTrusted ? 'trusted' : 'not trusted'}, ${folders.length} folders${schemes.length > 0 ? ` (${schemes.join(', ')})` : ''}`;
}

function activeFile({ document, identified }: ActiveConfig): string {
  if (!document) return 'none that may be a model config';
  const what = identified
    ? `${identified.family ?? 'no known family'}, by ${identified.reason}`
    : 'not recognised as a model config';
  return `${document.languageId}, scheme ${document.uri.scheme}, ${document.getText().length} characters: ${what}`;
}

function changedSettings(context: vscode.ExtensionContext): Record<string, unknown> {
  const { contributes } = context.extension.packageJSON as {
    readonly contributes: {
      readonly configuration: { readonly properties: Readonly<Record<string, unknown>> };
    };
  };
  const settings = vscode.workspace.getConfiguration(undefined, vscode.window.activeTextEditor?.document);
  return Object.fromEntries(
    Object.keys(contributes.configuration.properties).flatMap((name) => {
      const value: unknown = settings.get(name);
      const isDefault = JSON.stringify(value) === JSON.stringify(settings.inspect(name)?.defaultValue);
      return isDefault ? [] : [[name, value] as const];
    }),
  );
}

/** VS Code writes a log channel to a file of its own. */
async function endOfLog(folder: vscode.Uri): Promise<string | null> {
  try {
    const files = await vscode.workspace.fs.readDirectory(folder);
    const name = files.map(([file]) => file).find((file) => file.endsWith('.log'));
    if (name === undefined) return null;
    return new TextDecoder().decode(await vscode.workspace.fs.readFile(vscode.Uri.joinPath(folder, name)));
  } catch {
    return null;
  }
}
