import type { WorkDoneProgressParams } from 'vscode-languageserver';
import {
  COMPARE_REQUEST,
  VIEW_REQUEST,
  type CompareParams,
  type CompareResult,
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
  },
};

interface Compared {
  readonly service: Service;
  readonly settings: ServiceSettings;
  readonly open: readonly OpenConfig[];
  readonly catalog: readonly AnalyzedConfig[];
}

/** Open configs and the catalog under the panel's own choices, which are checked like any setting. Null: cancelled. */
async function analyzed(
  core: Core,
  { activeUri, options }: CompareParams,
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
