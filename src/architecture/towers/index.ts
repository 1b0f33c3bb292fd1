import type { JsonPath } from '../../protocol';
import type { ConfigReader } from '../reader';
import type { Architecture, Tower } from '../types';
import { readLlama4Vision } from './llama4';
import { readStep3Vision } from './step3';

/**
 * Vision and audio towers, by the `model_type` of the config's root or of the tower's own object. They never decide
 * whether the language model can be read: one that is not known, or lacks a size, is named and not counted.
 */
type TowerReader = (root: ConfigReader, model: Architecture['model']) => Tower;

/** Objects of a wrapper's config that describe a part beside the language model. */
const TOWER_KEYS: readonly (readonly [string, Tower['kind']])[] = [
  ['vision_config', 'vision'],
  ['audio_config', 'audio'],
];

const READERS: Readonly<Record<string, TowerReader>> = {
  llama4: readLlama4Vision,
  step3_vl: readStep3Vision,
};

export function readTowers(root: ConfigReader, model: Architecture['model']): Tower[] {
  return TOWER_KEYS.filter(([key]) => root.has(key)).map(([key, kind]) => {
    const path: JsonPath = root.pathOf(key);
    const type = root.text('model_type');
    const read = type !== null && Object.hasOwn(READERS, type) ? READERS[type] : undefined;
    return read && kind === 'vision' ? read(root, model) : { kind, path, tensors: null };
  });
}
