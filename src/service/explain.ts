import { RULES, type Rule } from '../advice';
import { catalogModel } from '../catalog';
import type { Finding } from '../protocol';
import { analyzeConfig, type AnalyzedConfig } from './analyze';
import { plainText } from './markdown';
import { READER_CODES, type ReaderCode } from './reader-codes';
import { DEFAULT_SETTINGS } from './settings';

/** One code of a finding, as lists show it. */
export interface CodeEntry {
  readonly code: string;
  readonly title: string;
  /** When it is given. */
  readonly what: string;
  /** The default; `error or warning` where it depends. */
  readonly severity: string;
  /** Decode Lens offers an edit, in some or all cases. */
  readonly hasFix: boolean;
}

/** What a page says, piece by piece; the first has no heading. Texts are Markdown. */
interface Section {
  readonly heading: string | null;
  readonly text: string;
}

/** All codes: of rules, then the reader's own. */
export const codeEntries = (): CodeEntry[] => [...RULES.map(ruleEntry), ...READER_CODES.map(readerEntry)];

const ruleEntry = (rule: Rule): CodeEntry => ({
  code: rule.code,
  title: rule.title,
  what: rule.what,
  severity: rule.severity,
  hasFix: exampleFindings(rule).some(({ fixes }) => fixes.length > 0),
});

const readerEntry = ({ code, title, what, severities, hasFix }: ReaderCode): CodeEntry => ({
  code,
  title,
  what,
  severity: severities.join(' or '),
  hasFix: hasFix === true,
});

/** The page of a code in Markdown; null if there is no such code. */
export function codePage(code: string): string | null {
  const page = pageOf(code);
  if (!page) return null;
  const sections = page.sections.map(({ heading, text }) =>
    heading === null ? text : `## ${heading}\n\n${text}`,
  );
  return [`# ${page.title} (\`${code}\`)`, ...sections].join('\n\n');
}

/** The same for a terminal. */
export function codeText(code: string): string | null {
  const page = pageOf(code);
  if (!page) return null;
  const sections = page.sections.map(({ heading, text }) =>
    [...(heading === null ? [] : [heading.toUpperCase()]), plainText(text.replace(/^```.*\n?/gm, ''))].join(
      '\n',
    ),
  );
  return [`${code}: ${page.title}`, ...sections].join('\n\n');
}

function pageOf(code: string): { readonly title: string; readonly sections: readonly Section[] } | null {
  const rule = RULES.find((r) => r.code === code);
  if (rule) return { title: rule.title, sections: ruleSections(rule) };
  const reader = READER_CODES.find((r) => r.code === code);
  return reader ? { title: reader.title, sections: readerSections(reader) } : null;
}

function ruleSections(rule: Rule): Section[] {
  return [
    { heading: null, text: summaryLine(ruleEntry(rule)) },
    { heading: null, text: rule.what },
    { heading: 'Why', text: rule.why },
    { heading: 'Example', text: exampleText(rule) },
    { heading: 'When to ignore it', text: rule.ignoreWhen },
    { heading: 'Silence it', text: silenceText(rule.code) },
    { heading: 'Source', text: rule.source },
  ];
}

function readerSections(reader: ReaderCode): Section[] {
  const canBeSilenced = reader.severities.some((severity) => severity !== 'error');
  const never = 'Errors of this code can’t be silenced: nothing is computed because of them.';
  return [
    { heading: null, text: summaryLine(readerEntry(reader)) },
    { heading: null, text: reader.what },
    { heading: 'What to do', text: reader.remedy },
    {
      heading: 'Silence it',
      text: [
        ...(reader.severities.includes('error') ? [never] : []),
        ...(canBeSilenced ? [silenceText(reader.code)] : []),
      ].join('\n\n'),
    },
  ];
}

const summaryLine = ({ severity, hasFix }: CodeEntry): string =>
  `Severity: ${severity}. ${hasFix ? 'Decode Lens offers a fix.' : 'There is no automatic fix.'}`;

const jsonBlock = (value: unknown): string => `\`\`\`json\n${JSON.stringify(value, null, 2)}\n\`\`\``;

function silenceText(code: string): string {
  const group = `${code.slice(0, code.indexOf('/'))}/*`;
  const inFile = [
    'In one file (loaders keep the key as an unused attribute):',
    jsonBlock({ $decodeLens: { ignore: [code] } }),
  ];
  return [
    ...(code.startsWith('workspace/') ? [] : inFile),
    `Everywhere, with the setting \`decodeLens.rules\` or \`rules\` in \`decode-lens.json\`, which also changes the severity: \`"off"\`, \`"information"\`, \`"warning"\` or \`"error"\`. \`${group}\` means the whole group; a code’s own entry counts before its group’s.`,
    jsonBlock({ 'decodeLens.rules': { [code]: 'off' } }),
  ].join('\n\n');
}

function exampleText(rule: Rule): string {
  const { model, changes, serving, budget } = rule.example;
  const set = Object.entries(changes);
  const given = Object.fromEntries(set.filter(([, value]) => value !== undefined));
  const removed = set.filter(([, value]) => value === undefined).map(([key]) => `\`${key}\``);
  const served = serving
    ? `, served with ${Object.entries(serving)
        .map(([key, value]) => `\`${key}\` ${value}`)
        .join(', ')}`
    : '';
  const limited = budget ? `, with the budget \`${JSON.stringify(budget)}\`` : '';
  const without = removed.length > 0 ? ` without ${removed.join(', ')}` : '';
  const keys = Object.keys(given).length > 0;
  const findings = exampleFindings(rule);
  const fixes = findings.flatMap((finding) => finding.fixes);
  return [
    `${model}${without}${served}${limited}${keys ? ', with' : ':'}`,
    ...(keys ? [jsonBlock(given)] : []),
    ...findings.map(({ message }) => `> ${message}`),
    ...(fixes.length > 0
      ? [
          `Fixes:\n\n${fixes.map((fix) => `- ${fix.title}${fix.isPreferred ? ' (preferred)' : ''}`).join('\n')}`,
        ]
      : []),
  ].join('\n\n');
}

/** A rule's example, or its model without the changes, under the example's serving options. */
export function analyzeExample(
  { example }: Pick<Rule, 'example'>,
  changes: Readonly<Record<string, unknown>> = example.changes,
): AnalyzedConfig | null {
  const model = catalogModel(example.model);
  if (!model) return null;
  const { options } = DEFAULT_SETTINGS;
  const settings = {
    ...DEFAULT_SETTINGS,
    options: { ...options, serving: { ...options.serving, ...example.serving } },
    budgets: example.budget ? [{ ...example.budget, source: 'decode-lens.json, budgets[0]' }] : [],
  };
  // A key that is changed to undefined is left out.
  const text = JSON.stringify({ ...model.config, ...changes }, null, 2);
  return analyzeConfig({ text, file: `example:${model.name}`, name: model.name }, settings);
}

/** What a rule says of its example; worked out once. */
function exampleFindings(rule: Rule): readonly Finding[] {
  let findings = examples.get(rule.code);
  if (!findings) {
    const all = analyzeExample(rule)?.analysis.findings ?? [];
    findings = all.filter(({ code }) => code === rule.code);
    examples.set(rule.code, findings);
  }
  return findings;
}
const examples = new Map<string, readonly Finding[]>();
