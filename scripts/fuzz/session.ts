import { TextDocument, type TextDocumentContentChangeEvent } from 'vscode-languageserver-textdocument';
import { readSettings, type RawSettings } from '../../src/service';
import { fuzzInput } from './inputs';
import { Random } from './random';
import type { Tree } from './tree';

/** One message of an editor to the server: plain, so that a session can be kept and cut short. */
export type Message =
  | { readonly kind: 'notify'; readonly method: string; readonly params: unknown }
  | { readonly kind: 'request'; readonly method: string; readonly params: unknown; readonly cancel: boolean }
  | { readonly kind: 'configure'; readonly settings: RawSettings }
  /** Lets the server come to what it does a moment after the last keystroke. */
  | { readonly kind: 'wait'; readonly ms: number };

const URIS = [
  'file:///fuzz/a/config.json',
  'file:///fuzz/b%20c/config.json',
  'file:///fuzz/100%/params.json',
  'untitled:Untitled-1',
  'vscode-vfs://github/x/y/config.json',
];
const POSITIONED = ['textDocument/hover', 'textDocument/completion'];
const BY_DOCUMENT = [
  'textDocument/codeLens',
  'textDocument/documentSymbol',
  'textDocument/documentLink',
  'textDocument/diagnostic',
];
const RANGED = ['textDocument/inlayHint', 'textDocument/codeAction'];

/** What an editor gone wild might send: documents opened, edited all over, asked about, and closed. */
export function sessionOf(configs: readonly Tree[], seed: number, number: number, length = 60): Message[] {
  const random = new Random(seed ^ 0x5e551017, number);
  const open = new Map<string, TextDocument>();
  const input = () => fuzzInput(configs, seed, random.below(2 ** 30));
  return Array.from({ length }, (): Message => {
    const uri = random.pick(URIS);
    const document = open.get(uri);
    if (!document) {
      const opened = TextDocument.create(uri, 'json', 1, input().text);
      open.set(uri, opened);
      const textDocument = { uri, languageId: 'json', version: 1, text: opened.getText() };
      return { kind: 'notify', method: 'textDocument/didOpen', params: { textDocument } };
    }
    const kind = random.next();
    if (kind < 0.3) {
      const changes = Array.from({ length: 1 + random.below(4) }, () =>
        change(random, document, input().text),
      );
      // Versions go up as they should, or jump, or go back.
      const version = document.version + random.pick([1, 1, 1, 5, 0, -1]);
      TextDocument.update(document, changes, version);
      const params = { textDocument: { uri, version }, contentChanges: changes };
      return { kind: 'notify', method: 'textDocument/didChange', params };
    }
    if (kind < 0.34) {
      open.delete(uri);
      return { kind: 'notify', method: 'textDocument/didClose', params: { textDocument: { uri } } };
    }
    if (kind < 0.37)
      return { kind: 'notify', method: 'textDocument/didSave', params: { textDocument: { uri } } };
    if (kind < 0.4) return { kind: 'configure', settings: input().settings };
    if (kind < 0.43) {
      const text = random.chance(0.3) ? null : input().text;
      return { kind: 'notify', method: 'decodeLens/committed', params: { uri, text } };
    }
    if (kind < 0.46) return { kind: 'wait', ms: random.pick([1, 70]) };
    const request = (method: string, params: unknown): Message => ({
      kind: 'request',
      method,
      params,
      cancel: random.chance(0.1),
    });
    if (kind < 0.49)
      return random.pick([
        request('decodeLens/compare', { activeUri: uri, options: input().settings }),
        request('decodeLens/identify', { uri }),
        request('decodeLens/catalog', {}),
        request('decodeLens/catalogText', { name: random.pick(['Step-3', '__proto__', '']) }),
      ]);
    const textDocument = { uri: random.chance(0.95) ? uri : 'file:///not/open.json' };
    const method = random.pick([...POSITIONED, ...RANGED, ...BY_DOCUMENT, 'textDocument/codeAction']);
    const params = POSITIONED.includes(method)
      ? { textDocument, position: position(random, document) }
      : RANGED.includes(method)
        ? { textDocument, range: range(random, document), context: { diagnostics: [] } }
        : { textDocument };
    return request(method, params);
  });
}

function position(random: Random, document: TextDocument) {
  if (random.chance(0.15))
    return { line: random.pick([0, 1, 1e6, 2 ** 31 - 1]), character: random.pick([0, 1e6, 2 ** 31 - 1]) };
  return document.positionAt(random.below(document.getText().length + 1));
}

/** In order for the most part. */
function range(random: Random, document: TextDocument) {
  const [start, end] = [position(random, document), position(random, document)];
  const isInOrder = document.offsetAt(start) <= document.offsetAt(end);
  return isInOrder || random.chance(0.1) ? { start, end } : { start: end, end: start };
}

function change(random: Random, document: TextDocument, donor: string): TextDocumentContentChangeEvent {
  if (random.chance(0.1)) return { text: donor };
  const at = random.below(donor.length + 1);
  const text = random.pick(['', '1', '"', ',', '\n', '0', donor.slice(at, at + random.below(80))]);
  if (random.chance(0.3)) return { range: range(random, document), text };
  // As typing does it: a few characters.
  const start = random.below(document.getText().length + 1);
  const end = start + random.below(4);
  return { range: { start: document.positionAt(start), end: document.positionAt(end) }, text };
}

/** The documents that are open after these messages, and the settings that hold. */
export function stateAfter(messages: readonly Message[]) {
  const documents = new Map<string, TextDocument>();
  let settings: RawSettings = {};
  for (const message of messages) {
    if (message.kind === 'configure') settings = message.settings;
    if (message.kind !== 'notify') continue;
    if (!message.method.startsWith('textDocument/')) continue;
    const { textDocument, contentChanges } = message.params as {
      textDocument: { uri: string; version: number; text: string };
      contentChanges: TextDocumentContentChangeEvent[];
    };
    const document = documents.get(textDocument.uri);
    if (message.method.endsWith('didOpen'))
      documents.set(
        textDocument.uri,
        TextDocument.create(textDocument.uri, 'json', textDocument.version, textDocument.text),
      );
    else if (message.method.endsWith('didClose')) documents.delete(textDocument.uri);
    else if (message.method.endsWith('didChange') && document)
      TextDocument.update(document, contentChanges, textDocument.version);
  }
  return { documents, settings: readSettings(settings).settings };
}
