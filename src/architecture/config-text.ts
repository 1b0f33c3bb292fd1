import { createScanner, parseTree, SyntaxKind, type Node, type ParseError } from 'jsonc-parser';
import type { Fix, JsonPath, Severity } from '../protocol';

/** A problem with a place in the text, as offsets; `service` turns them into positions. */
export interface TextProblem {
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  readonly path: JsonPath;
  readonly offset: number;
  readonly length: number;
  readonly fixes?: readonly Fix[];
}

/** A parsed config: plain values for the readers, the tree for positions. */
export interface ConfigText {
  /** Objects have no prototype, so that no key of a file can be mistaken for an inherited one. Undefined if nothing could be parsed. */
  readonly value: unknown;
  readonly root: Node | undefined;
  readonly problems: readonly TextProblem[];
}

/** Deeper nesting than any config has; recursion below stays far from the stack's end. */
const MAX_DEPTH = 64;
const MAX_PROBLEMS = 100;
/** Longer than any list of layers, modules or tokens in a config. */
const MAX_ENTRIES = 20_000;

/**
 * Parses JSON as people leave it while typing, and as Python writes it. Comments and trailing commas are
 * warned of, `NaN` and `Infinity` are read as numbers with a note; what is broken is an error, and whatever
 * could be read is still returned.
 */
export function parseConfigText(text: string): ConfigText {
  const problems: TextProblem[] = [];
  const report = (
    severity: Severity,
    code: string,
    message: string,
    offset: number,
    length: number,
    path: JsonPath = [],
    fixes: readonly Fix[] = [],
  ) => {
    if (problems.length < MAX_PROBLEMS)
      problems.push({ code, severity, message, path, offset, length, fixes });
  };

  const lexical = scan(text, report);
  if (lexical === null) return { value: undefined, root: undefined, problems };

  const errors: ParseError[] = [];
  const root = parseTree(lexical.text, errors, { allowTrailingComma: true, disallowComments: false });
  for (const { error, offset, length } of errors) {
    const at = Math.min(offset, Math.max(0, text.length - 1));
    report(
      'error',
      'json/syntax',
      SYNTAX_MESSAGES[error] ?? 'This is not valid JSON here.',
      at,
      Math.max(1, length),
    );
  }
  const value = root && plainValue(root, [], lexical.nonFinite, report);
  return { value, root, problems };
}

const TRIVIA: ReadonlySet<SyntaxKind> = new Set([
  SyntaxKind.Trivia,
  SyntaxKind.LineBreakTrivia,
  SyntaxKind.LineCommentTrivia,
  SyntaxKind.BlockCommentTrivia,
]);

type Report = (
  severity: Severity,
  code: string,
  message: string,
  offset: number,
  length: number,
  path?: JsonPath,
  fixes?: readonly Fix[],
) => void;

/**
 * One pass over the tokens, without recursion: refuses absurd nesting, notes what strict readers refuse, and
 * replaces Python's bare `NaN` and `Infinity` by numbers of the same length, so that offsets stay true.
 */
function scan(text: string, report: Report): { text: string; nonFinite: NonFinite } | null {
  const nonFinite = new Map<number, number>();
  const replacements: { offset: number; length: number; by: string }[] = [];
  const scanner = createScanner(text, false);
  let depth = 0;
  /** Offset of the last lone minus sign; at first none that any word could follow. */
  let minusAt = -2;
  let previous: SyntaxKind = SyntaxKind.Unknown;
  let commaAt = -1;
  let commented = false;
  for (let token = scanner.scan(); token !== SyntaxKind.EOF; token = scanner.scan()) {
    const offset = scanner.getTokenOffset();
    const length = scanner.getTokenLength();
    switch (token) {
      case SyntaxKind.OpenBraceToken:
      case SyntaxKind.OpenBracketToken:
        if (++depth > MAX_DEPTH) {
          report(
            'error',
            'json/depth',
            `Nested deeper than ${MAX_DEPTH} levels: no model config is. Nothing was read.`,
            offset,
            1,
          );
          return null;
        }
        break;
      case SyntaxKind.CloseBraceToken:
      case SyntaxKind.CloseBracketToken:
        depth--;
        if (previous === SyntaxKind.CommaToken)
          report(
            'warning',
            'json/trailing-comma',
            'Trailing comma: Python and most other JSON readers refuse it.',
            commaAt,
            1,
          );
        break;
      case SyntaxKind.CommaToken:
        commaAt = offset;
        break;
      case SyntaxKind.LineCommentTrivia:
      case SyntaxKind.BlockCommentTrivia:
        if (!commented)
          report(
            'warning',
            'json/comment',
            'Comments are not JSON: Python and most other readers refuse this file.',
            offset,
            length,
          );
        commented = true;
        break;
      case SyntaxKind.Unknown: {
        const word = scanner.getTokenValue();
        const bare = /^-?(NaN|Infinity)$/.exec(word);
        if (word === '-') minusAt = offset;
        if (bare) {
          const start = minusAt === offset - 1 ? minusAt : offset;
          const width = offset + length - start;
          nonFinite.set(start, Number(text.slice(start, offset + length)));
          replacements.push({ offset: start, length: width, by: '0.'.padEnd(width, '0') });
          report(
            'information',
            'json/non-finite',
            `${text.slice(start, offset + length)} is not strict JSON: Python writes and reads it, many other readers refuse the file.`,
            start,
            width,
          );
        }
        break;
      }
      default:
        break;
    }
    if (!TRIVIA.has(token)) previous = token;
  }
  let patched = '';
  let end = 0;
  for (const { offset, length, by } of replacements) {
    patched += text.slice(end, offset) + by;
    end = offset + length;
  }
  // A byte-order mark is not JSON's, but editors leave it; a space keeps the offsets.
  return { text: (patched + text.slice(end)).replace(/^\uFEFF/, ' '), nonFinite };
}

/** Values of Python's bare words, by the offset at which a placeholder of the same length was put. */
type NonFinite = ReadonlyMap<number, number>;

/** Tree to values. The last of duplicate keys wins, as in Python and JavaScript. */
function plainValue(node: Node, path: JsonPath, nonFinite: NonFinite, report: Report): unknown {
  switch (node.type) {
    case 'object': {
      const value = Object.create(null) as Record<string, unknown>;
      for (const property of node.children ?? []) {
        const [keyNode, valueNode] = property.children ?? [];
        if (!keyNode) continue;
        const key = String(keyNode.value);
        if (key in value)
          report(
            'warning',
            'json/duplicate-key',
            `"${key}" stands here twice; the last one wins.`,
            keyNode.offset,
            keyNode.length,
            [...path, key],
            [
              {
                title: `Remove the first ${JSON.stringify(key)}, which has no effect`,
                edits: [{ path: [...path, key], removeOverridden: true }],
                isPreferred: true,
              },
            ],
          );
        if (valueNode) value[key] = plainValue(valueNode, [...path, key], nonFinite, report);
      }
      return value;
    }
    case 'array':
      if ((node.children?.length ?? 0) > MAX_ENTRIES) {
        // A vocabulary in GGUF metadata: only its length counts.
        if (path.some((step) => typeof step === 'string' && step.startsWith('tokenizer.')))
          return Array<undefined>(node.children?.length ?? 0);
        const message = `A list of ${node.children?.length ?? 0} entries: no model config has one of more than ${MAX_ENTRIES}. It was not read.`;
        report('error', 'json/long-list', message, node.offset, 1, path);
        return [];
      }
      return (node.children ?? []).map((child, i) => plainValue(child, [...path, i], nonFinite, report));
    case 'number': {
      const bare = nonFinite.get(node.offset);
      if (bare !== undefined) return bare;
      const value = Number(node.value);
      if (!Number.isFinite(value))
        report(
          'error',
          'json/overflow',
          'This number is too large: it is read as infinity.',
          node.offset,
          node.length,
          path,
        );
      return value;
    }
    default:
      return node.value as unknown;
  }
}

/** By `jsonc-parser`'s error codes. */
const SYNTAX_MESSAGES: Readonly<Record<number, string>> = {
  1: 'A value is expected here: this symbol is none.',
  2: 'This is not a valid number.',
  3: 'A property name in double quotes is expected.',
  4: 'A value is expected.',
  5: 'A colon is expected.',
  6: 'A comma is expected.',
  7: 'A closing brace } is expected.',
  8: 'A closing bracket ] is expected.',
  9: 'Nothing more is expected after the end of the JSON value.',
  11: 'This comment has no end.',
  12: 'This string has no end.',
  13: 'This number has no end.',
  14: 'This Unicode escape is not valid.',
  15: 'This escape is not valid.',
  16: 'This character is not valid here.',
};

/** The node at a path, or of its nearest ancestor that exists. */
export function nodeAt(root: Node | undefined, path: JsonPath): Node | undefined {
  if (!root) return undefined;
  let node = root;
  for (const step of path) {
    const next = typeof step === 'number' ? node.children?.[step] : lastValue(node, step);
    if (!next) break;
    node = next;
  }
  return node;
}

/** The value of a key; the last of duplicates counts. */
const lastValue = (node: Node, key: string): Node | undefined =>
  node.type === 'object' ? propertiesOf(node, key).at(-1)?.children?.[1] : undefined;

/** The properties of an object that have this key: more than one where it is given twice. */
export const propertiesOf = (object: Node, key: string): Node[] =>
  (object.children ?? []).filter((property) => property.children?.[0]?.value === key);
