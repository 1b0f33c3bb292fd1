import * as vscode from 'vscode';
import {
  CATALOG_REQUEST,
  CATALOG_TEXT_REQUEST,
  type CatalogResult,
  type CatalogTextParams,
  type CatalogTextResult,
} from '../protocol';
import { bytes, parameters } from '../service/format';
import type { LanguageClientController } from './client';

interface Choice extends vscode.QuickPickItem {
  /** Null: nothing but the key that names the family. */
  readonly model: string | null;
}

const EMPTY: Choice = { label: 'Empty', description: 'completion brings the keys', model: null };
const EMPTY_TEXT = '{\n  "model_type": ""\n}\n';
/** Between the quotes, where completion lists the families. */
const EMPTY_CURSOR = new vscode.Position(1, '  "model_type": "'.length);

/** Opens a new document with a catalog model's config, or with the beginnings of one. */
export async function newModelConfig(client: LanguageClientController): Promise<void> {
  const chosen = await vscode.window.showQuickPick(choices(client), {
    title: 'New model config',
    placeHolder: 'Begin with the architecture of …',
    matchOnDescription: true,
  });
  if (!chosen) return;
  if (chosen.model !== null) {
    await openCatalogModel(client, chosen.model);
    return;
  }
  const editor = await showText(EMPTY_TEXT);
  editor.selection = new vscode.Selection(EMPTY_CURSOR, EMPTY_CURSOR);
}

export async function openCatalogModel(client: LanguageClientController, name: string): Promise<void> {
  const params: CatalogTextParams = { name };
  const { text } = await client.request<CatalogTextResult>(CATALOG_TEXT_REQUEST, params);
  if (text !== null) await showText(text, vscode.ViewColumn.One);
}

async function choices(client: LanguageClientController): Promise<Choice[]> {
  const { models } = await client.request<CatalogResult>(CATALOG_REQUEST, {});
  return [
    ...models.map((m): Choice => ({
      label: m.name,
      description: m.publisher,
      detail: `${parameters(m.totalParameters)} parameters, ${parameters(m.activatedParameters)} activated, KV ${bytes(m.kvBytesPerToken)} per token`,
      model: m.name,
    })),
    EMPTY,
  ];
}

const showText = async (content: string, column?: vscode.ViewColumn): Promise<vscode.TextEditor> =>
  vscode.window.showTextDocument(
    await vscode.workspace.openTextDocument({ language: 'json', content }),
    column,
  );
