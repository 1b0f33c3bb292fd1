import { stat } from 'node:fs/promises';
import { URI, Utils } from 'vscode-uri';
import { WORKSPACE_FILE_NAME } from '../protocol';
import type * as service from '../service';
import type { ServiceSettings } from '../service';
import { readText } from './read-text';

/** Longer ones are not read: no settings are. */
const MAX_BYTES = 1 << 20;
/** Folders that are looked into above a config that lies in no workspace folder, or deep in one. */
const MAX_FOLDERS = 32;

export const isWorkspaceFile = (uri: string): boolean => uri.endsWith(`/${WORKSPACE_FILE_NAME}`);

/** What finding and reading a workspace file takes. */
export interface WorkspaceFileHost {
  /** URIs of the client's folders. */
  readonly roots: () => readonly string[];
  /** The text of an open document, saved or not. */
  readonly openText: (uri: string) => string | undefined;
  /** Asks the client; null where it can't be asked or there is no such file. */
  readonly askClient: (uri: string) => Promise<string | null>;
  readonly loadService: () => Promise<typeof service>;
}

/** Finds `decode-lens.json` in a config's folder or above it. Keeps nothing: settings are kept by document. */
export class WorkspaceFiles {
  constructor(private readonly host: WorkspaceFileHost) {}

  /** The settings of a config: `base` with the nearest workspace file over it. */
  async settingsOf(uri: string, base: ServiceSettings): Promise<ServiceSettings> {
    const found = await this.nearest(uri);
    if (!found) return base;
    const { readWorkspaceFile, settingsWith } = await this.host.loadService();
    const workspace = readWorkspaceFile(found.text, found.uri, base);
    const folder = URI.parse(found.uri).path.slice(0, -WORKSPACE_FILE_NAME.length);
    return settingsWith(workspace, base, URI.parse(uri).path.slice(folder.length));
  }

  private async nearest(uri: string): Promise<{ readonly uri: string; readonly text: string } | null> {
    for (const folder of await this.foldersAbove(uri)) {
      const candidate = `${folder}/${WORKSPACE_FILE_NAME}`;
      const text = await this.read(candidate);
      if (text !== null) return { uri: candidate, text };
    }
    return null;
  }

  /** From the config's own folder up to the workspace folder's root, or to that of the repository. */
  private async foldersAbove(uri: string): Promise<string[]> {
    const { path, scheme, query } = URI.parse(uri);
    // A version in a repository's history has a query; nothing lies beside it.
    if (!path.includes('/') || scheme === 'untitled' || query !== '') return [];
    const roots = this.host.roots().map(normalized);
    const folders: string[] = [];
    let folder = uri;
    while (folders.length < MAX_FOLDERS) {
      const above = folder.slice(0, folder.lastIndexOf('/'));
      if (URI.parse(above).path.length <= 1) break;
      folders.push(above);
      if (roots.includes(normalized(above)) || (await isRepository(above))) break;
      folder = above;
    }
    return folders;
  }

  private async read(uri: string): Promise<string | null> {
    return this.host.openText(uri) ?? readText(uri, MAX_BYTES, this.host.askClient);
  }
}

/** Clients differ in how they encode. */
const normalized = (uri: string): string => URI.parse(uri.replace(/\/$/, '')).toString();

async function isRepository(folder: string): Promise<boolean> {
  const uri = URI.parse(folder);
  if (uri.scheme !== 'file') return false;
  return stat(Utils.joinPath(uri, '.git').fsPath).then(
    () => true,
    () => false,
  );
}
