import * as validators from '#validators';
import {
  FAMILIES,
  FILE_KEY,
  isObject,
  matchFamily,
  nodeAt,
  objectAt,
  parseConfigText,
  recognize,
} from '../architecture';
import type { FamilyMatch } from '../architecture';
import type { JsonPath } from '../protocol';
import { catalogEntries, catalogText } from './catalog-models';
import { cursorPlace, type CursorPlace } from './json-cursor';
import { keyDescription } from './schema-problems';
import { silenceableNames } from './silence';
import { classesOf, schemasOf, schemaValue, usualValues, type UsualValue } from './usual-values';

/** Something to write at a place; offsets are UTF-16 code units. */
export interface Completion {
  readonly kind: 'key' | 'value' | 'config';
  readonly label: string;
  /** Beside the label: whose value this is. */
  readonly detail: string;
  /** Markdown. */
  readonly documentation: string | null;
  /** Smaller comes first; equal ones by label. */
  readonly rank: number;
  readonly start: number;
  readonly end: number;
  readonly newText: string;
  /** The same with stops for the cursor, for editors that know snippets. */
  readonly snippet: string | null;
  /** Where a comma is missing that has to come first. */
  readonly commaBefore: number | null;
}

/** Names of files that are model configs even while they say nothing. */
const CONFIG_NAME = /(^|[/\\])(config|params)\.json$/;

/** What may be written at an offset of a config's text, however incomplete. Nothing in files that are none. Never throws. */
export function completionsAt(text: string, offset: number, file: string): Completion[] {
  const place = cursorPlace(text, offset);
  if (!place) return [];
  const { value, root } = parseConfigText(mended(text, place));
  const config = isObject(value) ? value : {};
  if (config[FILE_KEY] === false) return [];
  if (recognize(value) === null) {
    if (!CONFIG_NAME.test(file)) return [];
    if (place.kind === 'value' && place.path.length === 0) return wholeConfigs(place);
  }
  const match = matchFamily(config);
  if (place.kind === 'value') return valueCompletions(place, match, config);
  // Of two keys with one name the parser keeps one: what stands there is asked of the tree.
  const properties = nodeAt(root, place.path)?.children ?? [];
  const others = properties.filter(
    ({ children }) => !place.hasValue || children?.[0]?.offset !== place.start,
  );
  return keyCompletions(place, match, new Set(others.map(({ children }) => String(children?.[0]?.value))));
}

/** The text without what is being typed, so that the rest can be read. */
function mended(text: string, { kind, hasValue, start, end, needsComma, commaBefore }: CursorPlace): string {
  if (hasValue) return text;
  const value = kind === 'value' ? `null${needsComma ? ',' : ''}` : '';
  const head = text.slice(0, start);
  return commaBefore === null
    ? head + value + text.slice(end)
    : `${head.slice(0, commaBefore)},${head.slice(commaBefore)}${value}${text.slice(end)}`;
}

/** In an empty file: the catalog's configs. */
const wholeConfigs = (place: CursorPlace): Completion[] =>
  catalogEntries().map(({ name, publisher, source }) => ({
    ...textFor(place, catalogText(name) ?? ''),
    kind: 'config',
    label: name,
    detail: publisher,
    documentation: source,
    rank: 0,
  }));

/** Keys that the family allows and the object lacks; those that must stand there come first. */
function keyCompletions(place: CursorPlace, match: FamilyMatch, taken: ReadonlySet<string>): Completion[] {
  const keys = new Map<string, readonly UsualValue[]>();
  for (const { schema, prefix } of schemasOf(match, place.path))
    for (const path of Object.keys(validators.schemaDocs(schema))) {
      const key = path.startsWith(prefix) ? path.slice(prefix.length) : '';
      if (key !== '' && !/^\/|\./.test(key) && !taken.has(key) && !keys.has(key))
        keys.set(key, usualValues(match, place.path, key));
    }
  return [...keys].map(([key, usual]) => {
    const written = place.hasValue ? null : valueFor(match, place.path, key, usual);
    const name = JSON.stringify(key);
    return {
      ...textFor(
        place,
        written === null ? name : `${name}: ${written.plain}`,
        written === null ? null : `${escapeSnippet(name)}: ${written.snippet}`,
      ),
      kind: 'key',
      label: key,
      detail: '',
      documentation: keyDescription(match.family.schema, [...place.path, key], match.textPath),
      rank: FIRST_KEYS.includes(key) ? 0 : usual.some(decides) ? 1 : 2,
    };
  });
}
const FIRST_KEYS = ['model_type', 'architectures'];

/** Class defaults and catalog models name what is computed from. */
const decides = ({ value, from }: UsualValue): boolean => from !== '' && from !== 'usual' && value !== null;

/** The value that a new key gets, to be typed over. */
function valueFor(
  match: FamilyMatch,
  object: JsonPath,
  key: string,
  usual: readonly UsualValue[],
): { readonly plain: string; readonly snippet: string } {
  const first = usual.find(({ value }) => value !== null);
  if (first && key !== 'model_type') {
    const plain = JSON.stringify(first.value);
    return { plain, snippet: `\${1:${escapeSnippet(plain)}}` };
  }
  const [place] = schemasOf(match, object);
  const types = place ? schemaValue(place.schema, `${place.prefix}${key}`)?.types : undefined;
  switch (types?.[0]) {
    case 'string':
      return { plain: '""', snippet: '"$1"' };
    case 'array':
      return { plain: '[]', snippet: '[$1]' };
    case 'object':
      return { plain: '{}', snippet: '{$1}' };
    default:
      return { plain: '', snippet: '$1' };
  }
}

/** Values that a key may or usually does have. */
function valueCompletions(
  place: CursorPlace,
  match: FamilyMatch,
  config: Readonly<Record<string, unknown>>,
): Completion[] {
  const key = [...place.path].reverse().find((step) => typeof step === 'string');
  if (key === undefined) return [];
  const inList = typeof place.path.at(-1) === 'number';
  const object = place.path.slice(0, place.path.lastIndexOf(key));
  const values = namesFor(place.path, match, config) ?? usualValues(match, object, inList ? `${key}[]` : key);
  return values.map(({ value, from }, rank) => ({
    ...textFor(place, JSON.stringify(value)),
    kind: 'value',
    label: JSON.stringify(value),
    detail: from,
    documentation: null,
    rank,
  }));
}

/** Values that no schema lists: families, their classes, codes of findings. Null for other keys. */
function namesFor(
  path: JsonPath,
  match: FamilyMatch,
  config: Readonly<Record<string, unknown>>,
): { readonly value: string; readonly from: string }[] | null {
  const [root, key] = path;
  if (path.at(-1) === 'model_type')
    return [...FAMILIES].map(([type, family]) => ({ value: type, from: family.name }));
  if (root === 'architectures' && path.length === 2) return classesOf(match);
  if (root === FILE_KEY && key === 'ignore' && path.length === 3) {
    const listed = objectAt(config, [FILE_KEY])?.ignore;
    const taken: readonly unknown[] = Array.isArray(listed) ? listed : [];
    return silenceableNames()
      .filter((name) => !taken.includes(name))
      .map((value) => ({ value, from: '' }));
  }
  return null;
}

/** A text in a place, with the comma that the entry after it needs. */
function textFor(
  { start, end, needsComma, hasValue, commaBefore }: CursorPlace,
  text: string,
  snippet: string | null = null,
): Pick<Completion, 'start' | 'end' | 'newText' | 'snippet' | 'commaBefore'> {
  const comma = needsComma && !hasValue ? ',' : '';
  return {
    start,
    end,
    newText: text + comma,
    snippet: snippet === null ? null : snippet + comma,
    commaBefore,
  };
}

const escapeSnippet = (text: string): string => text.replace(/[\\$}]/g, '\\$&');
