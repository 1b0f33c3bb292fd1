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

/** Catalog models analysed under some settings; the last settings' results are kept, for they change seldom. */
const cache: { key: string; models: readonly AnalyzedConfig[] } = { key: '', models: [] };

export function analyzedCatalog(settings: ServiceSettings): readonly AnalyzedConfig[] {
  const key = JSON.stringify([settings.options, settings.accelerators]);
  if (cache.key !== key) {
    cache.models = CATALOG.flatMap((model) => analyzeCatalogModel(model, settings) ?? []);
    cache.key = key;
  }
  return cache.models;
}

const analyzeCatalogModel = (model: CatalogModel, settings: ServiceSettings): AnalyzedConfig | null =>
  analyzeConfig({ text: textOf(model), file: `catalog:${model.name}`, name: model.name }, settings);

/** One catalog model analysed; null if there is none of that name. */
export function analyzeCatalog(name: string, settings: ServiceSettings): AnalyzedConfig | null {
  const model = catalogModel(name);
  return model ? analyzeCatalogModel(model, settings) : null;
}
