import type { Command } from 'commander';
import { settingsFrom, withAnalysisOptions, type AnalysisCliOptions } from '../analysis-options';
import { analyzeFileOrCatalog } from '../input';
import { formatOption, printModels, type Format } from '../output';
import { comparison } from '../report';

export function addCompare(program: Command): void {
  withAnalysisOptions(
    program
      .command('compare')
      .description('config files and catalog models side by side')
      .argument('<file|name...>'),
  )
    .addOption(formatOption())
    .action(async (names: string[], options: AnalysisCliOptions & { readonly format: Format }) => {
      const settings = settingsFrom(options);
      const models = await Promise.all(names.map((name) => analyzeFileOrCatalog(name, settings)));
      printModels(
        models,
        options.format,
        () => comparison(models, 'text'),
        () => comparison(models, 'markdown'),
      );
    });
}
