import { applyEdits, findNodeAtLocation, modify, parseTree, type FormattingOptions } from 'jsonc-parser';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { ConfigEdit, Range } from '../protocol';

/** A replacement in a text, for any editor. */
export interface TextChange {
  readonly range: Range;
  readonly newText: string;
}

/**
 * Edits of a config's values as the one text change that makes them, keeping the file's own formatting. Null where nothing
 * would change.
 */
export function textChange(document: TextDocument, edits: readonly ConfigEdit[]): TextChange | null {
  const before = document.getText();
  const formattingOptions = formattingOf(before);
  const after = edits.reduce((text, edit) => edited(text, edit, formattingOptions), before);
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

function edited(text: string, edit: ConfigEdit, formattingOptions: FormattingOptions): string {
  const path = [...edit.path];
  const root = parseTree(text, [], { allowTrailingComma: true });
  const place = root && findNodeAtLocation(root, path);
  if ('rename' in edit) {
    const key = place?.parent?.type === 'property' ? place.parent.children?.[0] : undefined;
    if (!key) return text;
    return text.slice(0, key.offset) + JSON.stringify(edit.rename) + text.slice(key.offset + key.length);
  }
  // As with the edits of values: a place that does not exist is left alone, but for a new key of an object that does.
  const holder = root && findNodeAtLocation(root, path.slice(0, -1));
  const isNewKey = 'value' in edit && holder?.type === 'object' && typeof path.at(-1) === 'string';
  if (path.length === 0 || (!place && !isNewKey)) return text;
  try {
    return applyEdits(
      text,
      modify(text, path, 'value' in edit ? edit.value : undefined, { formattingOptions }),
    );
  } catch {
    // The place is gone: there is nothing to change.
    return text;
  }
}

/** As the file is indented: by its first indented line. */
function formattingOf(text: string): FormattingOptions {
  const indent = /\n([ \t]+)\S/.exec(text)?.[1] ?? '  ';
  return {
    insertSpaces: !indent.startsWith('\t'),
    tabSize: indent.startsWith('\t') ? 1 : indent.length,
    eol: text.includes('\r\n') ? '\r\n' : '\n',
  };
}
