import { dirname, join, relative } from 'node:path';
import type { Command } from 'commander';
import { glob, isDynamicPattern } from 'tinyglobby';
import { WORKSPACE_FILE_NAME } from '../../protocol';
import type { WorkspaceFile } from '../../service';
import { withAnalysisOptions, type AnalysisCliOptions } from '../analysis-options';
import { analyzeFileOrCatalog, isFile } from '../input';
import { formatOption, printModels, type Format } from '../output';
import { InputError } from '../exit';
import { comparison } from '../report';
import { warnOf, Workspaces } from '../workspace';

export function addCompare(program: Command): void {
  withAnalysisOptions(
    program
      .command('compare')
      .description('config files and catalog models side by side')
      .argument('[file|name...]', 'without any: the "models" of decode-lens.json'),
  )
    .addOption(formatOption())
    .action(async (names: string[], options: AnalysisCliOptions & { readonly format: Format }) => {
      // All under the same settings: those of the current folder.
      const workspaces = new Workspaces(options);
      const settings = workspaces.settingsOf('-');
      const compared = names.length > 0 ? names : await modelsOf(workspaces.nearest(process.cwd()));
      warnOf(workspaces);
      const models = await Promise.all(compared.map((name) => analyzeFileOrCatalog(name, settings)));
      printModels(
        models,
        options.format,
        () => comparison(models, 'text'),
        () => comparison(models, 'markdown'),
      );
    });
}

/** The models that a workspace file names: files by path or glob from its folder, and catalog models. */
async function modelsOf(workspace: WorkspaceFile | null): Promise<string[]> {
  if (!workspace || workspace.models.length === 0)
    throw new InputError(
      `Name configs or catalog models, or list them as "models" in ${WORKSPACE_FILE_NAME}.`,
    );
  const folder = dirname(workspace.file);
  const lists = await Promise.all(
    workspace.models.map(async (model) => {
      if (isDynamicPattern(model))
        return (await glob(model, { cwd: folder, absolute: true, ignore: ['**/node_modules/**'] })).sort();
      return [isFile(join(folder, model)) ? join(folder, model) : model];
    }),
  );
  return [...new Set(lists.flat().map((name) => (isFile(name) ? relative('', name) : name)))];
}
