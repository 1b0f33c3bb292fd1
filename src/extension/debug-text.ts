/** What helps to understand a report of a fault; made here so that it can be tested without an editor. */
export interface DebugFacts {
  /** One line each: versions, workspace, server, the active file. */
  readonly facts: readonly (readonly [name: string, value: string])[];
  /** Settings that differ from their defaults. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** The end of the log; null where it can't be read. */
  readonly log: string | null;
}

const LOG_LINES = 40;

/** Markdown, for an issue. */
export function debugText({ facts, settings, log }: DebugFacts, home: string): string {
  const lines = log?.trimEnd().split('\n').slice(-LOG_LINES) ?? ['(not readable)'];
  const text = [
    ...facts.map(([name, value]) => `- ${name}: ${value}`),
    '',
    'Settings that differ from their defaults:',
    fenced('json', JSON.stringify(settings, null, 2)),
    '',
    'End of the log:',
    fenced('', lines.join('\n')),
    '',
  ].join('\n');
  return withoutUserNames(text, home);
}

/** A fence longer than any in the text. */
function fenced(language: string, text: string): string {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(Math.max(3, longest + 1));
  return `${fence}${language}\n${text}\n${fence}`;
}

/** Home folders name their users, in paths and in URIs. */
export function withoutUserNames(text: string, home: string): string {
  const known = [home, home.replaceAll('\\', '/'), encodeURI(home.replaceAll('\\', '/'))];
  return known
    .filter((folder) => folder.length > 1)
    .reduce((cleaned, folder) => cleaned.replaceAll(folder, '~'), text)
    .replace(/([\\/](?:home|Users)[\\/]+)[^\\/\s"'`)]+/g, '$1…');
}
