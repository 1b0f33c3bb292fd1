import type { Command } from 'commander';
import { addAnalyze } from './analyze';
import { addCatalog } from './catalog-table';
import { addCheck } from './check';
import { addCompare } from './compare';
import { addDiff } from './diff';
import { addExplain } from './explain';
import { addFamilies } from './families';
import { addSensitivity } from './sensitivity';

/** Every command adds itself to the program, in the order in which help lists them. */
export const COMMANDS: readonly ((program: Command) => void)[] = [
  addAnalyze,
  addCheck,
  addCompare,
  addDiff,
  addSensitivity,
  addCatalog,
  addFamilies,
  addExplain,
];
