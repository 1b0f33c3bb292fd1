import type { Command } from 'commander';
import { codeEntries, codePage, codeText, type CodeEntry } from '../../service';
import { InputError } from '../exit';
import { formatOption, print, type Format } from '../output';
import { table } from '../table';

export function addExplain(program: Command): void {
  program
    .command('explain')
    .description('what a finding means and when to ignore it; without a code, all that there are')
    .argument('[code]', 'such as shape/rope-scaling')
    .addOption(formatOption())
    .action((code: string | undefined, { format }: { readonly format: Format }) => {
      if (code === undefined) list(format);
      else explain(code, format);
    });
}

function list(format: Format): void {
  const entries = codeEntries();
  print(
    format,
    entries,
    () => `${codeTable(entries, 'text')}\n`,
    () => `${codeTable(entries, 'markdown')}\n`,
  );
}

function explain(code: string, format: Format): void {
  const entry = codeEntries().find((known) => known.code === code);
  const [text, markdown] = [codeText(code), codePage(code)];
  if (!entry || text === null || markdown === null)
    throw new InputError(`${code}: no finding has this code; decode-lens explain lists all.`);
  print(
    format,
    { ...entry, markdown },
    () => `${text}\n`,
    () => `${markdown}\n`,
  );
}

/** All codes, by group as they come. */
const codeTable = (entries: readonly CodeEntry[], format: 'text' | 'markdown'): string =>
  table(
    ['code', 'what', 'severity', 'fix'],
    entries.map(({ code, title, severity, hasFix }) => [code, title, severity, hasFix ? 'yes' : '']),
    format,
    4,
  );
