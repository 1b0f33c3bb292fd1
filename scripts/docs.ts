import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { format, resolveConfig } from 'prettier';
import type packageJson from '../package.json';
import { familyTable } from '../src/cli/report';
import { table } from '../src/cli/table';
import { codeEntries, codePage, familyEntries, findingCodes } from '../src/service';

export const DOCS = path.resolve(__dirname, '../docs');

const familiesPage = (): string => `# Model families

Decode Lens reads these families by \`model_type\`, of the file or of the text config inside a wrapper for images or audio.
A file of another family is read by its keys where they suffice, and says so. This page is written by \`npm run docs\`.

${familyTable(familyEntries(), 'markdown')}
`;

/** What the first part of a code means. */
const GROUPS: readonly (readonly [group: string, title: string, text: string])[] = [
  ['shape', 'Shape', 'Keys that contradict each other, or that change nothing.'],
  ['hardware', 'Hardware', 'Dimensions that accelerators and parallel serving take badly.'],
  ['codesign', 'Co-design', 'What the Step-3 report (arXiv:2507.19427) says about cost.'],
  ['budget', 'Budgets', 'Limits that a project set itself in its workspace file.'],
  ['json', 'JSON', 'The text of the file.'],
  ['schema', 'Schema', 'Single values, by the family’s schema.'],
  ['config', 'Config', 'What the family’s reader makes of the keys together.'],
  ['checkpoint', 'Checkpoint', 'The weights beside the config.'],
  ['file', 'File', 'The file as a whole.'],
  ['advice', 'Advice', 'What a file says to Decode Lens itself.'],
  ['workspace', 'Workspace file', 'What is wrong with `decode-lens.json`, which the schema does not see.'],
];

function rulesPage(): string {
  const entries = codeEntries();
  const sections = GROUPS.map(([group, title, text]) => {
    const rows = entries
      .filter(({ code }) => code.startsWith(`${group}/`))
      .map(({ code, title: what, severity, hasFix }) => [
        `[${code}](${code}.md)`,
        what,
        severity,
        hasFix ? 'yes' : '',
      ]);
    const body =
      rows.length > 0 ? `\n\n${table(['code', 'what', 'severity', 'fix'], rows, 'markdown', 4)}` : '';
    return `## ${title}\n\n${text}${body}`;
  });
  return `# Findings

Every finding has a code with a page here; \`decode-lens explain CODE\` prints it. A file silences codes or groups with
\`"$decodeLens": {"ignore": ["shape/rope-scaling", "hardware/*"]}\`, and the setting \`decodeLens.rules\` sets severities. The
pages are written by \`npm run docs\` from the rules themselves: each example is run, and its message is what the rule says.

${sections.join('\n\n')}
`;
}

/** The pages that follow from the code, by their path in \`docs\`. A unit test holds the files to them. */
export async function writtenPages(): Promise<ReadonlyMap<string, string>> {
  const pages: [string, string][] = [
    ['families.md', familiesPage()],
    ['rules/README.md', rulesPage()],
    ...codeEntries().map(({ code }): [string, string] => [`rules/${code}.md`, codePage(code) ?? '']),
  ];
  const options = await resolveConfig(path.join(DOCS, 'README.md'));
  return new Map(
    await Promise.all(
      pages.map(async ([name, text]): Promise<[string, string]> => [
        name,
        await format(text, { ...options, filepath: path.join(DOCS, name) }),
      ]),
    ),
  );
}

/** Files in `docs/rules`, as paths in `docs`. */
export const ruleFiles = (): string[] =>
  readdirSync(path.join(DOCS, 'rules'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `rules/${name.replaceAll(path.sep, '/')}`);

/** What the setting `decodeLens.rules` takes: groups, then codes. */
export function ruleNames(): readonly string[] {
  const codes = findingCodes();
  const groups = new Set(codes.map((code) => `${code.slice(0, code.indexOf('/'))}/*`));
  return [...GROUPS.map(([group]) => `${group}/*`).filter((group) => groups.has(group)), ...codes];
}

const MANIFEST = path.resolve(__dirname, '../package.json');

/** The manifest's own list of codes, for completion in settings. */
async function writeRuleNames(): Promise<void> {
  const manifest = JSON.parse(readFileSync(MANIFEST, 'utf8')) as typeof packageJson;
  manifest.contributes.configuration.properties['decodeLens.rules'].propertyNames.enum = [...ruleNames()];
  const options = await resolveConfig(MANIFEST);
  writeFileSync(MANIFEST, await format(JSON.stringify(manifest), { ...options, filepath: MANIFEST }));
}

async function main(): Promise<void> {
  await writeRuleNames();
  const pages = await writtenPages();
  for (const [name, text] of pages) {
    mkdirSync(path.dirname(path.join(DOCS, name)), { recursive: true });
    writeFileSync(path.join(DOCS, name), text);
  }
  for (const name of ruleFiles()) if (!pages.has(name)) rmSync(path.join(DOCS, name));
}

/** `npm run docs` */
if (require.main === module) void main();
