import * as vscode from 'vscode';
import {
  PLACE_REQUEST,
  TEXT_CHANGE_REQUEST,
  type ConfigEdit,
  type JsonPath,
  type PlaceParams,
  type PlaceResult,
  type Range,
  type TextChangeParams,
  type TextChangeResult,
} from '../../protocol';
import type { LanguageClientController } from '../client';
import { openCatalogModel } from '../new-config';

const CATALOG_PREFIX = 'catalog:';
const isCatalog = (id: string): boolean => id.startsWith(CATALOG_PREFIX);

/** Shows a model's config in an editor: a catalog model's as a new document. */
export async function openModel(client: LanguageClientController, id: string): Promise<void> {
  if (isCatalog(id)) await openCatalogModel(client, id.slice(CATALOG_PREFIX.length));
  else await show(await vscode.workspace.openTextDocument(vscode.Uri.parse(id, true)));
}

/** Shows a place of a config; says so where it has none such. */
export async function reveal(
  client: LanguageClientController,
  id: string,
  path: JsonPath,
): Promise<string | null> {
  if (isCatalog(id)) return 'A catalog model has no file: click its name to open its config as a new one.';
  const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(id, true));
  const params: PlaceParams = { uri: document.uri.toString(), path };
  const place = await client.request<PlaceResult>(PLACE_REQUEST, params);
  await show(document, place?.range);
  return place ? null : `${nameOf(document)} has no ${path.join('.')}: the family’s default counts.`;
}

/** Makes the edits in a config's editor, undoable, and shows where. */
export async function applyEdits(
  client: LanguageClientController,
  id: string,
  edits: readonly ConfigEdit[],
): Promise<string> {
  if (isCatalog(id)) throw new Error('a catalog model can’t be changed; open its config as a new one first');
  const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(id, true));
  const changed = await changeText(client, document, edits);
  if (!changed) return `${nameOf(document)} has these values already.`;
  await show(document, changed);
  return `Changed in ${nameOf(document)}; undo in its editor takes it back.`;
}

/** The edits as one change of an open text; its new place, or null where nothing changes. */
export async function changeText(
  client: LanguageClientController,
  document: vscode.TextDocument,
  edits: readonly ConfigEdit[],
): Promise<vscode.Range | null> {
  const params: TextChangeParams = { uri: document.uri.toString(), edits };
  const change = await client.request<TextChangeResult>(TEXT_CHANGE_REQUEST, params);
  if (!change) return null;
  if (change.version !== document.version)
    throw new Error(`${nameOf(document)} has changed meanwhile; try again`);
  const edit = new vscode.WorkspaceEdit();
  const range = rangeOf(change.range);
  const start = document.offsetAt(range.start);
  edit.replace(document.uri, range, change.newText);
  if (!(await vscode.workspace.applyEdit(edit))) throw new Error(`${nameOf(document)} can’t be changed`);
  return new vscode.Range(document.positionAt(start), document.positionAt(start + change.newText.length));
}

export const nameOf = ({ uri }: vscode.TextDocument): string => vscode.workspace.asRelativePath(uri);

/** Where it is shown already, else beside the panel; the panel keeps the focus. */
async function show(document: vscode.TextDocument, selection?: Range | vscode.Range): Promise<void> {
  const shown = vscode.window.visibleTextEditors.find((editor) => editor.document === document);
  await vscode.window.showTextDocument(document, {
    viewColumn: shown?.viewColumn ?? vscode.ViewColumn.One,
    preserveFocus: selection !== undefined,
    ...(selection && { selection: selection instanceof vscode.Range ? selection : rangeOf(selection) }),
  });
}

const rangeOf = ({ start, end }: Range): vscode.Range =>
  new vscode.Range(start.line, start.character, end.line, end.character);
