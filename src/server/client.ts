import {
  CodeActionKind,
  DiagnosticTag,
  MarkupKind,
  type ClientCapabilities,
  type InitializeParams,
} from 'vscode-languageserver';
import type { InitializationOptions } from '../protocol';

/** What the client says of itself. Nothing is assumed: a bare one gets pushed diagnostics and plain text. */
export interface Client {
  readonly capabilities: ClientCapabilities;
  readonly configuration: boolean;
  readonly configurationChanges: boolean;
  /** It asks for diagnostics: then none are pushed. */
  readonly pullsDiagnostics: boolean;
  readonly markdown: boolean;
  readonly codeActions: 'literals' | 'commands' | 'none';
  /** An action's edit is asked for when the user picks it. */
  readonly resolvesEdits: boolean;
  readonly documentChanges: boolean;
  readonly hierarchicalSymbols: boolean;
  readonly snippets: boolean;
  readonly completionMarkdown: boolean;
  readonly progress: boolean;
  /** It fades what is unnecessary. */
  readonly fades: boolean;
  /** VS Code's own JSON support reports syntax errors already. */
  readonly reportsSyntax: boolean;
  /** It has the commands that lenses name. */
  readonly commands: boolean;
  /** It answers `decodeLens/readFile`. */
  readonly readsFiles: boolean;
  /** URIs of its folders when it started. */
  readonly roots: readonly string[];
  /** Settings for a client that can't be asked. */
  readonly settings: unknown;
}

export function clientOf({
  capabilities,
  initializationOptions,
  workspaceFolders,
  rootUri,
}: Pick<InitializeParams, 'capabilities' | 'initializationOptions' | 'workspaceFolders'> & {
  /** Of clients that know one folder only. */
  readonly rootUri?: string | null;
}): Client {
  const { workspace, textDocument, window } = capabilities;
  const options = (initializationOptions ?? {}) as Partial<Record<keyof InitializationOptions, unknown>>;
  const action = textDocument?.codeAction;
  const kinds = action?.codeActionLiteralSupport?.codeActionKind.valueSet;
  return {
    capabilities,
    configuration: workspace?.configuration === true,
    configurationChanges: workspace?.didChangeConfiguration?.dynamicRegistration === true,
    pullsDiagnostics: textDocument?.diagnostic !== undefined,
    markdown: textDocument?.hover?.contentFormat?.includes(MarkupKind.Markdown) === true,
    codeActions: kinds ? 'literals' : workspace?.applyEdit === true ? 'commands' : 'none',
    resolvesEdits:
      action?.dataSupport === true && action.resolveSupport?.properties.includes('edit') === true,
    documentChanges: workspace?.workspaceEdit?.documentChanges === true,
    hierarchicalSymbols: textDocument?.documentSymbol?.hierarchicalDocumentSymbolSupport === true,
    snippets: textDocument?.completion?.completionItem?.snippetSupport === true,
    completionMarkdown:
      textDocument?.completion?.completionItem?.documentationFormat?.includes(MarkupKind.Markdown) === true,
    progress: window?.workDoneProgress === true,
    fades: [textDocument?.publishDiagnostics, textDocument?.diagnostic].some(
      (diagnostics) => diagnostics?.tagSupport?.valueSet.includes(DiagnosticTag.Unnecessary) === true,
    ),
    reportsSyntax: options.reportsSyntax === true,
    commands: options.commands === true,
    readsFiles: options.readsFiles === true,
    roots: workspaceFolders?.map(({ uri }) => uri) ?? (typeof rootUri === 'string' ? [rootUri] : []),
    settings: options.settings,
  };
}

export const BARE_CLIENT: Client = clientOf({ capabilities: {} });

/** Kinds are a tree: `refactor` asks for `refactor.rewrite.decodeLens` too. */
export const isKindWanted = (kind: CodeActionKind, only: readonly CodeActionKind[] | undefined): boolean =>
  only === undefined ||
  only.some((o) => o === CodeActionKind.Empty || kind === o || kind.startsWith(`${o}.`));
