import { Option, type Command } from 'commander';
import type { Severity } from '../../protocol';
import { withAnalysisOptions, type AnalysisCliOptions } from '../analysis-options';
import { checkTree } from '../check/collect';
import { checkMarkdown, checkReport, checkText } from '../check/report';
import { sarifLog } from '../check/sarif';
import { EXIT } from '../exit';
import { Workspaces } from '../workspace';

const FORMATS = ['text', 'json', 'sarif', 'markdown'] as const;
const FAIL_ON = ['error', 'warning', 'information', 'never'] as const;

interface CheckOptions extends AnalysisCliOptions {
  readonly format: (typeof FORMATS)[number];
  readonly failOn: (typeof FAIL_ON)[number];
}

export function addCheck(program: Command): void {
  withAnalysisOptions(
    program
      .command('check')
      .description('rules and budgets over a tree: every model config in it, told by its content')
      .argument('[path|glob...]', 'files, folders and globs', ['.']),
  )
    .addOption(new Option('--format <format>', 'output').choices(FORMATS).default('text'))
    .addOption(
      new Option('--fail-on <severity>', 'mildest finding that gives exit code 1')
        .choices(FAIL_ON)
        .default('error'),
    )
    .action(async (paths: string[], options: CheckOptions) => {
      const checked = await checkTree(paths, new Workspaces(options));
      const report = checkReport(checked);
      const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
      const write: Readonly<Record<CheckOptions['format'], () => string>> = {
        text: () => checkText(report),
        markdown: () => checkMarkdown(report),
        json: () => json(report),
        sarif: () => json(sarifLog(checked)),
      };
      process.stdout.write(write[options.format]());
      const fails = (severity: Severity) =>
        options.failOn !== 'never' && FAIL_ON.indexOf(severity) <= FAIL_ON.indexOf(options.failOn);
      if (report.files.some(({ findings }) => findings.some(({ severity }) => fails(severity))))
        process.exitCode = EXIT.findings;
    });
}
