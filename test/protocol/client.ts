import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import {
  createConnection,
  createProtocolConnection,
  ProposedFeatures,
  StreamMessageReader,
  StreamMessageWriter,
  type ClientCapabilities,
  type Diagnostic,
  type InitializeResult,
  type ProtocolConnection,
  type PublishDiagnosticsParams,
} from 'vscode-languageserver/node';
import { startServer } from '../../src/server/server';
import * as service from '../../src/service';

const SERVER = path.resolve(__dirname, '../../dist/server.js');

/** What the server asks for, beside settings and edits. */
const REQUESTS = [
  'client/registerCapability',
  'window/workDoneProgress/create',
  'workspace/codeLens/refresh',
  'workspace/diagnostic/refresh',
  'workspace/inlayHint/refresh',
];

/** What VS Code can do, as far as the server makes a difference. */
export const FULL_CLIENT: ClientCapabilities = {
  general: { positionEncodings: ['utf-16'] },
  window: { workDoneProgress: true },
  workspace: {
    applyEdit: true,
    configuration: true,
    didChangeConfiguration: { dynamicRegistration: true },
    inlayHint: { refreshSupport: true },
    codeLens: { refreshSupport: true },
    diagnostics: { refreshSupport: true },
    workspaceEdit: { documentChanges: true },
  },
  textDocument: {
    hover: { contentFormat: ['markdown', 'plaintext'] },
    inlayHint: { dynamicRegistration: false },
    diagnostic: { dynamicRegistration: false },
    publishDiagnostics: { dataSupport: true, codeDescriptionSupport: true, tagSupport: { valueSet: [1, 2] } },
    documentSymbol: { hierarchicalDocumentSymbolSupport: true },
    completion: { completionItem: { snippetSupport: true, documentationFormat: ['markdown', 'plaintext'] } },
    codeAction: {
      dataSupport: true,
      resolveSupport: { properties: ['edit'] },
      codeActionLiteralSupport: { codeActionKind: { valueSet: ['', 'quickfix', 'refactor', 'source'] } },
    },
  },
};

/** The same, but for diagnostics: it has them pushed. */
export const PUSH_CLIENT: ClientCapabilities = {
  ...FULL_CLIENT,
  textDocument: Object.fromEntries(
    Object.entries(FULL_CLIENT.textDocument ?? {}).filter(([key]) => key !== 'diagnostic'),
  ),
};

/** Drives the server as an editor would: the built one over stdio, or one within this process. */
export class TestClient {
  private readonly published = new Map<string, Diagnostic[]>();
  private readonly waiting: (() => void)[] = [];
  /** Answers `workspace/configuration`, for a scope or for all. */
  configuration: unknown = {};
  readonly folderConfiguration = new Map<string, unknown>();
  initializeResult: InitializeResult | null = null;
  readonly errors: string[] = [];
  readonly warnings: string[] = [];
  /** What the server asked and told, by method. */
  readonly heard: string[] = [];
  readonly appliedEdits: unknown[] = [];

  private constructor(
    readonly process: ChildProcess | null,
    readonly connection: ProtocolConnection,
  ) {}

  /** A process of its own, from the built bundle. */
  static start(capabilities = PUSH_CLIENT, initializationOptions?: unknown): Promise<TestClient> {
    const child = spawn(process.execPath, [SERVER, '--stdio'], { stdio: ['pipe', 'pipe', 'pipe'] });
    const connection = createProtocolConnection(
      new StreamMessageReader(child.stdout),
      new StreamMessageWriter(child.stdin),
    );
    connection.listen();
    return new TestClient(child, connection).initialize(capabilities, initializationOptions);
  }

  /** In this process, from the sources. */
  static inBand(capabilities = FULL_CLIENT, initializationOptions?: unknown): Promise<TestClient> {
    return TestClient.uninitialized().initialize(capabilities, initializationOptions);
  }

  /** The same before anything was said. */
  static uninitialized(): TestClient {
    const toServer = new PassThrough();
    const toClient = new PassThrough();
    startServer(
      createConnection(
        ProposedFeatures.all,
        new StreamMessageReader(toServer),
        new StreamMessageWriter(toClient),
      ),
      () => Promise.resolve(service),
    );
    const connection = createProtocolConnection(
      new StreamMessageReader(toClient),
      new StreamMessageWriter(toServer),
    );
    connection.listen();
    return new TestClient(null, connection);
  }

  async initialize(
    capabilities: ClientCapabilities = FULL_CLIENT,
    initializationOptions?: unknown,
  ): Promise<this> {
    const { connection } = this;
    connection.onNotification(
      'textDocument/publishDiagnostics',
      ({ uri, diagnostics }: PublishDiagnosticsParams) => {
        this.published.set(uri, diagnostics);
        this.wake();
      },
    );
    connection.onNotification('window/logMessage', ({ type, message }: { type: number; message: string }) => {
      if (type === 1) this.errors.push(message);
      if (type === 2) this.warnings.push(message);
      this.wake();
    });
    connection.onRequest('workspace/configuration', ({ items }: { items: { scopeUri?: string }[] }) =>
      items.map(({ scopeUri = '' }) => {
        const folder = [...this.folderConfiguration].find(([prefix]) => scopeUri.startsWith(prefix));
        return folder ? folder[1] : this.configuration;
      }),
    );
    connection.onRequest('workspace/applyEdit', ({ edit }: { edit: unknown }) => {
      this.appliedEdits.push(edit);
      return { applied: true };
    });
    for (const method of REQUESTS)
      connection.onRequest(method, () => {
        this.hear(method);
        return null;
      });
    connection.onNotification('decodeLens/analyzed', () => {
      this.hear('decodeLens/analyzed');
    });
    this.initializeResult = await connection.sendRequest<InitializeResult>('initialize', {
      processId: this.process ? process.pid : null,
      rootUri: null,
      capabilities,
      initializationOptions,
    });
    await connection.sendNotification('initialized', {});
    return this;
  }

  private hear(method: string): void {
    this.heard.push(method);
    this.wake();
  }

  /** Waits until something is so. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  async open(uri: string, text: string): Promise<void> {
    await this.connection.sendNotification('textDocument/didOpen', {
      textDocument: { uri, languageId: 'json', version: 1, text },
    });
  }

  /** Replaces the whole text. */
  async change(uri: string, version: number, text: string): Promise<void> {
    await this.connection.sendNotification('textDocument/didChange', {
      textDocument: { uri, version },
      contentChanges: [{ text }],
    });
  }

  request<T>(method: string, params: unknown): Promise<T> {
    return this.connection.sendRequest<T>(method, params);
  }

  /** Waits until the diagnostics of a document are as asked for. */
  async diagnostics(
    uri: string,
    accept: (diagnostics: readonly Diagnostic[]) => boolean = () => true,
  ): Promise<readonly Diagnostic[]> {
    const now = () => this.published.get(uri);
    await this.until(() => {
      const list = now();
      return list !== undefined && accept(list);
    });
    return now() ?? [];
  }

  hasDiagnostics = (uri: string): boolean => this.published.has(uri);

  private wake(): void {
    this.waiting.splice(0).forEach((resolve) => {
      resolve();
    });
  }

  /** The orderly end; gives the exit code, 0 for a server in this process. */
  async stop(): Promise<number | null> {
    await this.connection.sendRequest('shutdown');
    const child = this.process;
    let code: number | null = 0;
    if (child) {
      const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
      await this.connection.sendNotification('exit');
      code = await exited;
    }
    this.connection.dispose();
    return code;
  }
}
