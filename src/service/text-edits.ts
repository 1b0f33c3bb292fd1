import { findNodeAtLocation, type Node } from 'jsonc-parser';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import { parseConfigText, propertiesOf } from '../architecture';
import type { ConfigEdit, JsonPath, Range } from '../protocol';
import { rangeOfPath } from './ranges';

/** A replacement in a text, for any editor. */
export interface TextChange {
  readonly range: Range;
  readonly newText: string;
}

/**
 * Edits of a config's values as the one text change that makes them. All else stays as the file has it, down to the spaces:
 * a formatter would lay out the whole line anew. Null where nothing would change.
 */
export function textChange(document: TextDocument, edits: readonly ConfigEdit[]): TextChange | null {
  const before = document.getText();
  const after = edits.reduce(edited, before);
  if (after === before) return null;
  // Several edits may touch each other's commas: what differs between before and after is one change for sure.
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start++;
  let tail = 0;
  const most = Math.min(before.length, after.length) - start;
  while (tail < most && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail++;
  return {
    range: { start: document.positionAt(start), end: document.positionAt(before.length - tail) },
    newText: after.slice(start, after.length - tail),
  };
}

/** Where a value stands in a text; null where there is none. */
export function placeOf(document: TextDocument, path: JsonPath): Range | null {
  const config = parseConfigText(document.getText());
  if (!config.root || !findNodeAtLocation(config.root, [...path])) return null;
  return rangeOfPath(document, config, path, false);
}

/** One edit; a place that does not exist is left alone, but for a new key of an object that does, as with `applyEdits`. */
function edited(before: string, edit: ConfigEdit): string {
  const text = withoutOverridden(before, edit.path);
  const { root } = parseConfigText(text);
  const last = edit.path.at(-1);
  if (!root || last === undefined) return text;
  const place = findNodeAtLocation(root, [...edit.path]);
  if (place && 'value' in edit)
    return spliced(text, place.offset, endOf(place), written(text, place, edit.value));
  const entry = place?.parent?.type === 'property' ? place.parent : place;
  if (entry && 'remove' in edit) return without(text, entry);
  const key = entry?.type === 'property' ? entry.children?.[0] : undefined;
  if (key && 'rename' in edit) return spliced(text, key.offset, endOf(key), JSON.stringify(edit.rename));
  const holder = findNodeAtLocation(root, edit.path.slice(0, -1));
  if (place || !('value' in edit) || holder?.type !== 'object' || typeof last !== 'string') return text;
  return withEntry(text, holder, last, edit.value);
}

/**
 * Without the entries along a path that later ones of the same key override: readers take the last, and would take those
 * before it if it went.
 */
function withoutOverridden(text: string, path: JsonPath): string {
  const { root } = parseConfigText(text);
  for (let length = 1; root && length <= path.length; length++) {
    const holder = findNodeAtLocation(root, path.slice(0, length - 1));
    const entries = holder?.type === 'object' ? propertiesOf(holder, String(path[length - 1])) : [];
    if (holder && entries.length > 1)
      return withoutOverridden(withoutAll(text, holder, new Set(entries.slice(0, -1))), path);
  }
  return text;
}

const endOf = (node: Node): number => node.offset + node.length;
const spliced = (text: string, start: number, end: number, by: string): string =>
  text.slice(0, start) + by + text.slice(end);

/** Leaves out entries that another one follows, however many, in one pass. */
function withoutAll(text: string, { children = [] }: Node, gone: ReadonlySet<Node>): string {
  let kept = '';
  let from = 0;
  for (const [i, entry] of children.entries()) {
    const next = children[i + 1];
    if (!next || !gone.has(entry)) continue;
    kept += text.slice(from, entry.offset);
    from = next.offset;
  }
  return kept + text.slice(from);
}

/** Leaves out a key or an item with the comma that goes with it. */
function without(text: string, entry: Node): string {
  const siblings = entry.parent?.children ?? [];
  const at = siblings.indexOf(entry);
  const [before, after] = [siblings[at - 1], siblings[at + 1]];
  if (after) return spliced(text, entry.offset, after.offset, '');
  if (before) return spliced(text, endOf(before), endOf(entry), '');
  const trailingComma = /^\s*,/.exec(text.slice(endOf(entry)))?.[0].length ?? 0;
  return spliced(text, entry.offset, endOf(entry) + trailingComma, '');
}

/** A new key after the last one, and spaced as that one is. */
function withEntry(text: string, holder: Node, key: string, value: unknown): string {
  const last = holder.children?.at(-1);
  const entry = `${JSON.stringify(key)}: ${written(text, last ?? holder, value)}`;
  if (!last) return spliced(text, holder.offset + 1, holder.offset + 1, entry);
  const space = /\s*$/.exec(text.slice(0, last.offset))?.[0] ?? '';
  return spliced(text, endOf(last), endOf(last), `,${space === '' ? ' ' : space}${entry}`);
}

/** A value as people write it: short lists on one line, objects indented as the file is. */
function written(text: string, at: Node, value: unknown): string {
  if (Array.isArray(value) && value.every((item) => typeof item !== 'object' || item === null))
    return `[${value.map((item) => JSON.stringify(item)).join(', ')}]`;
  const lines = text.includes('\n') ? JSON.stringify(value, null, indentOf(text)) : JSON.stringify(value);
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const lineStart = text.lastIndexOf('\n', at.offset - 1) + 1;
  const indent = /^[ \t]*/.exec(text.slice(lineStart, at.offset))?.[0] ?? '';
  return lines.replaceAll('\n', eol + indent);
}

/** One step of the file's indentation: that of its first indented line. */
const indentOf = (text: string): string => /\n([ \t]+)\S/.exec(text)?.[1] ?? '  ';
