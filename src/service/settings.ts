import { ACCELERATORS, findAccelerator, resolveAccelerators, type Accelerator } from '../hardware';
import { ACCOUNTINGS, PRECISIONS, WINDOW_RESERVATIONS, type AnalysisOptions } from '../protocol';

/** What an analysis is made with. */
export interface ServiceSettings {
  readonly options: AnalysisOptions;
  readonly accelerators: readonly Accelerator[];
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
  },
  accelerators: ACCELERATORS,
  maxTextLength: 4096 * 1024,
};

/** No context is longer, and no settings list needs to be. */
const MAX_CONTEXT = 1e9;
const MAX_ENTRIES = 64;

const MAX_BLOCK_SIZE = 65536;
const isBlockSize = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= MAX_BLOCK_SIZE;

/** Checks settings against `base`, which stands in for what is absent or wrong. Never throws. */
export function readSettings(raw: RawSettings, base: ServiceSettings = DEFAULT_SETTINGS): ReadSettings {
  const problems: string[] = [];
  const fallback = base.options;

  let accelerators = base.accelerators;
  if (raw.accelerators !== undefined) {
    const resolved = resolveAccelerators(raw.accelerators);
    accelerators = resolved.accelerators;
    problems.push(...resolved.problems);
  }

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

  let { maxTextLength } = base;
  if (typeof raw.maxFileSizeKB === 'number' && raw.maxFileSizeKB >= 1)
    maxTextLength = raw.maxFileSizeKB * 1024;
  else if (raw.maxFileSizeKB !== undefined) problems.push('maxFileSizeKB must be a number of at least 1.');

  return {
    settings: {
      accelerators,
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
      },
    },
    problems,
  };
}

/** The targets of the options as accelerators. */
export const targetsOf = ({ options, accelerators }: ServiceSettings): Accelerator[] =>
  options.targets.flatMap((name) => accelerators.find((a) => a.name === name) ?? []);
