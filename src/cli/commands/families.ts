import type { Command } from 'commander';
import { familyEntries } from '../../service';
import { formatOption, print, type Format } from '../output';
import { familyTable } from '../report';

export function addFamilies(program: Command): void {
  program
    .command('families')
    .description('the model families that are read')
    .addOption(formatOption())
    .action(({ format }: { readonly format: Format }) => {
      const entries = familyEntries();
      print(
        format,
        entries,
        () => `${familyTable(entries, 'text')}\n`,
        () => `${familyTable(entries, 'markdown')}\n`,
      );
    });
}
