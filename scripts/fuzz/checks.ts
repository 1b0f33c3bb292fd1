import assert from 'node:assert/strict';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { applyEdits, RULES } from '../../src/advice';
import { isObject, parseConfigText } from '../../src/architecture';
import type { ConfigEdit, Finding, Range } from '../../src/protocol';
import {
  analyzeConfig,
  analyzeCatalog,
  analyzeText,
  compareVersions,
  DEFAULT_SETTINGS,
  fixAllEdits,
  headlines,
  hoverAt,
  inlayHints,
  plainText,
  readSettings,
  textChange,
  versionHeadline,
  whatIfActions,
  type AnalyzedConfig,
} from '../../src/service';
import { HOSTILE_KEYS, HOSTILE_SCALARS } from './hostile';
import type { FuzzInput } from './inputs';
import { assertNoMarkup } from './markup';
import { Random } from './random';
import { assertFollowsSchema } from './schema';
import { checkWorkspaceFile, workspaceText } from './workspace';

/** More processor time than any step may take, in milliseconds. */
const MAX_STEP_MS = 1000;

/** Runs one text through everything that shells ask of the service. Throws where something is not as it must be. */
export function checkInput({ seed, text, settings: raw }: FuzzInput): void {
  /** Of its own for each check: a new one does not change what the others try. */
  const randomFor = (check: number) => new Random(seed, check);
  const { settings } = timed('settings', () => readSettings(raw));
  const input = { text, file: 'file:///fuzz/config.json', name: 'fuzz' };
  const { findings, ...shown } = timed('analysis', () => analyzeText(input, settings));
  assertNumbers(shown);
  const { parameters } = shown;
  if (findings.some((f) => f.severity === 'error' && isReaders(f)))
    assert.equal(parameters, null, 'no number beside an error of the reader');
  assert.ok(findings.length < 1000, `${findings.length} findings`);
  if (randomFor(0).chance(0.05))
    timed('schema', () => {
      assertFollowsSchema({ models: [{ findings, ...shown }] });
    });

  const analyzed = timed('analysis', () => analyzeConfig(input, settings));
  if (!analyzed) return;
  const { document } = analyzed;
  for (const { range, code } of findings) assertInside(document, range, code);
  checkHints(analyzed);
  const hovers = randomFor(1);
  for (let i = 0; i < 4; i++) checkHover(analyzed, hovers);
  for (const { fixes } of findings) for (const { edits } of fixes) checkEdits(document, edits);
  checkEdits(document, fixAllEdits(findings));
  const places = randomFor(3);
  for (let i = 0; i < 2; i++) checkWhatIfs(analyzed, places);
  checkVersions(analyzed);
  const forWorkspace = randomFor(4);
  const workspaceFile = workspaceText(forWorkspace, text);
  const workspace = timed('workspace file', () => checkWorkspaceFile(forWorkspace, workspaceFile));
  timed('analysis by a workspace file', () => analyzeConfig(input, workspace));
  const edits = randomFor(2);
  for (let i = 0; i < 2; i++) checkEdits(document, randomEdits(edits, analyzed));
}

/** What a step gives, within its time. Processor time, for the machine may be busy with other things. */
function timed<T>(what: string, step: () => T): T {
  const before = process.cpuUsage();
  const result = step();
  const { user, system } = process.cpuUsage(before);
  const ms = (user + system) / 1000;
  assert.ok(ms < MAX_STEP_MS, `${what} took ${Math.round(ms)} ms`);
  return result;
}

const RULE_CODES: ReadonlySet<string> = new Set(RULES.map(({ code }) => code));
/**
 * What is wrong with the text (half a line, a number too large for a key that decides nothing) leaves the numbers of what
 * could be read. Rules and budgets judge a model that was read; their errors stand beside its numbers.
 */
const isReaders = ({ code }: Finding): boolean =>
  !RULE_CODES.has(code) && !code.startsWith('budget/') && !code.startsWith('json/');

/** Every number is finite and none is negative. */
function assertNumbers(value: unknown, at = ''): void {
  if (typeof value === 'number') assert.ok(Number.isFinite(value) && value >= 0, `${at} is ${value}`);
  else if (typeof value === 'object' && value !== null)
    for (const [key, child] of Object.entries(value)) assertNumbers(child, `${at}/${key}`);
}

function assertInside(document: TextDocument, range: Range, what: string): void {
  for (const position of [range.start, range.end])
    assert.deepEqual(
      document.positionAt(document.offsetAt(position)),
      { line: position.line, character: position.character },
      `${what}: outside of the document`,
    );
  assert.ok(document.offsetAt(range.start) <= document.offsetAt(range.end), `${what}: ends before its start`);
}

/** No text that a user sees tells of a number that is none. */
const assertReadable = (text: string, what: string): void => {
  assert.doesNotMatch(text, /\b(NaN|undefined)\b|\[object /, what);
};

function checkHints(analyzed: AnalyzedConfig): void {
  for (const { position, label, tooltip } of timed('hints', () => inlayHints(analyzed))) {
    assertInside(analyzed.document, { start: position, end: position }, 'hint');
    assertReadable(label, 'hint');
    assertReadable(tooltip, 'tooltip');
    assertNoMarkup(tooltip);
  }
}

function checkHover(analyzed: AnalyzedConfig, random: Random): void {
  const { document } = analyzed;
  const position = document.positionAt(random.below(document.getText().length + 10));
  const hover = timed('hover', () => hoverAt(analyzed, position));
  if (!hover) return;
  assertInside(document, hover.range, 'hover');
  assertNoMarkup(hover.markdown);
  timed('plain text', () => plainText(hover.markdown));
}

/** Other values of a field, as code actions. */
function checkWhatIfs(analyzed: AnalyzedConfig, random: Random): void {
  const { document } = analyzed;
  const start = document.positionAt(random.below(document.getText().length + 1));
  for (const { title, edits } of timed('what-ifs', () => whatIfActions(analyzed, { start, end: start }))) {
    assertReadable(title, 'what-if');
    checkEdits(document, edits);
  }
}

const REFERENCE = analyzeCatalog('Step-3', DEFAULT_SETTINGS);

/** Against another model, either way round, as against a committed version. */
function checkVersions(analyzed: AnalyzedConfig): void {
  timed('headlines', () => headlines(analyzed));
  assert.ok(REFERENCE);
  for (const [before, after] of [
    [REFERENCE, analyzed],
    [analyzed, REFERENCE],
  ] as const) {
    const delta = timed('comparison', () => compareVersions(before, after));
    assertReadable(versionHeadline(delta) ?? '', 'headline');
  }
}

/** The text after a change holds what the values' edits say: for a text that has no two meanings. */
function checkEdits(document: TextDocument, edits: readonly ConfigEdit[]): void {
  const change = timed('text change', () => textChange(document, edits));
  const { value, problems } = parseConfigText(document.getText());
  if (!isObject(value) || problems.some((p) => p.severity === 'error' || AMBIGUOUS.has(p.code))) return;
  const expected = timed('edits of values', () => applyEdits(value, edits));
  if (change) assertInside(document, change.range, 'text change');
  const text = change ? TextDocument.applyEdits(document, [change]) : document.getText();
  const after = parseConfigText(text);
  // Such as a key renamed to one that stands there already: the text then says so, and no more is claimed.
  if (after.problems.some((p) => AMBIGUOUS.has(p.code))) return;
  assert.equal(
    canonical(after.value),
    canonical(expected),
    `text and value differ after ${JSON.stringify(edits)}`,
  );
}
const AMBIGUOUS: ReadonlySet<string> = new Set(['json/duplicate-key', 'shape/duplicate-key']);

/** The order of keys is no part of a value: JavaScript puts those that look like indexes first. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, held: unknown) =>
    isObject(held) ? Object.fromEntries(Object.entries(held).sort(([a], [b]) => (a < b ? -1 : 1))) : held,
  );

/** Edits as fixes make them, at places that exist and at places that don't. */
function randomEdits(random: Random, { config }: AnalyzedConfig): ConfigEdit[] {
  return Array.from({ length: 1 + random.below(3) }, (_, i): ConfigEdit => {
    const path: (string | number)[] = [];
    let value = config.value;
    while (typeof value === 'object' && value !== null && (path.length === 0 || random.chance(0.3))) {
      const keys = Object.keys(value);
      const key = keys.length > 0 && random.chance(0.9) ? random.pick(keys) : random.pick(HOSTILE_KEYS);
      path.push(Array.isArray(value) ? Number(key) || 0 : key);
      value = (value as Record<string, unknown>)[key];
    }
    const kind = random.below(3);
    if (kind === 0) return { path, remove: true };
    if (kind === 1 && typeof path.at(-1) === 'string') return { path, rename: freshKey(random, i) };
    return { path, value: jsonOf(random.pick(HOSTILE_SCALARS)) };
  });
}

/** No fix renames a key to one that stands there already. */
const freshKey = (random: Random, i: number): string => `${random.pick(HOSTILE_KEYS)} ${i}`;

function jsonOf(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    // Text has no number beyond the finite ones.
    return typeof value === 'number' && !Number.isFinite(value) ? 0 : value;
  } catch {
    return text;
  }
}
