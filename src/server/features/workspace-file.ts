import { DidChangeWatchedFilesNotification } from 'vscode-languageserver';
import { WORKSPACE_FILE_NAME } from '../../protocol';
import type { Core, Feature } from '../core';
import { isWorkspaceFile } from '../workspace-files';

/** While somebody types in a workspace file, settings are read anew once they pause. */
const SETTLE_MS = 200;

/** `decode-lens.json`: a change of it, in an editor or on disk, changes what configs are analysed with. */
export const workspaceFile: Feature = {
  capabilities: () => ({ workspace: { workspaceFolders: { supported: true, changeNotifications: true } } }),
  register(core) {
    let timer: NodeJS.Timeout | undefined;
    const settle = (uri: string) => {
      if (!isWorkspaceFile(uri)) return;
      clearTimeout(timer);
      timer = setTimeout(() => {
        core.resetSettings();
      }, SETTLE_MS);
    };
    core.documents.onDidChangeContent(({ document: { uri } }) => {
      settle(uri);
    });
    core.documents.onDidSave(({ document: { uri } }) => {
      settle(uri);
    });
    core.onClosed(settle);
    core.connection.onDidChangeWatchedFiles(({ changes }) => {
      for (const { uri } of changes) settle(uri);
    });
  },
  initialized: watch,
};

function watch(core: Core): void {
  const { capabilities } = core.client;
  if (capabilities.workspace?.didChangeWatchedFiles?.dynamicRegistration === true)
    core.guard.background('register', () =>
      core.connection.client.register(DidChangeWatchedFilesNotification.type, {
        watchers: [{ globPattern: `**/${WORKSPACE_FILE_NAME}` }],
      }),
    );
  if (capabilities.workspace?.workspaceFolders === true)
    core.connection.workspace.onDidChangeWorkspaceFolders(({ added, removed }) => {
      const gone = new Set(removed.map(({ uri }) => uri));
      core.client = {
        ...core.client,
        roots: [...core.client.roots.filter((uri) => !gone.has(uri)), ...added.map(({ uri }) => uri)],
      };
      core.resetSettings();
    });
}
