import * as vscode from 'vscode';
import type { LanguageClient, LanguageClientOptions, ServerOptions } from 'vscode-languageclient/node';
import { ANALYZED_NOTIFICATION, type AnalyzedParams } from '../protocol';

/** Starts, restarts and stops the language server, and passes requests to it. */
export class LanguageClientController implements vscode.Disposable {
  private client: LanguageClient | null = null;
  private starting: Promise<void> | null = null;
  private readonly analyzed = new vscode.EventEmitter<AnalyzedParams>();
  /** An open model config was analysed anew. */
  readonly onAnalyzed = this.analyzed.event;

  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  get started(): boolean {
    return this.starting !== null;
  }

  /** Starts the server once; later calls wait for the same start. A failed start is told and may be tried again. */
  start(): Promise<void> {
    this.starting ??= this.launch().catch((error: unknown) => {
      this.starting = null;
      this.client = null;
      this.log.error(error instanceof Error ? error : String(error));
      void vscode.window.showErrorMessage(
        `Decode Lens: the language server did not start (${String(error)}).`,
      );
      throw error;
    });
    return this.starting;
  }

  private async launch(): Promise<void> {
    // Opening any JSON file activates the extension; most need no client, whose library is most of the bundle.
    const { LanguageClient, TransportKind } = await import('vscode-languageclient/node');
    const module = this.context.asAbsolutePath('dist/server.js');
    const server: ServerOptions = {
      run: { module, transport: TransportKind.ipc },
      debug: { module, transport: TransportKind.ipc, options: { execArgv: ['--nolazy', '--inspect=6029'] } },
    };
    const options: LanguageClientOptions = {
      documentSelector: [{ language: 'json' }, { language: 'jsonc' }],
      outputChannel: this.log,
      // VS Code's JSON support marks syntax errors itself.
      initializationOptions: { reportsSyntax: true },
    };
    const client = new LanguageClient('decodeLens', 'Decode Lens', server, options);
    client.onNotification(ANALYZED_NOTIFICATION, (params: AnalyzedParams) => {
      this.analyzed.fire(params);
    });
    this.client = client;
    await client.start();
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** Sends a request, starting the server if need be. Rejects when it can't be answered. */
  async request<Result>(method: string, params: unknown): Promise<Result> {
    await this.start();
    if (!this.client) throw new Error('the language server is not running');
    return this.client.sendRequest<Result>(method, params);
  }

  private async stop(): Promise<void> {
    const { client } = this;
    this.client = null;
    this.starting = null;
    await client?.dispose();
  }

  dispose(): void {
    this.analyzed.dispose();
    void this.stop();
  }
}
