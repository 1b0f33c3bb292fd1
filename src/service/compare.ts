import { peakFlops, type Accelerator } from '../hardware';
import type { AcceleratorChoice, ComparedModel, PanelState, Precision } from '../protocol';
import type { AnalyzedConfig } from './analyze';
import { analyzedCatalog } from './catalog-models';
import type { ServiceSettings } from './settings';

/** A config to be compared. */
export interface OpenConfig {
  readonly uri: string;
  /** It is open, unless it is only a file of the workspace. */
  readonly origin?: 'document' | 'workspace';
  readonly analyzed: AnalyzedConfig;
}

/** What the panel shows: open configs first, then the catalog, all under the same settings. */
export function compareModels(
  open: readonly OpenConfig[],
  activeUri: string | undefined,
  settings: ServiceSettings,
): PanelState {
  const documents = open.map(({ uri, origin, analyzed }): ComparedModel => ({
    id: uri,
    origin: origin ?? 'document',
    label: analyzed.analysis.model?.name ?? analyzed.analysis.file,
    active: uri === activeUri,
    analysis: analyzed.analysis,
  }));
  const catalog = analyzedCatalog(settings).map(({ analysis }): ComparedModel => ({
    id: analysis.file,
    origin: 'catalog',
    label: analysis.model?.name ?? analysis.file,
    active: false,
    analysis,
  }));
  return {
    options: settings.options,
    accelerators: settings.accelerators.map(acceleratorChoice),
    models: [...documents, ...catalog],
  };
}

/** Writes a model's formulas out, which takes about as long as analysing it: a long comparison does so model by model. */
export function writeFormulas({ analysis }: AnalyzedConfig): void {
  JSON.stringify(analysis.formulas);
}

const acceleratorChoice = (accelerator: Accelerator): AcceleratorChoice => {
  const { name, title, usdPerHour, bandwidth, source, priceSource } = accelerator;
  const flops = (precision: Precision) => peakFlops(accelerator, precision).flops;
  return {
    name,
    title,
    usdPerHour,
    flops: { fp8: flops('fp8'), int8: flops('int8'), bf16: flops('bf16'), fp4: flops('fp4') },
    bandwidth,
    source: priceSource === null ? source : `${source}; price: ${priceSource}`,
  };
};
