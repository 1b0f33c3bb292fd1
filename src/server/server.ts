import {
  DidChangeConfigurationNotification,
  PositionEncodingKind,
  TextDocumentSyncKind,
  type Connection,
  type InitializeParams,
  type InitializeResult,
  type ServerCapabilities,
} from 'vscode-languageserver';
import packageJson from '../../package.json';
import { clientOf, type Client } from './client';
import { Core, type Feature, type Service } from './core';
import { codeActions } from './features/code-actions';
import { codeLens } from './features/code-lens';
import { completion } from './features/completion';
import { diagnostics } from './features/diagnostics';
import { hover } from './features/hover';
import { inlayHints } from './features/inlay-hints';
import { links } from './features/links';
import { panel } from './features/panel';
import { requests } from './features/requests';
import { symbols } from './features/symbols';
import { workspaceFile } from './features/workspace-file';

const FEATURES: readonly Feature[] = [
  diagnostics,
  hover,
  inlayHints,
  codeActions,
  codeLens,
  completion,
  links,
  symbols,
  panel,
  requests,
  workspaceFile,
];

/** The language server: features around one cache of analyses by document version. */
export function startServer(connection: Connection, loadService: () => Promise<Service>): void {
  const core = new Core(connection, loadService);
  for (const feature of FEATURES) feature.register(core);

  connection.onInitialize((params: InitializeParams): InitializeResult => {
    const client = clientOf(params);
    core.client = client;
    core.guard.state = 'running';
    core.settings.setStatic(client.settings);
    return {
      serverInfo: { name: packageJson.displayName, version: packageJson.version },
      capabilities: {
        // Every client must support it, and the texts are JavaScript's strings.
        positionEncoding: PositionEncodingKind.UTF16,
        textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental, save: true },
        ...capabilitiesFor(client),
      },
    };
  });

  connection.onInitialized(() => {
    for (const feature of FEATURES) feature.initialized?.(core);
    if (core.client.configurationChanges)
      core.guard.background('register', () =>
        connection.client.register(DidChangeConfigurationNotification.type, { section: 'decodeLens' }),
      );
  });

  connection.onShutdown(() => {
    core.guard.state = 'shut down';
  });

  connection.onDidChangeConfiguration(({ settings: pushed }: { settings: unknown }) => {
    core.settings.setStatic((pushed as { decodeLens?: unknown } | null)?.decodeLens);
    core.resetSettings();
  });

  core.documents.listen(connection);
  connection.listen();
}

const capabilitiesFor = (client: Client): ServerCapabilities =>
  FEATURES.reduce((all, feature) => ({ ...all, ...feature.capabilities?.(client) }), {});
