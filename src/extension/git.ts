import * as vscode from 'vscode';
import { COMMITTED_NOTIFICATION, type CommittedParams } from '../protocol';
import type { LanguageClientController } from './client';

/** As much of the API of VS Code's Git extension (version 1) as is needed here. */
interface GitExtension {
  readonly enabled: boolean;
  readonly onDidChangeEnablement: vscode.Event<boolean>;
  getAPI(version: 1): GitApi;
}
interface GitApi {
  readonly repositories: readonly Repository[];
  readonly onDidOpenRepository: vscode.Event<Repository>;
  readonly onDidCloseRepository: vscode.Event<Repository>;
  getRepository(uri: vscode.Uri): Repository | null;
}
interface Repository {
  readonly state: {
    readonly HEAD: { readonly commit?: string } | undefined;
    readonly onDidChange: vscode.Event<void>;
  };
  /** Rejects when the file is not in that commit. */
  show(ref: string, path: string): Promise<string>;
}

/** A closed document is analysed no more, but that too is told. */
const isOpen = (uri: string) =>
  vscode.workspace.textDocuments.some((document) => document.uri.toString() === uri);

/** Checkouts and commits come as bursts of state changes. */
const DEBOUNCE_MS = 200;

/**
 * Tells the server the committed text of every open model config, so that it can say how the edited one stands against
 * it. Where there is no Git extension (or none that may run: an untrusted workspace) nothing happens.
 */
export class CommittedTexts implements vscode.Disposable {
  private readonly configs = new Set<string>();
  /** The commit whose text the server has, by document; empty for "not in a repository". */
  private readonly told = new Map<string, string>();
  private git: GitApi | null = null;
  private connecting: Promise<void> | null = null;
  private timer: NodeJS.Timeout | undefined;
  private readonly subscriptions: vscode.Disposable[] = [];
  private readonly ofGit: vscode.Disposable[] = [];

  constructor(
    private readonly client: LanguageClientController,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.subscriptions.push(
      // The server says what is a model config: no other file costs anything here.
      client.onAnalyzed(({ uri }) => {
        if (!uri.startsWith('file:') || this.configs.has(uri) || !isOpen(uri)) return;
        this.configs.add(uri);
        this.refreshSoon();
      }),
      client.onStateChanged(() => {
        this.told.clear();
        this.refreshSoon();
      }),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => {
        this.configs.delete(uri.toString());
        this.told.delete(uri.toString());
      }),
      // The Git extension may come later: a workspace that is trusted now.
      vscode.extensions.onDidChange(() => {
        if (!this.git) this.refreshSoon();
      }),
    );
  }

  private refreshSoon(): void {
    clearTimeout(this.timer);
    if (this.configs.size === 0) return;
    this.timer = setTimeout(() => {
      this.refresh().catch((error: unknown) => {
        this.log.warn(`committed texts: ${String(error)}`);
      });
    }, DEBOUNCE_MS);
  }

  private async refresh(): Promise<void> {
    await (this.connecting ??= this.connect());
    for (const document of vscode.workspace.textDocuments)
      if (this.configs.has(document.uri.toString())) await this.tell(document.uri);
  }

  private async tell(uri: vscode.Uri): Promise<void> {
    const key = uri.toString();
    const repository = this.git?.getRepository(uri) ?? null;
    const commit = repository?.state.HEAD?.commit ?? '';
    const known = this.told.get(key);
    if (known === commit || (known === undefined && commit === '')) return;
    this.told.set(key, commit);
    const text = commit === '' ? null : await repository?.show(commit, uri.fsPath).catch(() => null);
    const params: CommittedParams = { uri: key, text: text ?? null };
    await this.client.notify(COMMITTED_NOTIFICATION, params);
  }

  /** Finds the Git extension when the first config is open, not before. */
  private async connect(): Promise<void> {
    const extension = vscode.extensions.getExtension<GitExtension>('vscode.git');
    if (!extension) {
      this.connecting = null;
      return;
    }
    const git = await extension.activate();
    const use = () => {
      vscode.Disposable.from(...this.ofGit.splice(0)).dispose();
      this.git = git.enabled ? git.getAPI(1) : null;
      if (this.git) this.follow(this.git);
      this.refreshSoon();
    };
    this.subscriptions.push(git.onDidChangeEnablement(use));
    use();
  }

  private follow(git: GitApi): void {
    const watch = (repository: Repository) => {
      this.ofGit.push(
        repository.state.onDidChange(() => {
          this.refreshSoon();
        }),
      );
    };
    git.repositories.forEach(watch);
    this.ofGit.push(
      git.onDidOpenRepository((repository) => {
        watch(repository);
        this.refreshSoon();
      }),
      git.onDidCloseRepository(() => {
        this.refreshSoon();
      }),
    );
  }

  dispose(): void {
    clearTimeout(this.timer);
    vscode.Disposable.from(...this.subscriptions, ...this.ofGit).dispose();
  }
}
