import * as vscode from 'vscode';
import { PanelSession, type PanelServices } from './session';
import { onlyConfigs } from './workspace-configs';

const VIEW_TYPE = 'decodeLens.compare';
/** In the activity bar's container. */
const VIEW_ID = 'decodeLens.panel';

/**
 * The panel, as an editor and as a view in the side bar. There is at most one editor: it is revealed when asked for again,
 * and comes back when the window is reloaded.
 */
export function registerPanel(services: PanelServices): vscode.Disposable {
  let open: { readonly panel: vscode.WebviewPanel; readonly session: PanelSession } | null = null;
  const attach = (panel: vscode.WebviewPanel): PanelSession => {
    panel.iconPath = vscode.Uri.joinPath(services.extensionUri, 'media', 'icon.png');
    const session = new PanelSession(panel, services);
    open = { panel, session };
    panel.onDidChangeViewState(() => {
      session.visibilityChanged();
    });
    panel.onDidDispose(() => {
      session.dispose();
      if (open?.panel === panel) open = null;
    });
    return session;
  };
  const opened = (): PanelSession => {
    if (open) {
      open.panel.reveal(undefined, true);
      return open.session;
    }
    return attach(
      vscode.window.createWebviewPanel(VIEW_TYPE, 'Decode Lens: Compare Models', vscode.ViewColumn.Beside, {
        retainContextWhenHidden: true,
      }),
    );
  };
  const openFor = async (configs: readonly vscode.Uri[], view?: string): Promise<void> => {
    const found = await onlyConfigs(configs);
    if (configs.length > 0 && found.length === 0) {
      const names = configs.map((uri) => vscode.workspace.asRelativePath(uri)).join(', ');
      void vscode.window.showInformationMessage(`Decode Lens: no model config in ${names}.`);
      return;
    }
    const session = opened();
    const [first] = found;
    const closed = found.map((uri) => uri.toString()).filter((uri) => !isOpen(uri));
    if (closed.length > 0) session.add(closed);
    if (first) session.highlight(first.toString());
    if (view !== undefined) session.show(view);
  };
  return vscode.Disposable.from(
    // A lens names its document as a string, an editor's menu as a URI, the explorer's with all that are selected.
    vscode.commands.registerCommand(
      'decodeLens.compareModels',
      (config?: string | vscode.Uri, all?: unknown) => openFor(urisOf(config, all)),
    ),
    vscode.commands.registerCommand('decodeLens.showSensitivity', (config?: string | vscode.Uri) =>
      openFor(urisOf(config), 'sensitivity'),
    ),
    vscode.window.registerWebviewPanelSerializer(VIEW_TYPE, {
      deserializeWebviewPanel(panel) {
        if (open) panel.dispose();
        else attach(panel);
        return Promise.resolve();
      },
    }),
    vscode.window.registerWebviewViewProvider(
      VIEW_ID,
      {
        resolveWebviewView(view) {
          const session = new PanelSession(view, services);
          view.onDidChangeVisibility(() => {
            session.visibilityChanged();
          });
          view.onDidDispose(() => {
            session.dispose();
          });
        },
      },
      { webviewOptions: { retainContextWhenHidden: true } },
    ),
    new vscode.Disposable(() => {
      open?.panel.dispose();
    }),
  );
}

function urisOf(config?: string | vscode.Uri, all?: unknown): readonly vscode.Uri[] {
  const selected: readonly unknown[] = Array.isArray(all) ? all : [];
  const uris = selected.filter((uri) => uri instanceof vscode.Uri);
  if (uris.length > 0 || config === undefined) return uris;
  return [typeof config === 'string' ? vscode.Uri.parse(config, true) : config];
}

const isOpen = (uri: string): boolean =>
  vscode.workspace.textDocuments.some((document) => document.uri.toString() === uri);
