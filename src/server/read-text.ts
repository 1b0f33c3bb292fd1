import { readFile, stat } from 'node:fs/promises';
import { URI } from 'vscode-uri';

/** A file's text: from disk, or by the client where the server can't reach it; null where there is none, or too long a one. */
export async function readText(
  uri: string,
  maxBytes: number,
  askClient: (uri: string) => Promise<string | null>,
): Promise<string | null> {
  const parsed = URI.parse(uri);
  try {
    if (parsed.scheme !== 'file') {
      const text = await askClient(uri);
      return text === null || text.length > maxBytes ? null : text;
    }
    const { size } = await stat(parsed.fsPath);
    return size > maxBytes ? null : await readFile(parsed.fsPath, 'utf8');
  } catch {
    return null;
  }
}
