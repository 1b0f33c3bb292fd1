import { readFileSync } from 'node:fs';
import path from 'node:path';

export const example = (name: string): string =>
  readFileSync(path.resolve(__dirname, '../../examples', name, 'config.json'), 'utf8');
export const STEP3 = example('step-3');
export const QWEN = example('qwen3-32b');

/** Messages and labels are plain strings here; the protocol allows more. */
export const plain = (text: unknown): string => (typeof text === 'string' ? text : JSON.stringify(text));

/** Line and column of the first occurrence, or of its end. */
export function at(text: string, needle: string, end = false) {
  const before = text.slice(0, text.indexOf(needle) + (end ? needle.length : 0)).split('\n');
  return { line: before.length - 1, character: before.at(-1)?.length ?? 0 };
}

export const WHOLE_FILE = { start: { line: 0, character: 0 }, end: { line: 1000, character: 0 } };
