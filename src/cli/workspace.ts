import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { WORKSPACE_FILE_NAME } from '../protocol';
import {
  DEFAULT_SETTINGS,
  readWorkspaceFile,
  settingsWith,
  type ServiceSettings,
  type WorkspaceFile,
} from '../service';
import { settingsFrom, type AnalysisCliOptions } from './analysis-options';

/** Larger ones are no settings. */
const MAX_BYTES = 1 << 20;

/** A path as it is shown and matched: from a folder, with forward slashes. */
export const pathFrom = (folder: string, file: string): string => relative(folder, file).split(sep).join('/');

/** The workspace files of a run, each read once. Paths in them are absolute. */
export class Workspaces {
  private readonly byFolder = new Map<string, WorkspaceFile | null>();

  constructor(private readonly options: AnalysisCliOptions) {}

  /** The nearest one of a folder: its own, or one above up to the root of the repository. */
  nearest(folder: string): WorkspaceFile | null {
    const known = this.byFolder.get(folder);
    if (known !== undefined) return known;
    const own = this.read(join(folder, WORKSPACE_FILE_NAME));
    const isTop = existsSync(join(folder, '.git')) || dirname(folder) === folder;
    const found = own ?? (isTop ? null : this.nearest(dirname(folder)));
    this.byFolder.set(folder, found);
    return found;
  }

  /** Defaults, then the workspace file, then flags. `-` is standard input, which lies in the current folder. */
  settingsOf(file: string): ServiceSettings {
    const full = resolve(file);
    const workspace = this.nearest(dirname(full));
    const path = workspace && file !== '-' ? pathFrom(dirname(workspace.file), full) : null;
    return settingsFrom(this.options, settingsWith(workspace, DEFAULT_SETTINGS, path));
  }

  /** Those that were read. */
  get found(): readonly WorkspaceFile[] {
    return [...new Set([...this.byFolder.values()].filter((workspace) => workspace !== null))];
  }

  private read(file: string): WorkspaceFile | null {
    const stats = statSync(file, { throwIfNoEntry: false });
    if (!stats?.isFile() || stats.size > MAX_BYTES) return null;
    return readWorkspaceFile(readFileSync(file, 'utf8'), file);
  }
}

/** What is wrong with the workspace files, on standard error: for commands that don't report it. */
export function warnOf(workspaces: Workspaces): void {
  for (const { file, findings } of workspaces.found)
    for (const { range, severity, code, message } of findings)
      process.stderr.write(
        `${pathFrom(process.cwd(), file)}:${range.start.line + 1}:${range.start.character + 1}: ${severity} ${code}: ${message}\n`,
      );
}
