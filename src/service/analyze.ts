import { TextDocument } from 'vscode-languageserver-textdocument';
import {
  checkCheckpoint,
  FAMILIES,
  isObject,
  matchFamily,
  objectAt,
  parseConfigText,
  readArchitecture,
  recognize,
  replace,
  type Architecture,
  type CheckpointFacts,
  type ConfigText,
  type FamilyMatch,
  type ReadProblem,
} from '../architecture';
import {
  advise,
  ConfigSubject,
  heard,
  ModelSubject,
  type AdviceContext,
  type AdviceProblem,
} from '../advice';
import { decodeOps, type Op } from '../cost';
import type { Finding, ModelAnalysis } from '../protocol';
import { didYouMean } from './did-you-mean';
import { bytes } from './format';
import { mayBeModelConfig } from './recognize-text';
import { rangeOf, rangeOfPath } from './ranges';
import { fileProblems, misspelledKeys, schemaProblems, towerProblems } from './schema-problems';
import { targetsOf, type ServiceSettings } from './settings';
import { unknownIgnores } from './silence';
import { summarize } from './summarize';

/** A config, analysed, with all that hovers and hints need besides the result. */
export interface AnalyzedConfig {
  readonly analysis: ModelAnalysis;
  readonly document: TextDocument;
  readonly config: ConfigText;
  readonly match: FamilyMatch | null;
  readonly architecture: Architecture | null;
  /** Operations of one token at each context of the options, in their order. */
  readonly opsByContext: ReadonlyMap<number, readonly Op[]>;
  /** For what-ifs; null where no architecture could be read. */
  readonly subject: ModelSubject | null;
  readonly settings: ServiceSettings;
}

/** A text that the user asked for by name is always answered: also when it is no model's config. */
export function analyzeText(input: AnalyzeInput, settings: ServiceSettings): ModelAnalysis {
  const analyzed = analyzeConfig(input, settings);
  if (analyzed) return analyzed.analysis;
  const start = { line: 0, character: 0 };
  const finding: Finding = {
    ...whyNoConfig(input.text),
    severity: 'error',
    path: [],
    range: { start, end: start },
    fixes: [],
  };
  return withoutArchitecture(input, null, [finding], settings);
}

function whyNoConfig(text: string): { readonly code: string; readonly message: string } {
  if (text.trim() === '')
    return { code: 'file/empty', message: 'The file is empty: a model config is a JSON object.' };
  if (text.includes('\0'))
    return { code: 'file/encoding', message: 'The file is not UTF-8 text (UTF-16, or no text at all).' };
  if (/"\$decodeLens"\s*:\s*false/.test(text))
    return { code: 'file/opted-out', message: 'The file opts out: "$decodeLens" is false.' };
  return {
    code: 'file/not-a-config',
    message:
      'This is no language model’s config: a JSON object with "model_type" and dimensions such as "hidden_size" is expected.',
  };
}

export interface AnalyzeInput {
  readonly text: string;
  /** Path or URI, for the report. */
  readonly file: string;
  /** Shown where the config states no name. */
  readonly name: string;
  /** What the checkpoint beside the file says of itself. */
  readonly checkpoint?: CheckpointFacts | null;
}

/**
 * Analyses a config text. Null if it is well-formed JSON but no model's config: then the file is none of our business.
 * Never throws on any text: what is wrong stands in the findings.
 */
export function analyzeConfig(input: AnalyzeInput, settings: ServiceSettings): AnalyzedConfig | null {
  const { text, file } = input;
  if (text.length > settings.maxTextLength) return mayBeModelConfig(text) ? tooLarge(input, settings) : null;
  const document = TextDocument.create(file, 'json', 0, text);
  const config = parseConfigText(text);
  const recognizedBy = recognize(config.value);
  if (
    recognizedBy === null &&
    !(config.problems.some((p) => p.severity === 'error') && mayBeModelConfig(text))
  )
    return null;

  const match = isObject(config.value) && recognizedBy !== null ? matchFamily(config.value) : null;
  const problems: AdviceProblem[] = [];
  let subject: ConfigSubject | null = null;
  let opsByContext: ReadonlyMap<number, readonly Op[]> = new Map();
  let architecture: Architecture | null = null;
  if (match && isObject(config.value)) {
    // A half-typed line may have swallowed the keys after it: then nothing is said of what is missing.
    const isBroken = config.problems.some((p) => p.code === 'json/syntax');
    const read = readArchitecture(config.value, match, input.checkpoint?.quantization);
    const isRead = (key: string) => read.readKeys.has(key);
    const schema = schemaProblems(match.family.schema, config.value, match.textPath, isRead);
    problems.push(...schema.filter((p) => !(isBroken && p.code === 'schema/required')));
    const text = objectAt(config.value, match.textPath);
    if (text) problems.push(...misspelledKeys(match.family, text, match.textPath, isRead));
    problems.push(
      ...towerProblems(config.value),
      ...fileProblems(config.value),
      ...unknownIgnores(config.value),
    );
    // What the reader says of a config that the schema refuses follows from the same mistake.
    const isSound = schema.every((p) => p.severity !== 'error');
    if (isSound && !isBroken) problems.push(...read.problems.map((p) => suggestFamily(p, match)));
    // Nor does a half-typed line's size become the class default that stands for an absent key.
    const isGuess = isBroken && read.problems.some((p) => p.code === 'config/class-default');
    if (isSound && !isGuess) architecture = read.architecture;
    const context = contextOf(settings, input.checkpoint?.quantization ?? null);
    if (architecture) {
      opsByContext = opsAtContexts(architecture, settings);
      subject = new ModelSubject(config.value, match, read, context, architecture, opsByContext);
    } else if (!isBroken) subject = new ConfigSubject(config.value, match, read, context);
  }
  const checked = architecture && input.checkpoint ? checkCheckpoint(architecture, input.checkpoint) : null;
  if (checked?.problem) problems.push(checked.problem);
  const noted = heard(problems, config.value, settings.rules);
  const advice = subject ? advise(subject, settings.rules) : [];
  const findings = [
    ...heard(config.problems, config.value, settings.rules).map((p): Finding => ({
      ...pick(p),
      range: rangeOf(document, p.offset, p.length),
    })),
    ...[...noted, ...advice].map((p): Finding => ({
      ...pick(p),
      range: rangeOfPath(document, config, p.path, p.onKey === true),
    })),
  ];
  const analysis = architecture
    ? summarize(architecture, opsByContext, input, findings, checked?.summary ?? null, settings)
    : withoutArchitecture(input, match, findings, settings);
  return {
    analysis,
    document,
    config,
    match,
    architecture,
    opsByContext,
    subject: subject instanceof ModelSubject ? subject : null,
    settings,
  };
}

const digits = (name: string): string => name.replace(/\D/g, '');

/** A slip of the pen in the family's name; another version of a family is none. */
function suggestFamily(problem: ReadProblem, { modelType }: FamilyMatch): ReadProblem {
  if (problem.code !== 'config/unknown-family') return problem;
  const meant = didYouMean(modelType, FAMILIES.keys());
  if (meant === null || digits(meant) !== digits(modelType)) return problem;
  const isStated = problem.path.at(-1) === 'model_type';
  const fixes = isStated ? [replace({ path: problem.path, from: modelType, to: meant })] : [];
  return { ...problem, message: `${problem.message} Did you mean "${meant}"?`, fixes };
}

/** Operations of one token at each context of the settings. */
const opsAtContexts = (
  architecture: Architecture,
  { options }: ServiceSettings,
): ReadonlyMap<number, readonly Op[]> =>
  new Map(
    options.contexts.map(
      (context) => [context, decodeOps(architecture, options, { batch: 1, context })] as const,
    ),
  );

/** The analysis of an architecture that has been read already. */
export const summarizeModel = (
  architecture: Architecture,
  input: Omit<AnalyzeInput, 'text'>,
  findings: readonly Finding[],
  settings: ServiceSettings,
): ModelAnalysis =>
  summarize(architecture, opsAtContexts(architecture, settings), input, findings, null, settings);

const contextOf = (
  settings: ServiceSettings,
  quantization: AdviceContext['quantization'],
): AdviceContext => ({
  quantization,
  options: settings.options,
  targets: targetsOf(settings),
  accelerators: settings.accelerators,
  budgets: settings.budgets,
});

const pick = ({
  code,
  severity,
  message,
  path,
  fixes,
  unnecessary,
}: AdviceProblem): Omit<Finding, 'range'> => ({
  code,
  severity,
  message,
  path,
  fixes: fixes ?? [],
  ...(unnecessary ? { unnecessary } : {}),
});

const NOTHING = {
  parameters: null,
  breakdown: [],
  weights: null,
  checkpoint: null,
  kv: null,
  memory: [],
  perToken: [],
  cost: [],
  afdCost: [],
  trainingCost: [],
  attention: null,
  moe: null,
  formulas: [],
};

function withoutArchitecture(
  { file, name }: AnalyzeInput,
  match: FamilyMatch | null,
  findings: readonly Finding[],
  { options }: ServiceSettings,
): ModelAnalysis {
  const model = match && {
    name,
    family: match.family.name,
    modelType: match.modelType,
    matchedBy: match.matchedBy,
  };
  return { ...NOTHING, file, model, options, accountingNotes: [], findings };
}

function tooLarge(input: AnalyzeInput, settings: ServiceSettings): AnalyzedConfig {
  const start = { line: 0, character: 0 };
  const finding: Finding = {
    code: 'file/too-large',
    severity: 'error',
    message: `This file has ${bytes(input.text.length)}; Decode Lens reads model configs of up to ${bytes(settings.maxTextLength)} (setting decodeLens.maxFileSizeKB).`,
    path: [],
    range: { start, end: start },
    fixes: [],
  };
  return {
    analysis: withoutArchitecture(input, null, [finding], settings),
    document: TextDocument.create(input.file, 'json', 0, ''),
    config: { value: undefined, root: undefined, problems: [] },
    match: null,
    architecture: null,
    opsByContext: new Map(),
    subject: null,
    settings,
  };
}
