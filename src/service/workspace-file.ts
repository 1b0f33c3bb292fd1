import picomatch from 'picomatch/posix';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { isObject, parseConfigText } from '../architecture';
import { heard, type Budget, type DollarBudget } from '../advice';
import { WORKSPACE_FILE_NAME, type Finding, type Range } from '../protocol';
import { rangeOf, rangeOfPath } from './ranges';
import { DEFAULT_SETTINGS, readSettings, type RawSettings, type ServiceSettings } from './settings';
import { formMistakes, nameMistakes, usableParts } from './workspace-mistakes';

export { WORKSPACE_FILE_NAME };

/** Longer ones are not read. */
export const WORKSPACE_FILE_MAX_LENGTH = 1 << 20;

/** What a `decode-lens.json` says, as far as it can be used. */
export interface WorkspaceFile {
  /** Path or URI. */
  readonly file: string;
  readonly settings: RawSettings;
  /** Paths, globs and catalog names, to compare. */
  readonly models: readonly string[];
  readonly budgets: readonly FileBudget[];
  /** What is wrong with it. */
  readonly findings: readonly Finding[];
}

/** A budget with the files that it holds for. */
export interface FileBudget {
  /** Null: a text without a place, for which only budgets of every file hold. */
  readonly holdsFor: (relativePath: string | null) => boolean;
  readonly budget: Budget;
}

/**
 * Reads a workspace file. Never throws: what is wrong with it stands in its findings, and the rest holds.
 * `base` is what it is laid over: a target may name an accelerator of the editor's settings.
 */
export function readWorkspaceFile(
  text: string,
  file: string,
  base: ServiceSettings = DEFAULT_SETTINGS,
): WorkspaceFile {
  if (text.length > WORKSPACE_FILE_MAX_LENGTH) return tooLong(file);
  const document = TextDocument.create(file, 'jsonc', 0, text);
  const config = parseConfigText(text);
  const syntax = config.problems
    .filter(({ code }) => !ALLOWED_HERE.includes(code))
    .map((problem) => finding(problem, rangeOf(document, problem.offset, problem.length)));
  // An empty file is one that somebody has just made.
  if (config.value === undefined) return { ...NOTHING, file, findings: text.trim() === '' ? [] : syntax };

  const ofForm = formMistakes(config.value);
  const value = usableParts(config.value, ofForm);
  const { rules } = readSettings({ rules: value.rules }, base).settings;
  const mistakes = heard([...ofForm, ...nameMistakes(value, base)], null, rules).map((mistake) =>
    finding(mistake, rangeOfPath(document, config, mistake.path, mistake.onKey === true)),
  );
  const { models, budgets, ...settings } = value;
  return {
    file,
    settings,
    models: isList(models) ? models.filter((model) => typeof model === 'string') : [],
    budgets: isList(budgets)
      ? budgets.flatMap((budget, i) => (isObject(budget) ? fileBudget(budget, i) : []))
      : [],
    findings: [...syntax, ...mistakes],
  };
}

/** Comments are welcome here: no other program reads this file. */
const ALLOWED_HERE = ['json/comment', 'json/trailing-comma'];

const NOTHING = { settings: {}, models: [], budgets: [], findings: [] };

const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);

const finding = (
  { code, severity, message, path }: Pick<Finding, 'code' | 'severity' | 'message' | 'path'>,
  range: Range,
): Finding => ({ code, severity, message, path, range, fixes: [] });

function tooLong(file: string): WorkspaceFile {
  const start = { line: 0, character: 0 };
  const problem: Omit<Finding, 'range' | 'fixes'> = {
    code: 'file/too-large',
    severity: 'error',
    message: `This file is longer than ${WORKSPACE_FILE_MAX_LENGTH} characters: nothing of it was read.`,
    path: [],
  };
  return { ...NOTHING, file, findings: [finding(problem, { start, end: start })] };
}

/** One entry of `budgets`, whose form has been checked. */
function fileBudget({ files, ...limits }: Readonly<Record<string, unknown>>, index: number): FileBudget {
  const { usdPer1M, ...others } = limits;
  return {
    holdsFor: files === undefined ? () => true : matcherOf(files),
    budget: {
      ...others,
      ...(isList(usdPer1M) ? { usdPer1M: usdPer1M.filter(isDollarBudget) } : {}),
      source: `${WORKSPACE_FILE_NAME}, budgets[${index}]`,
    },
  };
}

/** Longer ones would take seconds to compile, and match no path. */
const MAX_GLOB_LENGTH = 1000;

function matcherOf(files: unknown): FileBudget['holdsFor'] {
  const globs = (isList(files) ? files : [files]).filter(
    (glob) => typeof glob === 'string' && glob.length <= MAX_GLOB_LENGTH,
  ) as readonly string[];
  const matches = globMatcher(globs);
  return (relativePath) => relativePath !== null && matches(relativePath);
}

/** One whose values the schema refused has nulls, and a half-typed one lacks them. */
const isDollarBudget = (value: unknown): value is DollarBudget =>
  isObject(value) &&
  typeof value.target === 'string' &&
  typeof value.context === 'number' &&
  typeof value.atMost === 'number';

/**
 * Does a path match? A glob without a slash is met by names at any depth, one that begins with `!` takes files out again
 * as `.gitignore` does. Paths are relative, with forward slashes.
 */
export function globMatcher(globs: readonly string[]): (relativePath: string) => boolean {
  const [taking, leaving] = [globs.filter((g) => !g.startsWith('!')), globs.filter((g) => g.startsWith('!'))];
  const anyOf = (list: readonly string[]) => {
    const matchers = list.map((glob) =>
      picomatch(glob.replace(/^\.\//, ''), {
        dot: true,
        basename: !glob.includes('/'),
        // Nested ones can take for ever.
        noextglob: true,
      }),
    );
    return (path: string) => matchers.some((matches) => matches(path));
  };
  const isIn = anyOf(taking.length > 0 ? taking : ['**']);
  const isOut = anyOf(leaving.map((glob) => glob.slice(1)));
  return (path) => isIn(path) && !isOut(path);
}

/**
 * The settings of one config: `base` (the defaults, or an editor's settings) with the workspace file over it, and the
 * budgets that hold for this file. `relativePath` leads from the workspace file's folder to the config, with forward
 * slashes; null for a text without a place.
 */
export function settingsWith(
  workspace: WorkspaceFile | null,
  base: ServiceSettings,
  relativePath: string | null,
): ServiceSettings {
  if (!workspace) return base;
  const { settings } = readSettings(workspace.settings, base);
  const budgets = workspace.budgets
    .filter(({ holdsFor }) => holdsFor(relativePath))
    .map(({ budget }) => budget);
  return { ...settings, budgets };
}
