import { createScanner, ScanError, SyntaxKind } from 'jsonc-parser';
import type { JsonPath } from '../protocol';

/** What may be written at a place in a JSON text, however incomplete the text is. Offsets are UTF-16 code units. */
export interface CursorPlace {
  /** A key of the object at `path`, or the value at `path`. */
  readonly kind: 'key' | 'value';
  readonly path: JsonPath;
  /** What stands there already, and is replaced. */
  readonly start: number;
  readonly end: number;
  /** A value follows: only the key is written. */
  readonly hasValue: boolean;
  /** Another entry follows and there is no comma before it. */
  readonly needsComma: boolean;
  /** Where the comma is missing that should stand before; null where none is. */
  readonly commaBefore: number | null;
}

/** An open object or list, as far as it has been read. */
interface Container {
  readonly isObject: boolean;
  state: 'key' | 'colon' | 'value' | 'done';
  key: string;
  index: number;
}

/** Tokens that are typed letter by letter. */
const WORDS: ReadonlySet<SyntaxKind> = new Set([
  SyntaxKind.StringLiteral,
  SyntaxKind.NumericLiteral,
  SyntaxKind.TrueKeyword,
  SyntaxKind.FalseKeyword,
  SyntaxKind.NullKeyword,
  SyntaxKind.Unknown,
]);
const COMMENTS: ReadonlySet<SyntaxKind> = new Set([
  SyntaxKind.LineCommentTrivia,
  SyntaxKind.BlockCommentTrivia,
]);

/** Reads the tokens up to an offset; null where nothing may be written (within a comment, between a key and its colon). */
export function cursorPlace(text: string, offset: number): CursorPlace | null {
  const scanner = createScanner(text, false);
  const open: Container[] = [];
  let end = 0; // of the last token
  for (;;) {
    const token = scanner.scan();
    const at = scanner.getTokenOffset();
    const after = at + scanner.getTokenLength();
    if (token === SyntaxKind.EOF || at >= offset) return placeAt(text, open, offset, offset, end);
    // A comment of a line goes on to where that line ends.
    if (
      COMMENTS.has(token) &&
      (offset < after || (token === SyntaxKind.LineCommentTrivia && offset === after))
    )
      return null;
    if (WORDS.has(token) && offset <= after) {
      // A closed string is left behind; one that its line's end has cut off was never closed.
      const isClosed = token === SyntaxKind.StringLiteral && scanner.getTokenError() === ScanError.None;
      if (!isClosed || offset < after) return placeAt(text, open, at, isClosed ? after : offset, end);
    }
    if (!TRIVIA.has(token)) {
      take(open, token, scanner.getTokenValue());
      end = after;
    }
  }
}
const TRIVIA: ReadonlySet<SyntaxKind> = new Set([...COMMENTS, SyntaxKind.Trivia, SyntaxKind.LineBreakTrivia]);

/** What a token that was read through means for the containers that are open. */
function take(open: Container[], token: SyntaxKind, value: string): void {
  const top = open.at(-1);
  switch (token) {
    case SyntaxKind.OpenBraceToken:
    case SyntaxKind.OpenBracketToken: {
      const isObject = token === SyntaxKind.OpenBraceToken;
      open.push({ isObject, state: isObject ? 'key' : 'value', key: '', index: 0 });
      return;
    }
    case SyntaxKind.CloseBraceToken:
    case SyntaxKind.CloseBracketToken: {
      open.pop();
      const outer = open.at(-1);
      if (outer) outer.state = 'done';
      return;
    }
    case SyntaxKind.CommaToken:
      if (!top) return;
      top.state = top.isObject ? 'key' : 'value';
      top.index++;
      return;
    case SyntaxKind.ColonToken:
      if (top?.isObject === true) top.state = 'value';
      return;
    default:
      if (!top) return;
      // After a whole entry a word can only be the next key: its comma is missing.
      if (top.isObject && top.state !== 'value') {
        top.key = value;
        top.state = 'colon';
      } else top.state = 'done';
  }
}

function placeAt(
  text: string,
  open: readonly Container[],
  start: number,
  end: number,
  previous: number,
): CursorPlace | null {
  const top = open.at(-1);
  const path = open.slice(0, -1).map(({ isObject, key, index }) => (isObject ? key : index));
  const rest = scanFrom(text, end);
  const follows = rest === SyntaxKind.StringLiteral || WORDS.has(rest);
  const place = { start, end, hasValue: false, needsComma: follows, commaBefore: null };
  if (!top) return previous === 0 ? { ...place, kind: 'value', path: [] } : null;
  if (!top.isObject)
    return top.state === 'value' ? { ...place, kind: 'value', path: [...path, top.index] } : null;
  switch (top.state) {
    case 'colon':
      return null;
    case 'value':
      return { ...place, kind: 'value', path: [...path, top.key] };
    case 'done':
      // On a line of its own it is the next entry.
      return text.slice(previous, start).includes('\n')
        ? { ...place, kind: 'key', path, commaBefore: previous, hasValue: rest === SyntaxKind.ColonToken }
        : null;
    case 'key':
      return { ...place, kind: 'key', path, hasValue: rest === SyntaxKind.ColonToken };
  }
}

/** The next token that is neither space nor comment. */
function scanFrom(text: string, offset: number): SyntaxKind {
  const scanner = createScanner(text, true);
  scanner.setPosition(offset);
  return scanner.scan();
}
