import * as vscode from 'vscode';
import {
  PLACE_REQUEST,
  type AnalysisOptions,
  type ExportedFile,
  type PlaceParams,
  type PlaceResult,
} from '../../protocol';
import type { LanguageClientController } from '../client';
import { chooseFolder, workspaceFileOf } from '../workspace-file';
import { changeText, nameOf } from './editors';

const FORMATS: Readonly<Record<ExportedFile['format'], string>> = {
  png: 'PNG picture',
  svg: 'SVG picture',
  csv: 'Comma-separated values',
  md: 'Markdown',
};

/** Saves what a view exports where the user likes; null where he thinks better of it. */
export async function exportFile({ name, format, content }: ExportedFile): Promise<string | null> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const file = `${name.replace(/[^\p{L}\p{N} ._-]/gu, '-')}.${format}`;
  const uri = await vscode.window.showSaveDialog({
    ...(folder && { defaultUri: vscode.Uri.joinPath(folder, file) }),
    filters: { [FORMATS[format]]: [format] },
  });
  if (!uri) return null;
  await vscode.workspace.fs.writeFile(uri, Buffer.from(content, format === 'png' ? 'base64' : 'utf8'));
  return `Saved ${vscode.workspace.asRelativePath(uri)}`;
}

/** Writes options into the workspace file of the folder of a config; null where no folder is chosen. */
export async function saveOptions(
  client: LanguageClientController,
  options: Partial<AnalysisOptions>,
  activeUri: string | undefined,
): Promise<string | null> {
  const edits = Object.entries(options).map(([key, value]) => ({ path: [key], value }));
  if (edits.length === 0) return 'Nothing was chosen here that the settings do not say already.';
  const own =
    activeUri === undefined ? undefined : vscode.workspace.getWorkspaceFolder(vscode.Uri.parse(activeUri));
  const folder = own ?? (await chooseFolder());
  if (!folder) return null;
  const document = await vscode.workspace.openTextDocument(await workspaceFileOf(folder));
  const params: PlaceParams = { uri: document.uri.toString(), path: [] };
  if (!(await client.request<PlaceResult>(PLACE_REQUEST, params)))
    throw new Error(`${nameOf(document)} is no JSON object: mend it first`);
  if (!(await changeText(client, document, edits))) return `${nameOf(document)} says so already.`;
  await document.save();
  return `Saved in ${nameOf(document)}`;
}
