import { product, type Expression } from '../expression';
import { ConfigReader, isObject, type ReadProblem } from '../reader';
import { field } from '../tensors';
import type { Architecture, Tensor, Tower } from '../types';
import { TowerConfig } from './tower';
import { OTHER_PARTS, TOWER_PLACES, WRAPPERS, type TowerPlace, type TowerRow } from './wrappers';

export { TOWER_PLACES };

/**
 * Vision and audio towers, chosen by the `model_type` of the config's root, or by the tower's own. They never decide
 * whether the language model can be read: one that is not known, or lacks a size, is named and not counted.
 */
export function readTowers(root: ConfigReader, model: Architecture['model']): Tower[] {
  noteOtherParts(root);
  const hidden = field(model, 'hidden', 'H');
  const known = rowsOf(root).map((row): Tower => ({
    kind: row.kind,
    path: [...row.at],
    tensors: readTower(root, hidden, row),
  }));
  const unknown = TOWER_PLACES.filter(
    (place, i, all) =>
      stands(root, place) &&
      known.every((tower) => tower.kind !== place.kind) &&
      all.findIndex((other) => other.kind === place.kind && stands(root, other)) === i,
  ).map(({ kind, at }): Tower => ({ kind, path: [...at], tensors: null }));
  return [...known, ...unknown];
}

/** Objects of a config that describe towers, wherever they may stand. */
export const towerObjects = (config: Readonly<Record<string, unknown>>): readonly (readonly string[])[] =>
  TOWER_PLACES.map(({ at }) => at).filter((at) => isObject(valueAt(config, at)));

const valueAt = (config: Readonly<Record<string, unknown>>, at: readonly string[]): unknown =>
  at.reduce<unknown>((value, step) => (isObject(value) ? value[step] : undefined), config);

/** Null switches a tower off. */
function stands(root: ConfigReader, { at }: TowerPlace): boolean {
  const value = valueAt(root.config, at);
  return isObject(value) || typeof value === 'string';
}

function rowsOf(root: ConfigReader): readonly TowerRow[] {
  const type = root.text('model_type');
  const wrapper = WRAPPERS.find(({ types }) => type !== null && types.includes(type));
  const present = (rows: readonly TowerRow[]) =>
    rows.filter((row) => row.at.length === 0 || stands(root, row));
  if (wrapper) return present(wrapper.towers);
  const rows = WRAPPERS.flatMap(({ towers }) => towers);
  return present(rows).filter((row, i, all) => {
    const own = valueAt(root.config, [...row.at, 'model_type']);
    const names = (other: TowerRow) => typeof own === 'string' && other.own?.includes(own) === true;
    return names(row) && all.findIndex((other) => other.kind === row.kind && names(other)) === i;
  });
}

/** Null where anything that is needed is missing or not read. Problems of towers stay among themselves. */
export function readTower(
  root: ConfigReader,
  hidden: Expression,
  { at, read }: Pick<TowerRow, 'at' | 'read'>,
): readonly Tensor[] | null {
  const problems: ReadProblem[] = [];
  const whole = new TowerConfig(new ConfigReader(root.config, root.path, problems));
  const config = at.reduce((outer, step) => outer.nested(step), whole);
  const tensors = read({ config, root: whole, hidden });
  return problems.length > 0 || !tensors.every(isWhole) ? null : tensors;
}

/** Sizes that do not divide as the modelling code expects give fractions of elements. */
const isWhole = ({ shape, copies }: Tensor): boolean => Number.isSafeInteger(product(...shape, copies).value);

function noteOtherParts(root: ConfigReader): void {
  for (const [key, what] of OTHER_PARTS)
    if (isObject(root.config[key]))
      root.problem('information', 'config/not-counted', `"${key}" describes ${what}: it is not counted.`, [
        key,
      ]);
}
