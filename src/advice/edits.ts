import type { ConfigEdit, JsonPath } from '../protocol';
import { isObject } from '../architecture';

/**
 * A config's value after some edits; the value itself stays as it is. An edit whose place does not exist (any more) does
 * nothing, but for a new key of an object that exists.
 */
export function applyEdits(
  config: Readonly<Record<string, unknown>>,
  edits: readonly ConfigEdit[],
): Record<string, unknown> {
  return edits.reduce<unknown>((value, edit) => edited(value, edit, edit.path), config) as Record<
    string,
    unknown
  >;
}

function edited(value: unknown, edit: ConfigEdit, path: JsonPath): unknown {
  const [step, ...rest] = path;
  // A value has no overridden keys any more.
  if (step === undefined || 'removeOverridden' in edit) return value;
  if (Array.isArray(value)) {
    if (typeof step !== 'number' || !(step in value)) return value;
    const list = [...(value as unknown[])];
    if (rest.length > 0) list[step] = edited(list[step], edit, rest);
    else if ('value' in edit) list[step] = edit.value;
    else if ('remove' in edit) list.splice(step, 1);
    return list;
  }
  if (!isObject(value)) return value;
  // Keys keep their order, and no key of a file can be mistaken for an inherited one.
  const copy = Object.create(null) as Record<string, unknown>;
  const key = String(step);
  for (const [name, held] of Object.entries(value)) {
    if (name !== key) copy[name] = held;
    else if (rest.length > 0) copy[name] = edited(held, edit, rest);
    else if ('rename' in edit) copy[edit.rename] = held;
    else if ('value' in edit) copy[name] = edit.value;
  }
  if (rest.length === 0 && 'value' in edit && !(key in value)) copy[key] = edit.value;
  return copy;
}
