import type { WorkDoneProgressParams } from 'vscode-languageserver';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import {
  COMPARE_REQUEST,
  PLACE_REQUEST,
  TEXT_CHANGE_REQUEST,
  VIEW_REQUEST,
  type CompareParams,
  type CompareResult,
  type PlaceParams,
  type PlaceResult,
  type TextChangeParams,
  type TextChangeResult,
  type ViewParams,
  type ViewResult,
} from '../../protocol';
import type { AnalyzedConfig, OpenConfig, ServiceSettings } from '../../service';
import type { Core, Feature, Service } from '../core';
import { cancelled } from '../guard';
import { forEachOf, type Asked } from '../long-task';

/** What the panel shows: models side by side, and what its views ask about them. */
export const panel: Feature = {
  register(core) {
    const { connection, guard } = core;
    connection.onRequest(
      COMPARE_REQUEST,
      guard.request<CompareParams & WorkDoneProgressParams, CompareResult>(
        COMPARE_REQUEST,
        async (params, token) => {
          const { workDoneToken } = params;
          const compared = await analyzed(core, params, { token, workDoneToken });
          if (!compared) return cancelled();
          return compared.service.compareModels(compared.open, params.activeUri, compared.settings);
        },
      ),
    );
    connection.onRequest(
      VIEW_REQUEST,
      guard.request<ViewParams & WorkDoneProgressParams, ViewResult>(VIEW_REQUEST, async (params, token) => {
        const { workDoneToken } = params;
        const compared = await analyzed(core, params, { token, workDoneToken });
        return compared ? view(core, compared, params, { token, workDoneToken: undefined }) : cancelled();
      }),
    );
    connection.onRequest(
      TEXT_CHANGE_REQUEST,
      guard.request<TextChangeParams, TextChangeResult>(TEXT_CHANGE_REQUEST, async ({ uri, edits }) => {
        const { textChange } = await core.loadService();
        const document = documentOf(core, uri);
        const change = textChange(document, edits);
        return change && { version: document.version, ...change };
      }),
    );
    connection.onRequest(
      PLACE_REQUEST,
      guard.request<PlaceParams, PlaceResult>(PLACE_REQUEST, async ({ uri, path }) => {
        const { placeOf } = await core.loadService();
        const range = placeOf(documentOf(core, uri), path);
        return range && { range };
      }),
    );
  },
};

function documentOf({ documents }: Core, uri: string): TextDocument {
  const document = documents.get(uri);
  if (!document) throw new Error(`${uri} is not open`);
  return document;
}

interface Compared {
  readonly service: Service;
  readonly settings: ServiceSettings;
  readonly open: readonly OpenConfig[];
  readonly catalog: readonly AnalyzedConfig[];
}

/** Open configs, those of the workspace that are asked for, and the catalog under the panel's own choices, which are checked like any setting. Null: cancelled. */
async function analyzed(
  core: Core,
  { activeUri, uris, options }: CompareParams,
  asked: Asked,
): Promise<Compared | null> {
  const service = await core.loadService();
  const base = (await core.settings.of(activeUri ?? '')).service;
  const { settings } = service.readSettings({ ...options }, base);
  const documents = core.documents.all().map(({ uri }) => uri);
  const open: OpenConfig[] = [];
  const catalog: AnalyzedConfig[] = [];
  const visits = [
    ...documents.map((uri) => async () => {
      const config = await core.configOf(uri, settings);
      if (config) open.push({ uri, analyzed: config.analyzed });
      return config?.analyzed;
    }),
    ...notOpen(uris, documents).map((uri) => async () => {
      const config = await core.closedConfigOf(uri, settings);
      if (config) open.push({ uri, origin: 'workspace', analyzed: config });
      return config;
    }),
    ...service.catalogEntries().map(({ name }) => () => {
      const model = service.analyzeCatalog(name, settings);
      if (model) catalog.push(model);
      return model;
    }),
  ];
  // Clients are asked for the settings of all documents at once, not of one after the other.
  await Promise.all(documents.map((uri) => core.settings.of(uri)));
  const done = await forEachOf(core, 'Analysing model configs', visits, asked, async (visit) => {
    const model = await visit();
    if (model) service.writeFormulas(model);
  });
  return done && { service, settings, open, catalog };
}

/** As many as a chart can show. */
const MAX_CLOSED = 500;
const notOpen = (uris: unknown, documents: readonly string[]): string[] =>
  Array.isArray(uris)
    ? [...new Set<unknown>(uris)]
        .filter((uri): uri is string => typeof uri === 'string' && !documents.includes(uri))
        .slice(0, MAX_CLOSED)
    : [];

/** The models of a chart one by one, each beside the first: what was computed of them is kept, and the whole is quick. */
async function view(
  core: Core,
  { service, open, catalog }: Compared,
  { method, params }: ViewParams,
  asked: Asked,
) {
  const models = new Map([
    ...open.map(({ uri, analyzed: model }) => [uri, model] as const),
    ...catalog.map((model) => [model.analysis.file, model] as const),
  ]);
  const answer = (of: unknown) =>
    service.answerView(method, of, (id) => models.get(id)?.subject ?? null) as ViewResult;
  const ids: unknown = (params as { readonly ids?: unknown } | null)?.ids;
  if (Array.isArray(ids)) {
    const [first, ...others] = ids as readonly unknown[];
    const done = await forEachOf(core, 'Computing charts', others, asked, (id) => {
      answer({ ...params, ids: [first, id] });
    });
    if (!done) return cancelled();
  }
  return answer(params);
}
