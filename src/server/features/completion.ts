import {
  CompletionItemKind,
  InsertTextFormat,
  MarkupKind,
  type CompletionItem,
  type CompletionParams,
} from 'vscode-languageserver';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { Completion } from '../../service';
import type { Client } from '../client';
import type { Feature, Service } from '../core';
import { contentModified, isCancelled } from '../guard';
import { workspaceFileCompletion } from '../workspace-file-language';
import { isWorkspaceFile } from '../workspace-files';

const KINDS: Readonly<Record<Completion['kind'], CompletionItemKind>> = {
  key: CompletionItemKind.Property,
  value: CompletionItemKind.Value,
  config: CompletionItemKind.File,
};

/** Keys, values and whole configs. Also in texts that no analysis knows for a config yet. */
export const completion: Feature = {
  capabilities: () => ({ completionProvider: { triggerCharacters: ['"', ':'] } }),
  register(core) {
    core.connection.onCompletion(
      core.guard.feature<CompletionParams, CompletionItem[]>(
        'completion',
        [],
        async ({ textDocument: { uri }, position }, token) => {
          const version = core.documents.get(uri)?.version;
          const service = await core.loadService();
          const edited = core.documents.get(uri);
          if (edited && isWorkspaceFile(uri)) return workspaceFileCompletion(core)(edited, { position });
          const { maxTextLength } = (await core.settings.of(uri)).service;
          const document = core.documents.get(uri);
          if (!document || isCancelled(token)) return [];
          if (document.version !== version) return contentModified();
          const text = document.getText();
          if (text.length > maxTextLength) return [];
          return service
            .completionsAt(text, document.offsetAt(position), uri)
            .map((item) => itemOf(item, document, core.client, service));
        },
      ),
    );
  },
};

function itemOf(
  { kind, label, detail, documentation, rank, start, end, newText, snippet, commaBefore }: Completion,
  document: TextDocument,
  client: Client,
  service: Service,
): CompletionItem {
  const range = { start: document.positionAt(start), end: document.positionAt(end) };
  const isSnippet = client.snippets && snippet !== null;
  const before = commaBefore === null ? null : document.positionAt(commaBefore);
  return {
    label,
    kind: KINDS[kind],
    ...(detail === '' ? {} : { detail }),
    ...(documentation === null
      ? {}
      : {
          documentation: client.completionMarkdown
            ? { kind: MarkupKind.Markdown, value: documentation }
            : service.plainText(documentation),
        }),
    sortText: String(rank).padStart(4, '0') + label,
    // What is replaced may begin with a quote, and editors compare the whole of it.
    ...(kind === 'key' ? { filterText: JSON.stringify(label) } : {}),
    insertTextFormat: isSnippet ? InsertTextFormat.Snippet : InsertTextFormat.PlainText,
    textEdit: { range, newText: isSnippet ? snippet : newText },
    ...(before ? { additionalTextEdits: [{ range: { start: before, end: before }, newText: ',' }] } : {}),
  };
}
