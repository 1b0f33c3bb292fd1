import type { ConfigReader } from '../architecture';
import type { JsonPath } from '../protocol';

/** A number that a file states, with its place. */
export interface Stated {
  readonly key: string;
  readonly value: number;
  readonly path: JsonPath;
}

/** The first of some keys that the file states as a number. */
export function stated(text: ConfigReader, keys: readonly string[]): Stated | null {
  for (const key of keys) {
    const value = text.raw(key);
    if (typeof value === 'number' && Number.isFinite(value)) {
      const path = text.pathOf(key);
      return { key: String(path.at(-1) ?? key), value, path };
    }
  }
  return null;
}

/** Names that families have for the positions that a model was made for. */
const POSITIONS = [
  'max_position_embeddings',
  'max_position_embedding',
  'n_positions',
  'max_seq_len',
  'max_sequence_length',
  'seq_length',
  'model_max_length',
];

/** How many positions the model was made for, as the file says; null where it says nothing usable of them. */
export function maxPositions(text: ConfigReader): Stated | null {
  const positions = stated(text, POSITIONS);
  const isCount = positions !== null && positions.value >= 1 && positions.value <= 1e9;
  return isCount && Number.isInteger(positions.value) ? positions : null;
}
