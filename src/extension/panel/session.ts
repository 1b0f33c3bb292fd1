import * as vscode from 'vscode';
import {
  COMPARE_REQUEST,
  PANEL_COMMANDS,
  VIEW_METHODS,
  VIEW_REQUEST,
  type AnalysisOptions,
  type CompareParams,
  type CompareResult,
  type HostMessage,
  type HostRequests,
  type PanelMethod,
  type PanelRequest,
  type PanelResponse,
  type ViewRequests,
  type WebviewMessage,
} from '../../protocol';
import type { LanguageClientController } from '../client';
import { applyEdits, openModel, reveal } from './editors';
import { exportFile, saveOptions } from './files';
import { loadPage } from './page';
import { pickConfigs } from './workspace-configs';

/** Where the app is shown: an editor panel, or the view in the side bar. */
export interface Surface {
  readonly webview: vscode.Webview;
  readonly visible: boolean;
}

/** What every session works with. */
export interface PanelServices {
  readonly extensionUri: vscode.Uri;
  readonly client: LanguageClientController;
  readonly log: vscode.LogOutputChannel;
}

type HostAnswers = {
  readonly [M in keyof HostRequests]: (
    params: HostRequests[M]['params'],
  ) => Promise<HostRequests[M]['result']>;
};

/** The app's host: answers its messages, and sends a fresh state whenever a config or a setting changes. */
export class PanelSession implements vscode.Disposable {
  private readonly subscriptions: vscode.Disposable[] = [];
  /** The panel's own choices; empty means as in the settings. */
  private choices: Partial<AnalysisOptions> = {};
  /** Configs that are compared whether or not they are open. */
  private models: readonly string[] = [];
  /** The config last looked at: the panel itself taking the focus must not lose it. */
  private activeUri: string | undefined;
  /** To be shown once the webview is ready. */
  private wantedView: string | null = null;
  private ready = false;
  private stale = false;
  private latest = 0;
  private readonly client: LanguageClientController;
  private readonly log: vscode.LogOutputChannel;
  private readonly answers: HostAnswers;

  constructor(
    private readonly surface: Surface,
    { extensionUri, client, log }: PanelServices,
  ) {
    this.client = client;
    this.log = log;
    const { activeTextEditor, visibleTextEditors } = vscode.window;
    this.activeUri = (activeTextEditor ?? visibleTextEditors[0])?.document.uri.toString();
    this.answers = {
      applyEdits: ({ id, edits }) => applyEdits(client, id, edits),
      reveal: ({ id, path }) => reveal(client, id, path),
      export: exportFile,
      saveOptions: ({ options }) => saveOptions(client, this.chosen(options), this.activeUri),
      addModels: () => this.pickModels(),
    };
    const watcher = vscode.workspace.createFileSystemWatcher('**/*.json');
    const fileChanged = (uri: vscode.Uri) => {
      if (this.models.includes(uri.toString())) void this.refresh();
    };
    this.subscriptions.push(
      surface.webview.onDidReceiveMessage((message: WebviewMessage) => {
        this.receive(message);
      }),
      client.onAnalyzed(() => void this.refresh()),
      watcher,
      watcher.onDidChange(fileChanged),
      watcher.onDidCreate(fileChanged),
      watcher.onDidDelete(fileChanged),
      vscode.window.onDidChangeActiveTextEditor((editor) => {
        if (!editor) return;
        this.activeUri = editor.document.uri.toString();
        void this.refresh();
      }),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (!event.affectsConfiguration('decodeLens')) return;
        this.choices = {};
        this.remember();
        void this.refresh();
      }),
    );
    loadPage(surface.webview, extensionUri);
  }

  /** Draws this config on top, as if its editor were the active one. */
  highlight(uri: string): void {
    if (this.activeUri === uri) return;
    this.activeUri = uri;
    void this.refresh();
  }

  /** Compares these too. */
  add(uris: readonly string[]): void {
    this.models = [...new Set([...this.models, ...uris])];
    this.remember();
    void this.refresh();
  }

  show(view: string): void {
    this.wantedView = view;
    if (this.ready) this.showWanted();
  }

  /** The surface is shown, or hidden: what changed meanwhile is drawn now. */
  visibilityChanged(): void {
    if (this.stale) void this.refresh();
  }

  dispose(): void {
    this.latest++;
    vscode.Disposable.from(...this.subscriptions).dispose();
  }

  private receive(message: WebviewMessage): void {
    switch (message.type) {
      case 'ready':
        this.ready = true;
        this.models = [...new Set([...message.models, ...this.models])];
        this.remember();
        this.showWanted();
        void this.refresh();
        break;
      case 'setOptions':
        this.choices = { ...this.choices, ...message.options };
        void this.refresh();
        break;
      case 'setModels':
        this.models = message.uris;
        void this.refresh();
        break;
      case 'request':
        void this.answer(message);
        break;
      case 'openModel':
        openModel(this.client, message.id).catch((error: unknown) => {
          this.log.error(error instanceof Error ? error : String(error));
        });
        break;
      case 'command':
        if (PANEL_COMMANDS.includes(message.command)) void vscode.commands.executeCommand(message.command);
        break;
      case 'drawn':
        this.log.debug(`panel drew ${message.view} with ${message.models} models`);
        break;
      case 'error':
        this.log.error(`panel: ${message.message}`);
        break;
    }
  }

  private post(message: HostMessage): void {
    void this.surface.webview.postMessage(message);
  }

  private remember(): void {
    if (this.ready) this.post({ type: 'remember', options: this.choices, models: this.models });
  }

  private showWanted(): void {
    if (this.wantedView !== null) this.post({ type: 'show', view: this.wantedView });
    this.wantedView = null;
  }

  /** What the panel's views are about, for the server. */
  private asked(): CompareParams {
    return {
      options: this.choices,
      uris: this.models,
      ...(this.activeUri === undefined ? {} : { activeUri: this.activeUri }),
    };
  }

  /** Every request is answered, if only with an error. */
  private async answer({ number, method, params }: PanelRequest): Promise<void> {
    let response: PanelResponse;
    try {
      response = { type: 'response', number, result: await this.resultOf(method, params) };
    } catch (error) {
      this.log.error(error instanceof Error ? error : String(error));
      const message = error instanceof Error ? error.message : String(error);
      response = { type: 'response', number, error: message };
    }
    this.post(response);
  }

  private resultOf(method: PanelMethod, params: PanelRequest['params']): Promise<unknown> {
    if (isView(method)) return this.client.request(VIEW_REQUEST, { ...this.asked(), method, params });
    if (!Object.hasOwn(this.answers, method))
      return Promise.reject(new Error(`The panel's host does not know ${method}.`));
    // The protocol types a question with its method.
    const answer = this.answers[method] as (params: unknown) => Promise<unknown>;
    return answer(params);
  }

  /** Of the options in force, those that were chosen here. */
  private chosen(options: AnalysisOptions): Partial<AnalysisOptions> {
    return Object.fromEntries(Object.entries(options).filter(([key]) => key in this.choices));
  }

  private async pickModels(): Promise<string | null> {
    const open = new Set(vscode.workspace.textDocuments.map(({ uri }) => uri.toString()));
    const chosen = await pickConfigs(this.models, open);
    if (!chosen) return null;
    // Those that are open now could not be chosen, nor taken out.
    this.models = [...this.models.filter((uri) => open.has(uri)), ...chosen];
    this.remember();
    void this.refresh();
    return chosen.length === 1 ? '1 config of the workspace' : `${chosen.length} configs of the workspace`;
  }

  /** Asks the server and passes the answer on, unless a newer question has been asked meanwhile. */
  private async refresh(): Promise<void> {
    this.stale = !this.surface.visible;
    if (!this.ready || this.stale) return;
    const mine = ++this.latest;
    let message: HostMessage;
    try {
      const state = await this.client.request<CompareResult>(COMPARE_REQUEST, this.asked());
      message = { type: 'state', state };
    } catch (error) {
      this.log.error(error instanceof Error ? error : String(error));
      message = { type: 'failed', message: error instanceof Error ? error.message : String(error) };
    }
    if (mine === this.latest) this.post(message);
  }
}

const isView = (method: PanelMethod): method is keyof ViewRequests =>
  VIEW_METHODS.some((view) => view === method);
