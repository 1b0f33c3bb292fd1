import {
  ANALYZED_NOTIFICATION,
  CATALOG_REQUEST,
  CATALOG_TEXT_REQUEST,
  IDENTIFY_REQUEST,
  type AnalyzedParams,
  type CatalogResult,
  type CatalogTextParams,
  type CatalogTextResult,
  type IdentifyParams,
  type IdentifyResult,
} from '../../protocol';
import type { Core, Feature } from '../core';

/** Custom requests, and the notification that an open config's numbers changed; see `docs/protocol.md`. */
export const requests: Feature = {
  register(core) {
    const { connection, guard } = core;
    connection.onRequest(
      IDENTIFY_REQUEST,
      guard.request(IDENTIFY_REQUEST, (params: IdentifyParams) => identify(core, params)),
    );
    connection.onRequest(
      CATALOG_REQUEST,
      guard.request(CATALOG_REQUEST, async (): Promise<CatalogResult> => {
        const service = await core.loadService();
        return { models: service.catalogChoices((await core.settings.of('')).service) };
      }),
    );
    connection.onRequest(
      CATALOG_TEXT_REQUEST,
      guard.request(
        CATALOG_TEXT_REQUEST,
        async ({ name }: CatalogTextParams): Promise<CatalogTextResult> => ({
          text: (await core.loadService()).catalogText(name),
        }),
      ),
    );

    /** A document that stops being a config is told of once more. */
    const configs = new Set<string>();
    const notify = (params: AnalyzedParams) => {
      guard.background('notification', () => connection.sendNotification(ANALYZED_NOTIFICATION, params));
    };
    core.onAnalyzed(({ uri, version, config }) => {
      const wasConfig = configs.delete(uri);
      if (config) configs.add(uri);
      if (config || wasConfig) notify({ uri, version });
    });
    core.onClosed((uri) => {
      if (configs.delete(uri)) notify({ uri, version: 0 });
    });
  },
};

async function identify(core: Core, { uri }: IdentifyParams): Promise<IdentifyResult> {
  const config = await core.configOf(uri);
  if (!config)
    return {
      isModelConfig: false,
      family: null,
      reason: 'no key of a model config was found',
      options: null,
    };
  const { match, analysis } = config.analyzed;
  return {
    isModelConfig: true,
    family: match?.family.name ?? null,
    reason: match?.matchedBy ?? 'its keys',
    options: analysis.options,
  };
}
