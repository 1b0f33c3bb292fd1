import {
  chosenSeverity,
  groupOf,
  IGNORE_PATH,
  ignoreEntries,
  RULE_GROUPS,
  RULES,
  type AdviceProblem,
} from '../advice';
import { FILE_KEY, isObject } from '../architecture';
import type { ConfigEdit, Finding } from '../protocol';
import type { AnalyzedConfig } from './analyze';
import { didYouMean } from './did-you-mean';
import { READER_CODES } from './reader-codes';

/** Every code of a finding, rules first: for completion of ignore lists and settings. */
export const findingCodes = (): readonly string[] => [...RULES, ...READER_CODES].map(({ code }) => code);

/** What an ignore list or a setting may name: codes, and groups as `hardware/*`. */
export const silenceableNames = (): readonly string[] =>
  (names ??= [
    ...findingCodes(),
    ...[...new Set([...RULE_GROUPS, ...findingCodes().map(groupOf)])].map((group) => `${group}/*`),
  ]);
let names: readonly string[] | undefined;

/** Entries of a file's ignore list that name nothing. */
export function unknownIgnores(config: Readonly<Record<string, unknown>>): AdviceProblem[] {
  return ignoreEntries(config).flatMap((entry, i) => {
    // The schema speaks of what is no text.
    if (typeof entry !== 'string' || silenceableNames().includes(entry)) return [];
    const meant = didYouMean(entry, silenceableNames());
    const path = [...IGNORE_PATH, i];
    return [
      {
        severity: 'information' as const,
        code: 'advice/unknown-rule',
        message: `No finding has the code ${JSON.stringify(entry)}${meant === null ? ': this entry silences nothing.' : `: did you mean "${meant}"?`}`,
        path,
        ...(meant === null ? { unnecessary: true as const } : {}),
        fixes: [
          meant === null
            ? { title: `Remove ${JSON.stringify(entry)}`, edits: [{ path, remove: true }], isPreferred: true }
            : { title: `Change to "${meant}"`, edits: [{ path, value: meant }], isPreferred: true },
        ],
      },
    ];
  });
}

/** Can the file silence this finding? Not errors of the reader: nothing was computed because of them. */
function isSilenceable({ code, severity }: Finding, { settings }: AnalyzedConfig): boolean {
  const own = READER_CODES.find((reader) => reader.code === code);
  if (!own || severity !== 'error') return true;
  return chosenSeverity(code, settings.rules) === 'error' && own.severities.some((s) => s !== 'error');
}

/** Edits that silence a code in this file; none where no finding of it can be silenced, or the list has no place. */
export function ignoreEdits(analyzed: AnalyzedConfig, code: string): ConfigEdit[] {
  const { findings } = analyzed.analysis;
  if (!findings.some((finding) => finding.code === code && isSilenceable(finding, analyzed))) return [];
  const { value } = analyzed.config;
  const own = isObject(value) ? value[FILE_KEY] : undefined;
  if (!isObject(own)) return [{ path: [FILE_KEY], value: { ignore: [code] } }];
  return [{ path: IGNORE_PATH, value: [...ignoreEntries(value), code] }];
}
