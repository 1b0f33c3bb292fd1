import type { Command } from 'commander';
import { compareVersions, type AnalyzedConfig } from '../../service';
import { withAnalysisOptions, type AnalysisCliOptions } from '../analysis-options';
import { diffReport } from '../diff-report';
import { EXIT, InputError } from '../exit';
import { analyzeConfigOrCatalog } from '../input';
import { formatOption, print, type Format } from '../output';
import { Workspaces } from '../workspace';

export function addDiff(program: Command): void {
  withAnalysisOptions(
    program
      .command('diff')
      .description('how two versions of a config differ: numbers, findings and keys')
      .argument('<old>', 'a config file, a catalog model, or - for standard input')
      .argument('<new>', 'a config file, a catalog model, or - for standard input'),
  )
    .addOption(formatOption())
    .addHelpText('after', '\nAgainst git: git show HEAD:config.json | decode-lens diff - config.json')
    .action(async (old: string, now: string, options: AnalysisCliOptions & { readonly format: Format }) => {
      if (old === '-' && now === '-') throw new InputError('Only one of the two can be standard input.');
      // Both under the same settings: those of the later one's place.
      const settings = new Workspaces(options).settingsOf(now === '-' ? old : now);
      const read = async (name: string): Promise<AnalyzedConfig> => {
        const analyzed = await analyzeConfigOrCatalog(name, settings);
        if (!analyzed) throw new InputError(`${name}: no language model’s config.`);
        return analyzed;
      };
      const delta = compareVersions(await read(old), await read(now));
      print(
        options.format,
        delta,
        () => diffReport(delta, 'text'),
        () => diffReport(delta, 'markdown'),
      );
      // As with a test: what is new and wrong fails.
      if (delta.findings.added.some(({ severity }) => severity === 'error')) process.exitCode = EXIT.findings;
    });
}
