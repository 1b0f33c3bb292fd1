import * as vscode from 'vscode';
import type { LanguageClient, LanguageClientOptions, ServerOptions } from 'vscode-languageclient/node';
import {
  ANALYZED_NOTIFICATION,
  READ_FILE_REQUEST,
  type AnalyzedParams,
  type InitializationOptions,
} from '../protocol';
import { readFileForServer } from './read-file';
import { RestartBudget } from './restart-budget';

/** `failed`: it did not start, or ended too often; only the user starts it again. */
export type ServerState = 'off' | 'starting' | 'running' | 'failed';

/** VS Code's JSON support marks syntax errors itself, and the extension has every command. */
const INITIALIZATION: InitializationOptions = { reportsSyntax: true, commands: true, readsFiles: true };

/** Starts, restarts and stops the language server, and passes requests to it. */
export class LanguageClientController implements vscode.Disposable {
  private client: LanguageClient | null = null;
  private starting: Promise<void> | null = null;
  private current: ServerState = 'off';
  private restarts = 0;
  private readonly budget = new RestartBudget();
  private readonly analyzed = new vscode.EventEmitter<AnalyzedParams>();
  private readonly stateChanged = new vscode.EventEmitter<ServerState>();
  /** An open model config was analysed anew. */
  readonly onAnalyzed = this.analyzed.event;
  readonly onStateChanged = this.stateChanged.event;

  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  get state(): ServerState {
    return this.current;
  }

  /** How often it was started again because it had ended by itself. */
  get crashes(): number {
    return this.restarts;
  }

  /** Starts the server once; later calls wait for the same start. A start that failed is tried again by `restart` alone. */
  start(): Promise<void> {
    if (this.current === 'failed')
      return Promise.reject(
        new Error('the language server has stopped; "Decode Lens: Restart Language Server" starts it again'),
      );
    this.starting ??= this.launch().catch((error: unknown) => {
      this.log.error(error instanceof Error ? error : String(error));
      void this.abandon(`The language server did not start (${String(error)}).`);
      throw error;
    });
    return this.starting;
  }

  async restart(): Promise<void> {
    this.budget.reset();
    await this.stop();
    await this.start();
  }

  /** Sends a request, starting the server if need be. Rejects when it can't be answered. */
  async request<Result>(method: string, params: unknown): Promise<Result> {
    await this.start();
    if (!this.client) throw new Error('the language server is not running');
    return this.client.sendRequest<Result>(method, params);
  }

  /** Tells a running server something; one that doesn't run need not know. */
  async notify(method: string, params: unknown): Promise<void> {
    if (this.current === 'running') await this.client?.sendNotification(method, params);
  }

  private async launch(): Promise<void> {
    this.setState('starting');
    // Opening any JSON file activates the extension; most need no client, whose library is most of the bundle.
    const { CloseAction, ErrorAction, LanguageClient, State, TransportKind } =
      await import('vscode-languageclient/node');
    const module = this.context.asAbsolutePath('dist/server.js');
    const server: ServerOptions = {
      run: { module, transport: TransportKind.ipc },
      debug: { module, transport: TransportKind.ipc, options: { execArgv: ['--nolazy', '--inspect=6029'] } },
    };
    const options: LanguageClientOptions = {
      documentSelector: [{ language: 'json' }, { language: 'jsonc' }],
      outputChannel: this.log,
      initializationOptions: INITIALIZATION,
      // What happens then is decided here, in `recover`; the library would tell the user in its own words.
      errorHandler: {
        error: (_error, _message, count) => ({
          action: (count ?? 0) <= 3 ? ErrorAction.Continue : ErrorAction.Shutdown,
          handled: true,
        }),
        closed: () => ({ action: CloseAction.DoNotRestart, handled: true }),
      },
    };
    const client = new LanguageClient('decodeLens', 'Decode Lens', server, options);
    client.onNotification(ANALYZED_NOTIFICATION, (params: AnalyzedParams) => {
      this.analyzed.fire(params);
    });
    client.onRequest(READ_FILE_REQUEST, readFileForServer);
    client.onDidChangeState(({ newState }) => {
      // A server that is stopped on purpose is no longer ours by then.
      if (newState === State.Stopped && this.client === client && this.current === 'running')
        void this.recover();
    });
    this.client = client;
    const started = Date.now();
    await client.start();
    this.log.info(`the language server started in ${Date.now() - started} ms`);
    this.setState('running');
  }

  /** The server ended by itself: starts it again, unless it does nothing else. */
  private async recover(): Promise<void> {
    this.client = null;
    this.starting = null;
    if (!this.budget.allows(Date.now())) {
      await this.abandon('The language server ended unexpectedly too often, and was not started again.');
      return;
    }
    this.restarts++;
    this.log.warn('the language server ended unexpectedly and is started again');
    if (this.restarts === 1)
      void this.offer(
        vscode.window.showInformationMessage(
          'Decode Lens: The language server ended unexpectedly and was started again.',
          SHOW_LOG,
        ),
      );
    // A failed start has told so itself.
    await this.start().catch(() => undefined);
  }

  /** Leaves the server as it is, and lets the user choose. */
  private async abandon(why: string): Promise<void> {
    this.client = null;
    this.starting = null;
    this.log.error(why);
    this.setState('failed');
    await this.offer(vscode.window.showErrorMessage(`Decode Lens: ${why}`, RESTART, SHOW_LOG));
  }

  private async offer(choice: Thenable<string | undefined>): Promise<void> {
    const chosen = await choice;
    if (chosen === RESTART) await this.restart().catch(() => undefined);
    else if (chosen === SHOW_LOG) this.log.show();
  }

  private async stop(): Promise<void> {
    // A client can be stopped once it has started, not before.
    await this.starting?.catch(() => undefined);
    const { client } = this;
    this.client = null;
    this.starting = null;
    this.setState('off');
    await client?.dispose().catch((error: unknown) => {
      this.log.warn(`stopping the language server: ${String(error)}`);
    });
  }

  private setState(state: ServerState): void {
    if (this.current === state) return;
    this.current = state;
    this.stateChanged.fire(state);
  }

  dispose(): void {
    void this.stop();
    this.analyzed.dispose();
    this.stateChanged.dispose();
  }
}

const RESTART = 'Restart';
const SHOW_LOG = 'Show Log';
