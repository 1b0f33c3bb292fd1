import {
  Emitter,
  TextDocuments,
  type CancellationToken,
  type Connection,
  type ServerCapabilities,
} from 'vscode-languageserver';
import { TextDocument } from 'vscode-languageserver-textdocument';
import {
  READ_FILE_MAX_BYTES,
  READ_FILE_REQUEST,
  type ReadFileParams,
  type ReadFileResult,
} from '../protocol';
import type * as service from '../service';
import type { AnalyzedConfig } from '../service';
import { AnalysisCache, type Choices } from './analysis-cache';
import { Checkpoints } from './checkpoints';
import { ClosedTexts } from './closed-texts';
import { BARE_CLIENT, type Client } from './client';
import { contentModified, Guard } from './guard';
import { readText } from './read-text';
import { SettingsStore, type DocumentSettings } from './settings-store';
import { isWorkspaceFile, WorkspaceFiles } from './workspace-files';

/** After the last keystroke; analysis takes a few milliseconds, so this only keeps bursts together. */
const DEBOUNCE_MS = 60;

/** All of the language service. Nothing in this folder imports more than types from it: `initialize` is answered without. */
export type Service = typeof service;

/** One thing that the server can do. */
export interface Feature {
  /** What is said of it in the answer to `initialize`. */
  readonly capabilities?: (client: Client) => Partial<ServerCapabilities>;
  /** Puts its handlers on the connection, before anything was heard of the client. */
  readonly register: (core: Core) => void;
  /** The client is known and ready to be asked. */
  readonly initialized?: (core: Core) => void;
}

/** An open model config, of one version, with all that a handler needs. */
export interface ConfigVersion {
  readonly uri: string;
  readonly version: number;
  readonly analyzed: AnalyzedConfig;
  readonly settings: DocumentSettings;
  readonly service: Service;
}

/** An open document after a change; `config` is null where it is no model's. */
export interface Analyzed {
  readonly uri: string;
  readonly version: number;
  readonly config: ConfigVersion | null;
}

/** What features share: documents, their settings and their analyses by version, and word of what happened to them. */
export class Core {
  readonly documents = new TextDocuments(TextDocument);
  readonly guard: Guard;
  readonly settings: SettingsStore;
  readonly checkpoints = new Checkpoints();
  readonly cache = new AnalysisCache(this.checkpoints);
  readonly workspaceFiles = new WorkspaceFiles({
    roots: () => this.client.roots,
    openText: (uri) => this.documents.get(uri)?.getText(),
    askClient: (uri) => this.askForText(uri),
    loadService: () => this.loadService(),
  });
  private readonly closedTexts = new ClosedTexts((uri) =>
    readText(uri, READ_FILE_MAX_BYTES, (file) => this.askForText(file)),
  );
  client: Client = BARE_CLIENT;
  /** Counts what changed besides the texts of open documents: settings, files beside configs, what is open. */
  generation = 0;

  private readonly timers = new Map<string, NodeJS.Timeout>();
  private readonly analyzed = new Emitter<Analyzed>();
  private readonly stale = new Emitter<void>();
  private readonly closed = new Emitter<string>();
  /** A document was analysed, a moment after its last change. */
  readonly onAnalyzed = this.analyzed.event;
  /** Analyses changed though no text did: a client that asks should ask again. */
  readonly onStale = this.stale.event;
  readonly onClosed = this.closed.event;

  private service: Promise<Service> | null = null;

  constructor(
    readonly connection: Connection,
    private readonly importService: () => Promise<Service>,
  ) {
    this.guard = new Guard(connection);
    this.settings = new SettingsStore(
      async (uri) =>
        this.client.configuration
          ? ((await connection.workspace.getConfiguration({
              ...(uri === '' ? {} : { scopeUri: uri }),
              section: 'decodeLens',
            })) as unknown)
          : undefined,
      async (raw, uri) => {
        const { settings, problems } = (await this.loadService()).readSettings(raw);
        for (const problem of problems) connection.console.warn(`Settings: ${problem}`);
        try {
          return await this.workspaceFiles.settingsOf(uri, settings);
        } catch (error) {
          // Such as a URI that is none (`file:////a`): the config is analysed all the same.
          this.guard.log(`settings of ${uri}`, error);
          return settings;
        }
      },
    );
    this.documents.onDidChangeContent(({ document }) => {
      this.schedule(document.uri);
    });
    this.documents.onDidOpen(({ document }) => {
      this.refreshCheckpoint(document.uri);
    });
    this.documents.onDidSave(({ document }) => {
      this.refreshCheckpoint(document.uri);
    });
    this.documents.onDidClose(({ document: { uri } }) => {
      clearTimeout(this.timers.get(uri));
      this.timers.delete(uri);
      // When it is opened again, its versions count anew.
      this.generation++;
      this.cache.forget(uri);
      this.settings.forget(uri);
      this.closed.fire(uri);
    });
  }

  /** Readers, schemas, rules and catalog are loaded when the first document asks for them. */
  loadService(): Promise<Service> {
    this.service ??= this.importService().catch((error: unknown) => {
      // Tried again with the next request: an update may have been replacing the file.
      this.service = null;
      throw error;
    });
    return this.service;
  }

  /** Settings changed: everything is worked out anew. */
  resetSettings(): void {
    this.settings.reset();
    this.invalidate();
  }

  /** What analyses were made from has changed, for one document or for all. */
  invalidate(uri?: string): void {
    this.generation++;
    if (uri === undefined) this.cache.clear();
    else this.cache.forget(uri);
    for (const document of this.documents.all())
      if (uri === undefined || document.uri === uri) this.schedule(document.uri);
    this.stale.fire();
  }

  /** The current version of an open document, analysed, maybe under a panel's choices; null where it is no model's config. */
  async configOf(uri: string, choices?: Choices): Promise<ConfigVersion | null> {
    const service = await this.loadService();
    // Settings are kept until a document is closed.
    if (!this.documents.get(uri)) return null;
    const asked = this.settings.of(uri);
    const settings = await asked;
    const document = this.documents.get(uri);
    if (!document) return null;
    // Settings that changed while they were asked for would otherwise stay in the cache until the next edit.
    if (this.settings.of(uri) !== asked) return this.configOf(uri, choices);
    const analyzed = choices
      ? this.cache.underChoices(document, settings.service, choices, service)
      : this.cache.analyze(document, settings.service, service);
    return analyzed && { uri, version: document.version, analyzed, settings, service };
  }

  /** A config that is not open, as its file is now; null where there is none that can be read. */
  async closedConfigOf(uri: string, choices: Choices): Promise<AnalyzedConfig | null> {
    const service = await this.loadService();
    const document = await this.closedTexts.documentOf(uri);
    if (!document || !service.mayBeModelConfig(document.getText())) return null;
    const settings = await this.settings.of(uri);
    return this.cache.underChoices(document, settings.service, choices, service);
  }

  /**
   * A language feature of model configs: `empty` for other documents and after an error; an answer for a text that has
   * changed meanwhile is none.
   */
  feature<P extends { readonly textDocument: { readonly uri: string } }, R>(
    what: string,
    empty: R,
    answer: (config: ConfigVersion, params: P, token: CancellationToken) => Promise<R> | R,
    ofWorkspaceFile: (document: TextDocument, params: P) => Promise<R> | R = () => empty,
  ) {
    return this.guard.feature<P, R>(what, empty, async (params, token) => {
      const { uri } = params.textDocument;
      const document = this.documents.get(uri);
      const asked = document?.version;
      if (document && isWorkspaceFile(uri)) return ofWorkspaceFile(document, params);
      const config = await this.configOf(uri);
      if (token.isCancellationRequested) return empty;
      const result = config ? await answer(config, params, token) : empty;
      return this.documents.get(uri)?.version === asked ? result : contentModified();
    });
  }

  /** A file that only the client can reach. */
  private async askForText(uri: string): Promise<string | null> {
    if (!this.client.readsFiles) return null;
    const params: ReadFileParams = { uri };
    const { text } = await this.connection.sendRequest<ReadFileResult>(READ_FILE_REQUEST, params);
    return text;
  }

  private schedule(uri: string): void {
    clearTimeout(this.timers.get(uri));
    this.timers.set(
      uri,
      setTimeout(() => {
        this.timers.delete(uri);
        this.guard.background('analysis', async () => {
          const config = await this.configOf(uri);
          const version = this.documents.get(uri)?.version;
          if (version !== undefined) this.analyzed.fire({ uri, version, config });
        });
      }, DEBOUNCE_MS),
    );
  }

  private refreshCheckpoint(uri: string): void {
    this.guard.background('checkpoint', async () => {
      if ((await this.checkpoints.refresh(uri)) && this.documents.get(uri)) this.invalidate(uri);
    });
  }
}
