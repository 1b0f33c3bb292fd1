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

/** What the panel shows: models side by side, and what its views ask about them. */
export const panel: Feature = {
  register(core) {
    const { connection, guard } = core;
    connection.onRequest(
      COMPARE_REQUEST,
      guard.request(COMPARE_REQUEST, async (params: CompareParams): Promise<CompareResult> => {
        const { service, settings, open } = await chosen(core, params);
        return service.compareModels(open, params.activeUri, settings);
      }),
    );
    connection.onRequest(
      VIEW_REQUEST,
      guard.request(VIEW_REQUEST, async (params: ViewParams): Promise<ViewResult> => {
        const { service, settings, open } = await chosen(core, params);
        const models = new Map<string, AnalyzedConfig>(open.map(({ uri, analyzed }) => [uri, analyzed]));
        for (const analyzed of service.analyzedCatalog(settings))
          models.set(analyzed.analysis.file, analyzed);
        return service.answerView(
          params.method,
          params.params,
          (id) => models.get(id)?.subject ?? null,
        ) as ViewResult;
      }),
    );
  },
};

/** The open configs under the panel's own choices, which are checked like any setting. */
async function chosen(
  core: Core,
  { activeUri, options }: CompareParams,
): Promise<{
  readonly service: Service;
  readonly settings: ServiceSettings;
  readonly open: readonly OpenConfig[];
}> {
  const service = await core.loadService();
  const base = (await core.settings.of(activeUri ?? '')).service;
  const { settings } = service.readSettings({ ...options }, base);
  const open = await Promise.all(
    core.documents.all().map(async (document): Promise<OpenConfig[]> => {
      const isConfig = (await core.configOf(document.uri)) !== null;
      const analyzed = isConfig ? core.cache.underSettings(document, settings, service) : null;
      return analyzed ? [{ uri: document.uri, analyzed }] : [];
    }),
  );
  return { service, settings, open: open.flat() };
}
