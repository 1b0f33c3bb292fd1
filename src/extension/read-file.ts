import * as vscode from 'vscode';
import { READ_FILE_MAX_BYTES, type ReadFileParams, type ReadFileResult } from '../protocol';

/** A file beside a config, for a server that can't reach its file system. What can't be read is not there. */
export async function readFileForServer({ uri: text }: ReadFileParams): Promise<ReadFileResult> {
  try {
    const uri = vscode.Uri.parse(text, true);
    const { size, type } = await vscode.workspace.fs.stat(uri);
    if ((type & vscode.FileType.File) === 0 || size > READ_FILE_MAX_BYTES) return { text: null };
    return {
      text: new TextDecoder('utf-8', { fatal: true }).decode(await vscode.workspace.fs.readFile(uri)),
    };
  } catch {
    return { text: null };
  }
}
