import { getLanguageService, type LanguageService } from 'vscode-json-languageservice';
import type { ClientCapabilities, CompletionItem, Hover, Position } from 'vscode-languageserver';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import schema from '../../schemas/workspace.schema.json';

/** Loaded when somebody edits a workspace file in an editor whose JSON support does not know its schema. */
let service: LanguageService | null = null;

function languageService(clientCapabilities: ClientCapabilities): LanguageService {
  if (service) return service;
  service = getLanguageService({ clientCapabilities: clientCapabilities });
  service.configure({
    allowComments: true,
    schemas: [{ uri: schema.$id, fileMatch: ['*'], schema: schema }],
  });
  return service;
}

export async function hoverIn(
  document: TextDocument,
  position: Position,
  client: ClientCapabilities,
): Promise<Hover | null> {
  const json = languageService(client);
  return await json.doHover(document, position, json.parseJSONDocument(document));
}

export async function completionIn(
  document: TextDocument,
  position: Position,
  client: ClientCapabilities,
): Promise<CompletionItem[]> {
  const json = languageService(client);
  const list = await json.doComplete(document, position, json.parseJSONDocument(document));
  return list?.items ?? [];
}
