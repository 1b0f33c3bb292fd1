import {
  DiagnosticSeverity,
  DidChangeConfigurationNotification,
  InlayHintKind,
  MarkupKind,
  TextDocuments,
  TextDocumentSyncKind,
  type Connection,
  type Diagnostic,
  type InitializeParams,
} from 'vscode-languageserver';
import { TextDocument } from 'vscode-languageserver-textdocument';
import packageJson from '../../package.json';
import {
  ANALYZED_NOTIFICATION,
  CATALOG_REQUEST,
  CATALOG_TEXT_REQUEST,
  COMPARE_REQUEST,
  IDENTIFY_REQUEST,
  type AnalyzedParams,
  type CatalogResult,
  type CatalogTextParams,
  type CatalogTextResult,
  type CompareParams,
  type CompareResult,
  type Finding,
  type IdentifyParams,
  type IdentifyResult,
  type InitializationOptions,
  type Severity,
} from '../protocol';
import {
  catalogChoices,
  catalogText,
  compareModels,
  hoverAt,
  inlayHints,
  plainText,
  readSettings,
  type AnalyzedConfig,
} from '../service';
import { AnalysisCache } from './analysis-cache';
import { Checkpoints } from './checkpoints';
import { SettingsStore } from './settings-store';

/** After the last keystroke; analysis takes a few milliseconds, so this only keeps bursts together. */
const DEBOUNCE_MS = 60;

const SEVERITY: Readonly<Record<Severity, DiagnosticSeverity>> = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  information: DiagnosticSeverity.Information,
};

/** What the client says of itself; a bare one gets pushed diagnostics and plain-text hovers. */
interface Client {
  readonly configuration: boolean;
  readonly configurationChanges: boolean;
  readonly inlayRefresh: boolean;
  readonly markdown: boolean;
  /** VS Code's own JSON support reports these already; a client says so in `initializationOptions`. */
  readonly reportsSyntax: boolean;
}

/** The language server: one analysis cache by document version, everything else computed from it on demand. */
export function startServer(connection: Connection): void {
  const documents = new TextDocuments(TextDocument);
  let client: Client = {
    configuration: false,
    configurationChanges: false,
    inlayRefresh: false,
    markdown: false,
    reportsSyntax: false,
  };
  const settings = new SettingsStore(async (uri) =>
    client.configuration
      ? ((await connection.workspace.getConfiguration({
          ...(uri === '' ? {} : { scopeUri: uri }),
          section: 'decodeLens',
        })) as unknown)
      : undefined,
  );
  const checkpoints = new Checkpoints();
  const cache = new AnalysisCache(checkpoints);
  const timers = new Map<string, NodeJS.Timeout>();

  const log = (what: string, error: unknown): void => {
    connection.console.error(
      `${what}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
  };
  /** Hovers, hints and diagnostics: a failure is logged and answered with the empty result. Custom requests answer errors. */
  const guarded =
    <P, R>(what: string, empty: R, handler: (params: P) => Promise<R> | R) =>
    async (params: P): Promise<R> => {
      try {
        return await handler(params);
      } catch (error) {
        log(what, error);
        return empty;
      }
    };

  connection.onInitialize((params: InitializeParams) => {
    client = clientOf(params);
    settings.setStatic((params.initializationOptions as InitializationOptions | undefined)?.settings);
    return {
      serverInfo: { name: packageJson.displayName, version: packageJson.version },
      capabilities: {
        textDocumentSync: TextDocumentSyncKind.Incremental,
        hoverProvider: true,
        inlayHintProvider: true,
      },
    };
  });

  connection.onInitialized(() => {
    if (client.configurationChanges)
      void connection.client
        .register(DidChangeConfigurationNotification.type, { section: 'decodeLens' })
        .catch((error: unknown) => {
          log('register', error);
        });
  });

  connection.onDidChangeConfiguration(({ settings: pushed }: { settings: unknown }) => {
    settings.reset();
    settings.setStatic((pushed as { decodeLens?: unknown } | null)?.decodeLens);
    cache.clear();
    for (const document of documents.all()) schedule(document);
  });

  async function analysisOf(uri: string): Promise<AnalyzedConfig | null> {
    const document = documents.get(uri);
    if (!document) return null;
    const known = cache.get(uri, document.version);
    if (known !== undefined) return known;
    const asked = settings.of(uri);
    const { service, problems } = await asked;
    // Settings that changed while they were asked for would otherwise stay in the cache until the next edit.
    if (documents.get(uri) && settings.of(uri) !== asked) return analysisOf(uri);
    for (const problem of problems) connection.console.warn(`Settings: ${problem}`);
    // The document may have moved on while settings were asked for.
    const current = documents.get(uri);
    return current ? cache.analyze(current, service) : null;
  }

  function schedule(document: TextDocument): void {
    const { uri } = document;
    clearTimeout(timers.get(uri));
    timers.set(
      uri,
      setTimeout(() => {
        timers.delete(uri);
        void guarded('diagnostics', undefined, publish)(uri);
      }, DEBOUNCE_MS),
    );
  }

  async function publish(uri: string): Promise<void> {
    const analyzed = await analysisOf(uri);
    const document = documents.get(uri);
    if (!document) return;
    const findings = analyzed?.analysis.findings ?? [];
    const diagnostics = findings
      .filter((f) => !(client.reportsSyntax && f.code === 'json/syntax'))
      .map(diagnosticOf);
    if (diagnostics.length > 0 || cache.hadDiagnostics(uri))
      await connection.sendDiagnostics({ uri, version: document.version, diagnostics });
    cache.noteDiagnostics(uri, diagnostics.length > 0);
    if (!analyzed && !cache.wasConfig(uri)) return;
    cache.noteConfig(uri, analyzed !== null);
    if (client.inlayRefresh)
      connection.languages.inlayHint.refresh().catch((error: unknown) => {
        log('inlay hint refresh', error);
      });
    const params: AnalyzedParams = { uri, version: document.version };
    await connection.sendNotification(ANALYZED_NOTIFICATION, params);
  }

  documents.onDidChangeContent(({ document }) => {
    schedule(document);
  });
  const refreshCheckpoint = ({ document }: { readonly document: TextDocument }): void => {
    void guarded('checkpoint', false, (uri: string) => checkpoints.refresh(uri))(document.uri).then(
      (hasChanged) => {
        if (!hasChanged || !documents.get(document.uri)) return;
        cache.forget(document.uri);
        schedule(document);
      },
    );
  };
  documents.onDidOpen(refreshCheckpoint);
  documents.onDidSave(refreshCheckpoint);
  documents.onDidClose(({ document: { uri, version } }) => {
    clearTimeout(timers.get(uri));
    timers.delete(uri);
    const wasConfig = cache.wasConfig(uri);
    const hadDiagnostics = cache.hadDiagnostics(uri);
    cache.delete(uri);
    settings.forget(uri);
    if (hadDiagnostics) void connection.sendDiagnostics({ uri, diagnostics: [] });
    if (wasConfig)
      void connection.sendNotification(ANALYZED_NOTIFICATION, { uri, version } satisfies AnalyzedParams);
  });

  connection.onHover(
    guarded('hover', null, async ({ textDocument, position }) => {
      const analyzed = await analysisOf(textDocument.uri);
      const hover = analyzed && hoverAt(analyzed, position);
      if (!hover) return null;
      const kind = client.markdown ? MarkupKind.Markdown : MarkupKind.PlainText;
      return {
        range: hover.range,
        contents: { kind, value: client.markdown ? hover.markdown : plainText(hover.markdown) },
      };
    }),
  );

  connection.languages.inlayHint.on(
    guarded('inlay hints', [], async ({ textDocument, range }) => {
      const analyzed = await analysisOf(textDocument.uri);
      if (!analyzed || !(await settings.of(textDocument.uri)).inlayHints) return [];
      return inlayHints(analyzed)
        .filter((hint) => hint.position.line >= range.start.line && hint.position.line <= range.end.line)
        .map(({ position, label, tooltip }) => ({
          position,
          label,
          tooltip: client.markdown ? { kind: MarkupKind.Markdown, value: tooltip } : plainText(tooltip),
          kind: InlayHintKind.Type,
          paddingLeft: true,
        }));
    }),
  );

  connection.onRequest(IDENTIFY_REQUEST, async ({ uri }: IdentifyParams): Promise<IdentifyResult> => {
    const analyzed = await analysisOf(uri);
    if (!analyzed)
      return {
        isModelConfig: false,
        family: null,
        reason: 'no key of a model config was found',
        options: null,
      };
    const { match, analysis } = analyzed;
    return {
      isModelConfig: true,
      family: match?.family.name ?? null,
      reason: match?.matchedBy ?? 'its keys',
      options: analysis.options,
    };
  });

  connection.onRequest(
    COMPARE_REQUEST,
    async ({ activeUri, options }: CompareParams): Promise<CompareResult> => {
      const { service } = await settings.of(activeUri ?? '');
      // A panel's own choices are checked like any setting.
      const { settings: chosen } = readSettings({ ...options }, service);
      const open = await Promise.all(
        documents.all().map(async (document) => ({
          uri: document.uri,
          analyzed: (await analysisOf(document.uri)) && cache.underSettings(document, chosen),
        })),
      );
      return compareModels(
        open.flatMap(({ uri, analyzed }) => (analyzed ? [{ uri, analyzed }] : [])),
        activeUri,
        chosen,
      );
    },
  );

  connection.onRequest(CATALOG_REQUEST, async (): Promise<CatalogResult> => ({
    models: catalogChoices((await settings.of('')).service),
  }));

  connection.onRequest(CATALOG_TEXT_REQUEST, ({ name }: CatalogTextParams): CatalogTextResult => ({
    text: catalogText(name),
  }));

  documents.listen(connection);
  connection.listen();
}

function clientOf({ capabilities, initializationOptions }: InitializeParams): Client {
  const options = initializationOptions as InitializationOptions | undefined;
  return {
    configuration: capabilities.workspace?.configuration === true,
    configurationChanges: capabilities.workspace?.didChangeConfiguration?.dynamicRegistration === true,
    inlayRefresh: capabilities.workspace?.inlayHint?.refreshSupport === true,
    markdown: capabilities.textDocument?.hover?.contentFormat?.includes(MarkupKind.Markdown) === true,
    reportsSyntax: options?.reportsSyntax === true,
  };
}

const diagnosticOf = ({ range, severity, code, message }: Finding): Diagnostic => ({
  range,
  severity: SEVERITY[severity],
  code,
  message,
  source: packageJson.name,
});
