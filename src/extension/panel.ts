import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import {
  COMPARE_REQUEST,
  VIEW_METHODS,
  VIEW_REQUEST,
  type AnalysisOptions,
  type CompareParams,
  type CompareResult,
  type HostMessage,
  type PanelMethod,
  type PanelRequest,
  type PanelResponse,
  type WebviewMessage,
} from '../protocol';
import type { LanguageClientController } from './client';
import { openCatalogModel } from './new-config';

const VIEW_TYPE = 'decodeLens.compare';

/** Registers the command that opens the comparison panel; there is at most one, and it is revealed when asked for again. */
export function registerPanel(
  context: vscode.ExtensionContext,
  client: LanguageClientController,
  log: vscode.LogOutputChannel,
): vscode.Disposable {
  let open: ComparePanel | null = null;
  return vscode.Disposable.from(
    // A lens names its document as a string, a menu as a URI.
    vscode.commands.registerCommand('decodeLens.compareModels', (config?: string | vscode.Uri) => {
      if (open) open.reveal();
      else
        open = new ComparePanel(context.extensionUri, client, log, () => {
          open = null;
        });
      if (config !== undefined) open.highlight(config.toString());
    }),
    { dispose: () => open?.dispose() },
  );
}

/** The panel's host: answers its messages and sends a fresh state whenever an open config or a setting changes. */
class ComparePanel implements vscode.Disposable {
  private readonly panel: vscode.WebviewPanel;
  private readonly subscriptions: vscode.Disposable[] = [];
  /** The panel's own choices; empty means as in the settings. */
  private choices: Partial<AnalysisOptions> = {};
  /** The config last looked at: the panel itself taking the focus must not lose it. */
  private activeUri: string | undefined;
  private ready = false;
  private latest = 0;

  constructor(
    extensionUri: vscode.Uri,
    private readonly client: LanguageClientController,
    private readonly log: vscode.LogOutputChannel,
    onClosed: () => void,
  ) {
    const root = vscode.Uri.joinPath(extensionUri, 'dist');
    this.activeUri = vscode.window.activeTextEditor?.document.uri.toString();
    this.panel = vscode.window.createWebviewPanel(
      VIEW_TYPE,
      'Decode Lens: Compare Models',
      vscode.ViewColumn.Beside,
      {
        enableScripts: true,
        retainContextWhenHidden: true,
        localResourceRoots: [root],
      },
    );
    this.panel.iconPath = vscode.Uri.joinPath(extensionUri, 'media', 'icon.png');
    this.subscriptions.push(
      this.panel.webview.onDidReceiveMessage((message: WebviewMessage) => {
        this.receive(message);
      }),
      this.panel.onDidDispose(() => {
        vscode.Disposable.from(...this.subscriptions).dispose();
        onClosed();
      }),
      client.onAnalyzed(() => void this.refresh()),
      vscode.window.onDidChangeActiveTextEditor((editor) => {
        if (!editor) return;
        this.activeUri = editor.document.uri.toString();
        void this.refresh();
      }),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (!event.affectsConfiguration('decodeLens')) return;
        this.choices = {};
        void this.refresh();
      }),
    );
    this.panel.webview.html = pageOf(this.panel.webview, root);
  }

  reveal(): void {
    this.panel.reveal(undefined, true);
  }

  /** Draws this config on top, as if its editor were the active one. */
  highlight(uri: string): void {
    if (this.activeUri === uri) return;
    this.activeUri = uri;
    void this.refresh();
  }

  dispose(): void {
    this.panel.dispose();
  }

  private receive(message: WebviewMessage): void {
    switch (message.type) {
      case 'ready':
        this.ready = true;
        void this.refresh();
        break;
      case 'setOptions':
        this.choices = { ...this.choices, ...message.options };
        void this.refresh();
        break;
      case 'setModels':
        void this.refresh();
        break;
      case 'request':
        void this.answer(message);
        break;
      case 'openModel':
        void this.openModel(message.id);
        break;
      case 'drawn':
        this.log.debug(`panel drew ${message.view} with ${message.models} models`);
        break;
      case 'error':
        this.log.error(`panel: ${message.message}`);
        break;
    }
  }

  /** What the panel's views are about, for the server. */
  private asked(): CompareParams {
    return {
      options: this.choices,
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
      response = {
        type: 'response',
        number,
        error: error instanceof Error ? error.message : String(error),
      };
    }
    await this.panel.webview.postMessage(response);
  }

  private resultOf(method: PanelMethod, params: PanelRequest['params']): Promise<unknown> {
    if (!VIEW_METHODS.some((view) => view === method))
      return Promise.reject(new Error(`The panel's host does not know ${method}.`));
    return this.client.request(VIEW_REQUEST, { ...this.asked(), method, params });
  }

  /** Asks the server and passes the answer on, unless a newer question has been asked meanwhile. */
  private async refresh(): Promise<void> {
    if (!this.ready) return;
    const mine = ++this.latest;
    let message: HostMessage;
    try {
      const state = await this.client.request<CompareResult>(COMPARE_REQUEST, this.asked());
      message = { type: 'state', state };
    } catch (error) {
      this.log.error(error instanceof Error ? error : String(error));
      message = { type: 'failed', message: error instanceof Error ? error.message : String(error) };
    }
    if (mine === this.latest) await this.panel.webview.postMessage(message);
  }

  /** Shows an open config, or a catalog model's as a new document. */
  private async openModel(id: string): Promise<void> {
    try {
      if (id.startsWith(CATALOG_PREFIX)) await openCatalogModel(this.client, id.slice(CATALOG_PREFIX.length));
      else
        await vscode.window.showTextDocument(vscode.Uri.parse(id, true), {
          viewColumn: vscode.ViewColumn.One,
        });
    } catch (error) {
      this.log.error(error instanceof Error ? error : String(error));
    }
  }
}

const CATALOG_PREFIX = 'catalog:';

/** Hash of the empty style element: the toolkit inserts one to probe the browser, and nothing but that is allowed inline. */
const EMPTY_STYLE = 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=';

/** The page: one script with a nonce, one style sheet, nothing from elsewhere. */
function pageOf(webview: vscode.Webview, root: vscode.Uri): string {
  const nonce = randomBytes(16).toString('base64');
  const uri = (name: string) => webview.asWebviewUri(vscode.Uri.joinPath(root, name)).toString();
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src ${webview.cspSource} '${EMPTY_STYLE}'`,
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="UTF-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${uri('webview.css')}">
<title>Decode Lens</title>
</head>
<body>
<div id="app"></div>
<script nonce="${nonce}" src="${uri('webview.js')}"></script>
</body>
</html>`;
}
