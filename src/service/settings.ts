import { isObject } from '../architecture';
import { ACCELERATORS, findAccelerator, resolveAccelerators, type Accelerator } from '../hardware';
import type { Budget, RuleSeverities } from '../advice';
import {
  ACCOUNTINGS,
  PRECISIONS,
  RULE_SEVERITIES,
  WINDOW_RESERVATIONS,
  type AnalysisOptions,
  type RuleSeverity,
  type ServingOptions,
} from '../protocol';

/** What an analysis is made with. */
export interface ServiceSettings {
  readonly options: AnalysisOptions;
  readonly accelerators: readonly Accelerator[];
  /** What the user made of rules. */
  readonly rules: RuleSeverities;
  /** Limits that hold for this file. */
  readonly budgets: readonly Budget[];
  /** Longer texts (in UTF-16 code units) are not analysed. */
  readonly maxTextLength: number;
}

/** Settings as a user wrote them, in VS Code's or another editor's configuration, or on the command line. */
export interface RawSettings {
  readonly targets?: unknown;
  readonly contexts?: unknown;
  readonly accounting?: unknown;
  readonly precision?: unknown;
  readonly kvPrecision?: unknown;
  readonly kvBlockSize?: unknown;
  readonly windowReservation?: unknown;
  readonly accelerators?: unknown;
  /** Of every accelerator whose own entry names none, bytes per second and direction. */
  readonly network?: unknown;
  readonly rules?: unknown;
  readonly serving?: unknown;
  readonly maxFileSizeKB?: unknown;
}

export interface ReadSettings {
  readonly settings: ServiceSettings;
  /** One sentence for each value that was not taken; the default stands in for it. */
  readonly problems: readonly string[];
}

export const DEFAULT_SETTINGS: ServiceSettings = {
  options: {
    targets: ['H800', 'H20', 'H100', 'H200'],
    contexts: [8192, 32768],
    accounting: 'exact',
    precision: 'fp8',
    kvPrecision: 'fp8',
    kvBlockSize: 16,
    windowReservation: 'window',
    serving: { tensorParallel: null, expertParallel: null, gpusPerServer: 8, tpotMs: 50, pipelineStages: 3 },
  },
  accelerators: ACCELERATORS,
  rules: {},
  budgets: [],
  maxTextLength: 4096 * 1024,
};

/** No context is longer, and no settings list needs to be. */
const MAX_CONTEXT = 1e9;
const MAX_ENTRIES = 64;

const MAX_BLOCK_SIZE = 65536;
const isBlockSize = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= MAX_BLOCK_SIZE;

const isNetwork = (value: unknown): value is number =>
  typeof value === 'number' && value >= 1e6 && value <= 1e17;

/** One network for all, but for those that the user gave one of their own. */
function withNetwork(
  accelerators: readonly Accelerator[],
  network: number,
  overrides: unknown,
): readonly Accelerator[] {
  const own = Object.entries(isObject(overrides) ? overrides : {})
    .filter(([, fields]) => isObject(fields) && 'network' in fields)
    .map(([name]) => findAccelerator(accelerators, name));
  return accelerators.map((a) => (own.includes(a) ? a : { ...a, network }));
}

/** Checks settings against `base`, which stands in for what is absent or wrong. Never throws. */
export function readSettings(raw: RawSettings, base: ServiceSettings = DEFAULT_SETTINGS): ReadSettings {
  const problems: string[] = [];
  const fallback = base.options;

  let accelerators = base.accelerators;
  if (raw.accelerators !== undefined) {
    const resolved = resolveAccelerators(raw.accelerators, base.accelerators);
    accelerators = resolved.accelerators;
    problems.push(...resolved.problems);
  }
  if (isNetwork(raw.network)) accelerators = withNetwork(accelerators, raw.network, raw.accelerators);
  else if (raw.network !== undefined)
    problems.push('network must be bytes per second from 1e6 to 1e17, such as 50e9 for 400 Gbit/s.');

  const oneOf = <T extends string>(name: string, value: unknown, allowed: readonly T[], otherwise: T): T => {
    if (value === undefined) return otherwise;
    const found = allowed.find((a) => a === value);
    if (found === undefined) problems.push(`${name} must be one of ${allowed.join(', ')}.`);
    return found ?? otherwise;
  };

  const list = (name: string, value: unknown): readonly unknown[] | null => {
    if (value === undefined) return null;
    if (Array.isArray(value) && value.length > 0 && value.length <= MAX_ENTRIES) return value as unknown[];
    problems.push(`${name} must be a list of 1 to ${MAX_ENTRIES} entries.`);
    return null;
  };

  const targets = (list('targets', raw.targets) ?? fallback.targets).flatMap((name) => {
    const found = typeof name === 'string' ? findAccelerator(accelerators, name) : undefined;
    if (!found)
      problems.push(
        `Unknown target ${JSON.stringify(name)}: known are ${accelerators.map((a) => a.name).join(', ')}.`,
      );
    return found ? [found.name] : [];
  });
  const contexts = (list('contexts', raw.contexts) ?? fallback.contexts).flatMap((context) => {
    if (typeof context === 'number' && Number.isInteger(context) && context >= 1 && context <= MAX_CONTEXT)
      return [context];
    problems.push(
      `${JSON.stringify(context)} is no context length: a whole number of tokens from 1 to ${MAX_CONTEXT} is expected.`,
    );
    return [];
  });

  let { kvBlockSize } = fallback;
  if (isBlockSize(raw.kvBlockSize)) kvBlockSize = raw.kvBlockSize;
  else if (raw.kvBlockSize !== undefined)
    problems.push(`kvBlockSize must be a whole number of tokens from 1 to ${MAX_BLOCK_SIZE}.`);

  const { rules, problems: ruleProblems } = readRules(raw.rules, base.rules);
  const { serving, problems: servingProblems } = readServing(raw.serving, fallback.serving);
  problems.push(...ruleProblems, ...servingProblems);

  let { maxTextLength } = base;
  if (typeof raw.maxFileSizeKB === 'number' && raw.maxFileSizeKB >= 1)
    maxTextLength = raw.maxFileSizeKB * 1024;
  else if (raw.maxFileSizeKB !== undefined) problems.push('maxFileSizeKB must be a number of at least 1.');

  return {
    settings: {
      accelerators,
      rules,
      budgets: base.budgets,
      maxTextLength,
      options: {
        targets: targets.length > 0 ? [...new Set(targets)] : fallback.targets,
        contexts: contexts.length > 0 ? [...new Set(contexts)] : fallback.contexts,
        accounting: oneOf('accounting', raw.accounting, ACCOUNTINGS, fallback.accounting),
        precision: oneOf('precision', raw.precision, PRECISIONS, fallback.precision),
        kvPrecision: oneOf('kvPrecision', raw.kvPrecision, PRECISIONS, fallback.kvPrecision),
        kvBlockSize,
        windowReservation: oneOf(
          'windowReservation',
          raw.windowReservation,
          WINDOW_RESERVATIONS,
          fallback.windowReservation,
        ),
        serving,
      },
    },
    problems,
  };
}

/** Severities by rule or group; what is not given stays as it was. */
function readRules(
  raw: unknown,
  base: RuleSeverities,
): { readonly rules: RuleSeverities; readonly problems: readonly string[] } {
  if (raw === undefined) return { rules: base, problems: [] };
  if (!isObject(raw)) return { rules: base, problems: ['rules must be an object of severities by rule.'] };
  const rules: Record<string, RuleSeverity> = { ...base };
  const problems: string[] = [];
  for (const [code, value] of Object.entries(raw)) {
    const severity = RULE_SEVERITIES.find((s) => s === value);
    if (severity) rules[code] = severity;
    else problems.push(`rules["${code}"] must be one of ${RULE_SEVERITIES.join(', ')}.`);
  }
  return { rules, problems };
}

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 65536;
/** From a microsecond: less is no time that anything takes, and would make quotients infinite. */
const isMilliseconds = (value: unknown): value is number =>
  typeof value === 'number' && value >= 1e-3 && value <= 1e9;

/** Parallelism and objective; null takes a choice back. */
function readServing(
  raw: unknown,
  base: ServingOptions,
): { readonly serving: ServingOptions; readonly problems: readonly string[] } {
  if (raw === undefined) return { serving: base, problems: [] };
  if (!isObject(raw)) return { serving: base, problems: ['serving must be an object.'] };
  const problems: string[] = [];
  const read = <T>(key: string, isValid: (value: unknown) => boolean, what: string, otherwise: T): T => {
    const value = raw[key];
    if (value === undefined) return otherwise;
    if (isValid(value)) return value as T;
    problems.push(`serving.${key} must be ${what}.`);
    return otherwise;
  };
  const count = 'a whole number from 1 to 65536';
  const isDegree = (value: unknown) => value === null || isCount(value);
  return {
    serving: {
      tensorParallel: read('tensorParallel', isDegree, `${count}, or null`, base.tensorParallel),
      expertParallel: read('expertParallel', isDegree, `${count}, or null`, base.expertParallel),
      gpusPerServer: read('gpusPerServer', isCount, count, base.gpusPerServer),
      tpotMs: read('tpotMs', isMilliseconds, 'a number of milliseconds from 0.001 to 1e9', base.tpotMs),
      pipelineStages: read('pipelineStages', isCount, count, base.pipelineStages),
    },
    problems,
  };
}

/** The targets of the options as accelerators. */
export const targetsOf = ({ options, accelerators }: ServiceSettings): Accelerator[] =>
  options.targets.flatMap((name) => accelerators.find((a) => a.name === name) ?? []);
