import { checkInput } from './checks';
import { fuzzInput, type FuzzInput } from './inputs';
import { minimise } from './minimise';
import type { Tree } from './tree';

/** An input that failed, as small as it could be made: what is kept in `test/fuzz`. */
export interface Failure {
  readonly error: string;
  /** Of the run, and which of its inputs: `npm run fuzz -- --seed S --first N --inputs 1` makes it again. */
  readonly runSeed: number;
  readonly number: number;
  readonly input: FuzzInput;
}

/** What is wrong with an input; null: nothing. */
export function errorOf(input: FuzzInput): string | null {
  try {
    checkInput(input);
    return null;
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
}

/** The same trouble, whatever numbers it came with: its first line without them, and where it was thrown. */
export const kindOf = (error: string): string =>
  error
    .split('\n')
    .filter((line, i) => i === 0 || /^\s+at .*src\//.test(line))
    .slice(0, 2)
    .join(' ')
    .replace(/[\d.]+|"[^"]*"/g, '#')
    .slice(0, 200);

/** Tries one input; where it fails, makes it small. */
export function tryInput(
  configs: readonly Tree[],
  runSeed: number,
  number: number,
  beat: () => void = () => undefined,
): Failure | null {
  const input = fuzzInput(configs, runSeed, number);
  const error = errorOf(input);
  if (error === null) return null;
  const kind = kindOf(error);
  const failsAlike = (changed: FuzzInput): boolean => {
    beat();
    const other = errorOf(changed);
    return other !== null && kindOf(other) === kind;
  };
  // Not again: it was slow the first time only, while code was compiled.
  if (!failsAlike(input)) return errorOf(input) === null ? null : { error, runSeed, number, input };
  const plain = { ...input, settings: {} };
  const settled = failsAlike(plain) ? plain : input;
  const text = minimise(settled.text, (shorter) => failsAlike({ ...settled, text: shorter }));
  return { error, runSeed, number, input: { ...settled, text } };
}
