import { deepseekDialect } from './deepseek';
import type { Dialect, DialectMatch } from './dialect';
import { ggufDialect } from './gguf';
import { llamaDialect } from './llama';
import { megatronDialect } from './megatron';
import { mistralDialect } from './mistral';
import { stateSpacesDialect } from './state-spaces';

/** Forms of configs other than config.json. */
export const DIALECTS: readonly Dialect[] = [
  ggufDialect,
  deepseekDialect,
  llamaDialect,
  mistralDialect,
  megatronDialect,
  stateSpacesDialect,
];

/** The dialect that a file is written in, told by its keys. */
export function findDialect(
  file: Readonly<Record<string, unknown>>,
): { readonly dialect: Dialect; readonly match: DialectMatch } | null {
  for (const dialect of DIALECTS) {
    const match = dialect.find(file);
    if (match) return { dialect, match };
  }
  return null;
}
