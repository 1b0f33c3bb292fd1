import type { ConfigEdit, Finding, JsonPath, Range } from '../protocol';

const isAfter = (a: Range['start'], b: Range['start']): boolean =>
  a.line > b.line || (a.line === b.line && a.character > b.character);

/** Ranges have a place in common, their ends included. */
export const touches = (a: Range, b: Range): boolean => !isAfter(a.start, b.end) && !isAfter(b.start, a.end);

/**
 * The edits that mend all that can be mended without loss: the preferred fix of each finding. Of two that meddle with the
 * same place the first is made; the other shows itself again afterwards, if it still applies.
 */
export function fixAllEdits(findings: readonly Finding[]): ConfigEdit[] {
  const chosen: ConfigEdit[] = [];
  for (const { fixes } of findings) {
    const fix = fixes.find(({ isPreferred }) => isPreferred);
    if (fix && !fix.edits.some((edit) => chosen.some((other) => collide(edit, other))))
      chosen.push(...fix.edits);
  }
  return chosen;
}

const collide = (a: ConfigEdit, b: ConfigEdit): boolean =>
  placesOf(a).some((place) => placesOf(b).some((other) => isWithin(place, other) || isWithin(other, place)));

/** What an edit touches: a removed entry moves those after it in its list, a renamed key stands under its new name. */
function placesOf(edit: ConfigEdit): readonly JsonPath[] {
  const { path } = edit;
  if ('remove' in edit && typeof path.at(-1) === 'number') return [path.slice(0, -1)];
  return 'rename' in edit ? [path, [...path.slice(0, -1), edit.rename]] : [path];
}

const isWithin = (path: JsonPath, place: JsonPath): boolean => place.every((step, i) => path[i] === step);
