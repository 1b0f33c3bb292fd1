import type { Command } from 'commander';
import { withAnalysisOptions, type AnalysisCliOptions } from '../analysis-options';
import { analyzeFile } from '../input';
import { formatOption, printModels, type Format } from '../output';
import { markdownReport, textReport } from '../report';
import { warnOf, Workspaces } from '../workspace';

export function addAnalyze(program: Command): void {
  withAnalysisOptions(
    program
      .command('analyze')
      .description('one or more config files; - reads standard input')
      .argument('<file...>'),
  )
    .addOption(formatOption())
    .action(async (files: string[], options: AnalysisCliOptions & { readonly format: Format }) => {
      const workspaces = new Workspaces(options);
      const models = await Promise.all(files.map((file) => analyzeFile(file, workspaces.settingsOf(file))));
      warnOf(workspaces);
      printModels(
        models,
        options.format,
        () => textReport(models),
        () => markdownReport(models),
      );
    });
}
