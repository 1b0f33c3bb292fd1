import type { CompletionItem, Hover, Position } from 'vscode-languageserver';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { Core } from './core';

interface At {
  readonly position: Position;
}

/** VS Code does this itself, by `contributes.jsonValidation`. */
const isLeftToClient = ({ client }: Core): boolean => client.reportsSyntax;

/** Keys of `decode-lens.json`, by its schema. */
export const workspaceFileHover =
  (core: Core) =>
  async (document: TextDocument, { position }: At): Promise<Hover | null> => {
    if (isLeftToClient(core)) return null;
    const { hoverIn } = await import('./workspace-file-schema');
    return hoverIn(document, position, core.client.capabilities);
  };

export const workspaceFileCompletion =
  (core: Core) =>
  async (document: TextDocument, { position }: At): Promise<CompletionItem[]> => {
    if (isLeftToClient(core)) return [];
    const { completionIn } = await import('./workspace-file-schema');
    return completionIn(document, position, core.client.capabilities);
  };
