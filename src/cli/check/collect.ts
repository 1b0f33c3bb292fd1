import { open, readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { glob, isDynamicPattern } from 'tinyglobby';
import { readCheckpoint } from '../../node/checkpoint-files';
import { WORKSPACE_FILE_NAME, type CheckedFile } from '../../protocol';
import { analyzeConfig, mayBeModelConfig, type AnalyzedConfig } from '../../service';
import { InputError } from '../exit';
import { nameOf } from '../input';
import { pathFrom, type Workspaces } from '../workspace';

/** A file with findings, and its analysis if it is a config. */
export interface Checked extends CheckedFile {
  readonly analyzed: AnalyzedConfig | null;
}

const NEVER = ['**/node_modules/**', '**/.git/**'];
/** Files that are read at a time. */
const AT_ONCE = 32;

/** A file to look at; one that the user named is read whatever it is. */
interface Candidate {
  readonly file: string;
  readonly isNamed: boolean;
}

/** The configs below some files, folders and globs, checked, and the workspace files that hold for them. */
export async function checkTree(paths: readonly string[], workspaces: Workspaces): Promise<Checked[]> {
  const candidates = await candidatesIn(paths);
  const checked: Checked[] = [];
  for (let i = 0; i < candidates.length; i += AT_ONCE) {
    const some = candidates.slice(i, i + AT_ONCE);
    const found = await Promise.all(some.map((candidate) => check(candidate, workspaces)));
    checked.push(...found.filter((file) => file !== null));
  }
  const ofWorkspace = workspaces.found.map(({ file, findings }): Checked => ({
    file: shown(file),
    model: null,
    findings,
    analyzed: null,
  }));
  return [...ofWorkspace, ...checked].sort((a, b) => (a.file < b.file ? -1 : 1));
}

const shown = (file: string): string => pathFrom(process.cwd(), file);

async function candidatesIn(paths: readonly string[]): Promise<Candidate[]> {
  const candidates = new Map<string, Candidate>();
  const add = (file: string, isNamed: boolean) => {
    const full = resolve(file);
    if (isNamed || !candidates.has(full)) candidates.set(full, { file: full, isNamed });
  };
  for (const path of paths) {
    const stats = await stat(path).catch(() => null);
    if (stats?.isFile()) add(path, true);
    else if (stats?.isDirectory())
      for (const file of await glob('**', { cwd: path, absolute: true, dot: true, ignore: NEVER }))
        add(file, false);
    else if (isDynamicPattern(path)) {
      const files = await glob(path, { absolute: true, dot: true, ignore: NEVER });
      if (files.length === 0) throw new InputError(`${path}: no file matches.`);
      for (const file of files) add(file, false);
    } else throw new InputError(`${path}: no such file or folder.`);
  }
  return [...candidates.values()];
}

const isJson = (file: string): boolean => /\.jsonc?$/i.test(file);

async function check({ file, isNamed }: Candidate, workspaces: Workspaces): Promise<Checked | null> {
  if (file.endsWith(`/${WORKSPACE_FILE_NAME}`) || file.endsWith(`\\${WORKSPACE_FILE_NAME}`)) {
    workspaces.nearest(dirname(file));
    return null;
  }
  const settings = workspaces.settingsOf(file);
  const text = await textOf(file, isNamed, settings.maxTextLength);
  if (text === null || !(isNamed || mayBeModelConfig(text))) return null;
  const checkpoint = await readCheckpoint(dirname(file));
  const analyzed = analyzeConfig({ text, file: shown(file), name: nameOf(file), checkpoint }, settings);
  if (!analyzed) {
    if (isNamed) throw new InputError(`${shown(file)}: no language model’s config.`);
    return null;
  }
  const { findings, model } = analyzed.analysis;
  // A text in another language may hold a config's keys; it is no broken config.
  if (!isNamed && !isJson(file) && findings.some(({ code }) => code === 'json/syntax')) return null;
  return { file: shown(file), model: model?.name ?? null, findings, analyzed };
}

/** The text of a file that may be a config: by its content, and by its size. */
async function textOf(file: string, isNamed: boolean, maxLength: number): Promise<string | null> {
  try {
    if (!isNamed && ((await stat(file)).size > maxLength || !(isJson(file) || (await beginsAsObject(file)))))
      return null;
    return await readFile(file, 'utf8');
  } catch (error) {
    if (!isNamed) return null;
    throw new InputError(`${shown(file)}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Of files that no name tells to be JSON most are something else: a few bytes tell. */
async function beginsAsObject(file: string): Promise<boolean> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(64), 0, 64, 0);
    return /^\uFEFF?\s*\{/.test(buffer.toString('utf8', 0, bytesRead));
  } finally {
    await handle.close();
  }
}
