import * as vscode from 'vscode';
import { IDENTIFY_REQUEST, type IdentifyParams, type IdentifyResult } from '../protocol';
import { mayBeModelConfig } from '../service/recognize-text';
import type { LanguageClientController } from './client';

const modelConfigLanguages: readonly string[] = ['json', 'jsonc'];

/** When clauses of menus use this. */
const CONTEXT_KEY = 'decodeLens.isModelConfig';

/** A document that may be a model config, by a cheap test of its text. */
export const isCandidate = (document: vscode.TextDocument): boolean =>
  modelConfigLanguages.includes(document.languageId) && mayBeModelConfig(document.getText());

/**
 * Looks at JSON documents as they open and change, and starts the server at the first that may be a model config.
 * Knows what the server says of the one in the active editor.
 */
export class ActiveConfig implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onChanged = this.changed.event;
  private identity: IdentifyResult | null = null;
  private asked = 0;
  private readonly subscriptions: vscode.Disposable;

  constructor(
    private readonly client: LanguageClientController,
    private readonly log: vscode.LogOutputChannel,
  ) {
    const startFor = (document: vscode.TextDocument) => {
      this.startFor(document);
    };
    this.subscriptions = vscode.Disposable.from(
      vscode.workspace.onDidOpenTextDocument(startFor),
      vscode.workspace.onDidChangeTextDocument(({ document }) => {
        startFor(document);
      }),
      vscode.window.onDidChangeActiveTextEditor(() => void this.refresh()),
      client.onAnalyzed(() => void this.refresh()),
      client.onStateChanged(() => void this.refresh()),
    );
    vscode.workspace.textDocuments.forEach(startFor);
  }

  /** The document in the active editor, if it may be a model config. */
  get document(): vscode.TextDocument | null {
    const document = vscode.window.activeTextEditor?.document;
    return document && isCandidate(document) ? document : null;
  }

  /** What the server says of it; null while it has not answered, and for what is no model config. */
  get identified(): IdentifyResult | null {
    return this.identity;
  }

  private startFor(document: vscode.TextDocument): void {
    if (this.client.state !== 'off' || !isCandidate(document)) return;
    this.log.info(`starting the language server for ${document.uri.toString()}`);
    // A failed start has told so itself.
    void this.client.start().catch(() => undefined);
  }

  /** Asks the server, which has parsed the document; a stale answer is dropped. */
  private async refresh(): Promise<void> {
    const mine = ++this.asked;
    const { document } = this;
    let identity: IdentifyResult | null = null;
    if (document && this.client.state === 'running') {
      const params: IdentifyParams = { uri: document.uri.toString() };
      identity = await this.client.request<IdentifyResult>(IDENTIFY_REQUEST, params).catch(() => null);
    }
    if (mine !== this.asked) return;
    this.identity = identity?.isModelConfig === true ? identity : null;
    this.changed.fire();
    await vscode.commands.executeCommand('setContext', CONTEXT_KEY, this.identity !== null);
  }

  dispose(): void {
    this.subscriptions.dispose();
    this.changed.dispose();
  }
}
