import { CATALOG, catalogModel, type CatalogModel } from '../catalog';
import type { CatalogChoice } from '../protocol';
import { analyzeConfig, type AnalyzedConfig } from './analyze';
import type { ServiceSettings } from './settings';

/** What the command line and the panel list. */
export interface CatalogEntry {
  readonly name: string;
  readonly publisher: string;
  readonly source: string;
}

export const catalogEntries = (): CatalogEntry[] =>
  CATALOG.map(({ name, publisher, source }) => ({ name, publisher, source }));

/** The same with the sizes that people choose by. */
export const catalogChoices = (settings: ServiceSettings): CatalogChoice[] =>
  analyzedCatalog(settings).flatMap(({ analysis: { model, parameters, kv } }) => {
    const entry = catalogModel(model?.name ?? '');
    if (!entry || !parameters || !kv) return [];
    return {
      name: entry.name,
      publisher: entry.publisher,
      source: entry.source,
      totalParameters: parameters.total,
      activatedParameters: parameters.activated,
      kvBytesPerToken: kv.bytesPerToken,
    };
  });

/** A catalog model's config as a user would write it; null if there is no such model. */
export function catalogText(name: string): string | null {
  const model = catalogModel(name);
  return model ? textOf(model) : null;
}

/** Short lists on one line, as people write them. */
const textOf = (model: CatalogModel): string =>
  `${JSON.stringify(model.config, null, 2).replace(/\[[^[\]{}]*\]/g, (list) => list.replace(/\s+/g, ' ').replace('[ ', '[').replace(' ]', ']'))}\n`;

/** Catalog models analysed under the last settings asked for: they change seldom. */
const cache = { key: '', models: new Map<string, AnalyzedConfig | null>() };

export const analyzedCatalog = (settings: ServiceSettings): readonly AnalyzedConfig[] =>
  CATALOG.flatMap(({ name }) => analyzeCatalog(name, settings) ?? []);

/** One catalog model analysed; null if there is none of that name. */
export function analyzeCatalog(name: string, settings: ServiceSettings): AnalyzedConfig | null {
  const model = catalogModel(name);
  if (!model) return null;
  const key = keyOf(settings);
  if (cache.key !== key) {
    cache.key = key;
    cache.models.clear();
  }
  let analyzed = cache.models.get(model.name);
  if (analyzed === undefined) {
    analyzed = analyzeConfig(
      { text: textOf(model), file: `catalog:${model.name}`, name: model.name },
      settings,
    );
    cache.models.set(model.name, analyzed);
  }
  return analyzed;
}

const keys = new WeakMap<ServiceSettings, string>();

function keyOf(settings: ServiceSettings): string {
  let key = keys.get(settings);
  if (key === undefined) {
    key = JSON.stringify([settings.options, settings.accelerators, settings.rules, settings.budgets]);
    keys.set(settings, key);
  }
  return key;
}
