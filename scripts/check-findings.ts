import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { RULES } from '../src/advice';
import type { Finding } from '../src/protocol';
import { analyzeConfig, DEFAULT_SETTINGS } from '../src/service';

/**
 * `npm run check:findings -- DIR [--write]`: what every rule says of the real configs in a folder, with default settings,
 * held against `test/corpus-findings.md`; `--write` writes that file anew. A reader judges there whether a rule speaks
 * where the authors of a model would accept it. Exit code 1 if the file is not what the rules say.
 */
const SNAPSHOT = path.resolve(__dirname, '../test/corpus-findings.md');

interface Said {
  readonly model: string;
  readonly finding: Finding;
}

function findingsOf(folder: string, file: string): Said[] {
  const text = readFileSync(path.join(folder, file), 'utf8');
  const model = file.replace(/\.json$/, '');
  const analyzed = analyzeConfig({ text, file, name: model }, DEFAULT_SETTINGS);
  return (analyzed?.analysis.findings ?? []).map((finding) => ({ model, finding }));
}

/** One finding a line; what is said of several models alike stands once. */
function linesOf(said: readonly Said[]): string[] {
  const models = new Map<string, string[]>();
  for (const { model, finding } of said) {
    const where = finding.path.length > 0 ? `\`${finding.path.join('.')}\`: ` : '';
    const fixes = finding.fixes.map(({ title, isPreferred }) => ` [${isPreferred ? '!' : ''}${title}]`);
    const line = `${where}${finding.message}${fixes.join('')}`;
    models.set(line, [...(models.get(line) ?? []), model]);
  }
  return [...models].map(([line, names]) => `- ${names.map((name) => `\`${name}\``).join(', ')}: ${line}`);
}

function snapshot(files: readonly string[], all: readonly Said[]): string {
  const perModel = (of: readonly Said[]) => new Set(of.map(({ model }) => model)).size;
  const sections = RULES.map(({ code, title, severity }) => {
    const said = all.filter(({ finding }) => finding.code === code);
    const count =
      said.length === 0
        ? 'No config.'
        : `${said.length} finding${said.length === 1 ? '' : 's'} in ${perModel(said)} config${perModel(said) === 1 ? '' : 's'}.`;
    return [
      `## ${code}`,
      `${title} (${severity}). ${count}`,
      ...(said.length > 0 ? [linesOf(said).join('\n')] : []),
    ];
  });
  const byRules = all.filter(({ finding }) => RULES.some(({ code }) => code === finding.code));
  return `${[
    '# What the rules say of real configs',
    `${files.length} configs, default settings: ${byRules.length} findings of ${RULES.length} rules in ${perModel(byRules)} configs. Fixes stand in brackets, preferred ones with an exclamation mark. This file is written by \`npm run check:findings -- DIR --write\`.`,
    ...sections.flat(),
  ].join('\n\n')}\n`;
}

function main(): void {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { write: { type: 'boolean' } },
  });
  const [folder] = positionals;
  if (folder === undefined || !existsSync(folder)) {
    console.error('Usage: npm run check:findings -- DIR [--write]');
    process.exit(2);
  }
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.json') && name !== 'index.json')
    .sort();
  const now = snapshot(
    files,
    files.flatMap((file) => findingsOf(folder, file)),
  );
  if (values.write) {
    writeFileSync(SNAPSHOT, now);
    return;
  }
  const then = existsSync(SNAPSHOT) ? readFileSync(SNAPSHOT, 'utf8') : '';
  if (now === then) {
    console.log(`${files.length} configs: the rules say what test/corpus-findings.md holds`);
    return;
  }
  const [held, said] = [new Set(then.split('\n')), new Set(now.split('\n'))];
  for (const line of held) if (!said.has(line)) console.log(`- ${line}`);
  for (const line of said) if (!held.has(line)) console.log(`+ ${line}`);
  console.log(
    'test/corpus-findings.md differs: judge the lines above, then npm run check:findings -- DIR --write',
  );
  process.exit(1);
}

main();
