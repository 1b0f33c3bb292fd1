import type { Command } from 'commander';
import { sensitivity } from '../../service';
import { withAnalysisOptions, type AnalysisCliOptions } from '../analysis-options';
import { InputError } from '../exit';
import { analyzeConfigOrCatalog } from '../input';
import { Workspaces } from '../workspace';
import { formatOption, print, type Format } from '../output';
import { sensitivityReport } from '../sensitivity-report';

export function addSensitivity(program: Command): void {
  withAnalysisOptions(
    program
      .command('sensitivity')
      .description(
        'what each field of a config is worth: dollars against capacity, by its neighbouring values',
      )
      .argument('<file|name>'),
  )
    .addOption(formatOption())
    .action(async (name: string, options: AnalysisCliOptions & { readonly format: Format }) => {
      const analyzed = await analyzeConfigOrCatalog(name, new Workspaces(options).settingsOf(name));
      const report = analyzed && sensitivity(analyzed);
      if (!report)
        throw new InputError(`${name}: no architecture could be read; decode-lens analyze says why.`);
      print(
        options.format,
        report,
        () => sensitivityReport(report, 'text'),
        () => sensitivityReport(report, 'markdown'),
      );
    });
}
