import {
  DiagnosticSeverity,
  DiagnosticTag,
  DocumentDiagnosticReportKind,
  type Diagnostic,
  type DocumentDiagnosticParams,
  type DocumentDiagnosticReport,
} from 'vscode-languageserver';
import packageJson from '../../../package.json';
import type { Finding, Fix, Severity } from '../../protocol';
import type { Client } from '../client';
import type { Core, Feature, ConfigVersion } from '../core';
import { isWorkspaceFile } from '../workspace-files';

const SEVERITY: Readonly<Record<Severity, DiagnosticSeverity>> = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  information: DiagnosticSeverity.Information,
};

/** What a diagnostic carries for clients that make their own of it: ways to mend it, for this version of the text. */
export interface DiagnosticData {
  readonly version: number;
  readonly fixes: readonly Fix[];
}

/** By pull for clients that ask, by push for the others; never both. */
export const diagnostics: Feature = {
  capabilities: ({ pullsDiagnostics }) =>
    pullsDiagnostics
      ? {
          diagnosticProvider: {
            identifier: packageJson.name,
            interFileDependencies: false,
            workspaceDiagnostics: false,
          },
        }
      : {},
  register(core) {
    pull(core);
    push(core);
  },
};

function pull(core: Core): void {
  core.connection.languages.diagnostics.on(
    core.guard.feature<DocumentDiagnosticParams, DocumentDiagnosticReport>(
      'diagnostics',
      { kind: DocumentDiagnosticReportKind.Full, items: [] },
      async ({ textDocument: { uri }, previousResultId }) => {
        // Of the text as it is by now: a client that typed on asks again, and no mark disappears meanwhile.
        const items = await itemsOf(core, uri);
        const resultId = `${core.documents.get(uri)?.version ?? 'closed'}.${core.generation}`;
        return resultId === previousResultId
          ? { kind: DocumentDiagnosticReportKind.Unchanged, resultId }
          : { kind: DocumentDiagnosticReportKind.Full, resultId, items };
      },
    ),
  );
  core.onStale(() => {
    if (core.client.capabilities.workspace?.diagnostics?.refreshSupport === true)
      core.guard.background('diagnostics refresh', () => core.connection.languages.diagnostics.refresh());
  });
}

function push(core: Core): void {
  /** Documents that have marks: nothing is sent for those that never had any. */
  const marked = new Set<string>();
  const send = (uri: string, list: Diagnostic[], version?: number) => {
    if (list.length === 0 && !marked.delete(uri)) return;
    if (list.length > 0) marked.add(uri);
    core.guard.background('diagnostics', () =>
      core.connection.sendDiagnostics({
        uri,
        diagnostics: list,
        ...(version === undefined ? {} : { version }),
      }),
    );
  };
  core.onAnalyzed(({ uri, version, config }) => {
    if (core.client.pullsDiagnostics) return;
    if (!isWorkspaceFile(uri)) send(uri, diagnosticsOf(config, core.client), version);
    else
      core.guard.background('diagnostics', async () => {
        const items = await itemsOf(core, uri);
        // Closed meanwhile, its marks would stay for good.
        if (core.documents.get(uri)) send(uri, items, version);
      });
  });
  core.onClosed((uri) => {
    send(uri, []);
  });
}

/** Of the current version of a document. */
async function itemsOf(core: Core, uri: string): Promise<Diagnostic[]> {
  const document = core.documents.get(uri);
  if (!document || !isWorkspaceFile(uri)) return diagnosticsOf(await core.configOf(uri), core.client);
  const { service } = await core.settings.of(uri);
  const { readWorkspaceFile } = await core.loadService();
  return readWorkspaceFile(document.getText(), uri, service)
    .findings.filter(({ code }) => !(core.client.reportsSyntax && /^(json|schema)\//.test(code)))
    .map((finding) => diagnosticOf(finding, document.version, core.client));
}

const diagnosticsOf = (config: ConfigVersion | null, client: Client): Diagnostic[] =>
  (config?.analyzed.analysis.findings ?? [])
    .filter((finding) => !(client.reportsSyntax && finding.code === 'json/syntax'))
    .map((finding) => diagnosticOf(finding, config?.version ?? 0, client));

export const diagnosticOf = (
  { range, severity, code, message, fixes, unnecessary }: Finding,
  version: number,
  { fades }: Client,
): Diagnostic => ({
  range,
  severity: SEVERITY[severity],
  code,
  codeDescription: { href: documentationOf(code) },
  message,
  source: packageJson.name,
  ...(unnecessary && fades ? { tags: [DiagnosticTag.Unnecessary] } : {}),
  ...(fixes.length > 0 ? { data: { version, fixes } satisfies DiagnosticData } : {}),
});

/** The page of a code. */
export const documentationOf = (code: string): string =>
  `${packageJson.repository.url.replace(/\.git$/, '')}/blob/main/docs/rules/${code}.md`;
