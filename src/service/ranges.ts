import type { TextDocument } from 'vscode-languageserver-textdocument';
import { nodeAt, type ConfigText } from '../architecture';
import type { JsonPath, Range } from '../protocol';

/** Place of a finding: the exact value, or its key; where a key is missing, the brace of the object that lacks it. */
export function rangeOfPath(
  document: TextDocument,
  config: ConfigText,
  path: JsonPath,
  onKey: boolean,
): Range {
  const value = nodeAt(config.root, path);
  if (!value) return rangeOf(document, 0, 0);
  const key = value.parent?.type === 'property' ? value.parent.children?.[0] : undefined;
  const node = onKey && key ? key : value;
  return rangeOf(document, node.offset, node.type === 'object' ? 1 : node.length);
}

export const rangeOf = (document: TextDocument, offset: number, length: number): Range => ({
  start: document.positionAt(offset),
  end: document.positionAt(offset + length),
});
