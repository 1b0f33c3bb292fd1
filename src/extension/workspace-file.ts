import * as vscode from 'vscode';
import { WORKSPACE_FILE_NAME, workspaceFileStart } from './workspace-file-start';

/** Opens the folder's `decode-lens.json`; where there is none yet, one with a usable beginning. */
export async function openWorkspaceFile(): Promise<void> {
  const folder = await chooseFolder();
  if (folder) await vscode.window.showTextDocument(await workspaceFileOf(folder));
}

/** The folder's `decode-lens.json`, which is made where there is none yet. */
export async function workspaceFileOf(folder: vscode.WorkspaceFolder): Promise<vscode.Uri> {
  const uri = vscode.Uri.joinPath(folder.uri, WORKSPACE_FILE_NAME);
  const exists = await vscode.workspace.fs.stat(uri).then(
    () => true,
    () => false,
  );
  if (!exists) {
    const settings = vscode.workspace.getConfiguration('decodeLens', folder);
    const text = workspaceFileStart(
      settings.get<string[]>('targets', []),
      settings.get<number[]>('contexts', []),
    );
    await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(text));
  }
  return uri;
}

export async function chooseFolder(): Promise<vscode.WorkspaceFolder | undefined> {
  const [first, ...others] = vscode.workspace.workspaceFolders ?? [];
  if (!first)
    void vscode.window.showInformationMessage(
      `Decode Lens: ${WORKSPACE_FILE_NAME} belongs to a folder; open one first.`,
    );
  return others.length === 0
    ? first
    : vscode.window.showWorkspaceFolderPick({ placeHolder: `Folder of ${WORKSPACE_FILE_NAME}` });
}
