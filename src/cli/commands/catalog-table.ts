import type { Command } from 'commander';
import { analyzeCatalog, catalogEntries } from '../../service';
import { settingsFrom, withAnalysisOptions, type AnalysisCliOptions } from '../analysis-options';
import { formatOption, printModels, type Format } from '../output';
import { catalogTable } from '../report';

export function addCatalog(program: Command): void {
  withAnalysisOptions(program.command('catalog').description('the reference models, analysed'))
    .addOption(formatOption())
    .action((options: AnalysisCliOptions & { readonly format: Format }) => {
      const settings = settingsFrom(options);
      const entries = catalogEntries();
      const models = entries.flatMap(({ name }) => analyzeCatalog(name, settings)?.analysis ?? []);
      printModels(
        models,
        options.format,
        () => catalogTable(entries, models, 'text'),
        () => catalogTable(entries, models, 'markdown'),
      );
    });
}
