import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import {
  CancellationTokenSource,
  LSPErrorCodes,
  ResponseError,
  type InlayHint,
  type ServerCapabilities,
} from 'vscode-languageserver/node';
import { analyzeConfig, inlayHints } from '../../src/service';
import { TestClient } from '../../test/protocol/client';
import { reduceAsync } from './minimise';
import { kindOf } from './run';
import { sessionOf, stateAfter, type Message } from './session';
import type { Tree } from './tree';

/** A request that is not answered by then hangs; the machine may be busy with other things. */
const ANSWER_MS = 60_000;

const PROVIDERS: Readonly<Record<string, keyof ServerCapabilities>> = {
  'textDocument/hover': 'hoverProvider',
  'textDocument/completion': 'completionProvider',
  'textDocument/codeLens': 'codeLensProvider',
  'textDocument/documentSymbol': 'documentSymbolProvider',
  'textDocument/documentLink': 'documentLinkProvider',
  'textDocument/diagnostic': 'diagnosticProvider',
  'textDocument/inlayHint': 'inlayHintProvider',
  'textDocument/codeAction': 'codeActionProvider',
};

/** Answers that are none, by the protocol's leave. */
const EXPECTED: ReadonlySet<number> = new Set([
  LSPErrorCodes.RequestCancelled,
  LSPErrorCodes.ContentModified,
  LSPErrorCodes.ServerCancelled,
]);

/** Plays a session to the built server. Throws where it fails to answer, logs an error, or has lost the text. */
export async function playSession(messages: readonly Message[]): Promise<void> {
  const client = await TestClient.start();
  let stderr = '';
  client.process?.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = new Promise<never>((_, reject) =>
    client.process?.once('exit', (code) => {
      reject(new Error(`the server ended with ${String(code)}: ${stderr}`));
    }),
  );
  ended.catch(() => undefined);
  const answers: Promise<unknown>[] = [];
  try {
    for (const message of messages) {
      if (message.kind === 'wait') await delay(message.ms);
      else if (message.kind === 'notify')
        await client.connection.sendNotification(message.method, message.params);
      else if (message.kind === 'configure') {
        client.configuration = message.settings;
        await client.connection.sendNotification('workspace/didChangeConfiguration', { settings: null });
      } else if (isOffered(client, message.method)) answers.push(answer(client, message));
    }
    await within(Promise.race([Promise.all(answers), ended]), 'an answer');
    await within(Promise.race([compareHints(client, messages), ended]), 'the hints of the last texts');
    assert.deepEqual(client.errors, []);
    assert.equal(stderr, '');
    assert.equal(await within(client.stop(), 'the end'), 0);
  } finally {
    client.process?.kill('SIGKILL');
    client.connection.dispose();
  }
}

const isOffered = ({ initializeResult }: TestClient, method: string): boolean => {
  const provider = PROVIDERS[method];
  return provider === undefined || Boolean(initializeResult?.capabilities[provider]);
};

async function answer(client: TestClient, { method, params, cancel }: Message & { kind: 'request' }) {
  const source = new CancellationTokenSource();
  const answered = client.connection.sendRequest<unknown>(method, params, source.token);
  if (cancel) source.cancel();
  const result = await answered.catch((error: unknown) => {
    if (error instanceof ResponseError && EXPECTED.has(error.code)) return null;
    throw new Error(`${method}: ${error instanceof Error ? error.message : String(error)}`);
  });
  // An action whose edit is still to be made: as if the user had picked it.
  const [action] = Array.isArray(result) && method === 'textDocument/codeAction' ? (result as unknown[]) : [];
  if (typeof action !== 'object' || action === null || !('data' in action)) return;
  await client.connection.sendRequest('codeAction/resolve', action).catch((error: unknown) => {
    if (!(error instanceof ResponseError && EXPECTED.has(error.code))) throw error;
  });
}

/** After all edits the server's text is the editor's: it shows the hints that this text has. */
async function compareHints(client: TestClient, messages: readonly Message[]): Promise<void> {
  const { documents, settings } = stateAfter(messages);
  for (const [uri, document] of documents) {
    const analyzed = analyzeConfig({ text: document.getText(), file: uri, name: '' }, settings);
    const expected = analyzed ? inlayHints(analyzed).map(({ label }) => label) : [];
    const hints = await client.request<InlayHint[] | null>('textDocument/inlayHint', {
      textDocument: { uri },
      range: { start: { line: 0, character: 0 }, end: { line: document.lineCount, character: 0 } },
    });
    assert.deepEqual(hints?.map(({ label }) => label) ?? [], expected, `hints of ${uri}`);
  }
}

async function within<T>(promise: Promise<T>, what: string): Promise<T> {
  const controller = new AbortController();
  const late = delay(ANSWER_MS, undefined, { signal: controller.signal }).then(() => {
    throw new Error(`${what} did not come within ${ANSWER_MS / 1000} s`);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    controller.abort();
    late.catch(() => undefined);
  }
}

export interface SessionFailure {
  readonly error: string;
  readonly runSeed: number;
  readonly number: number;
  readonly messages: readonly Message[];
}

/** What is wrong with a session; null: nothing. */
export const sessionError = (messages: readonly Message[]): Promise<string | null> =>
  playSession(messages).then(
    () => null,
    (error: unknown) => (error instanceof Error ? (error.stack ?? error.message) : String(error)),
  );

/** Plays one session; where it fails, leaves out of it what is not needed to fail. */
export async function trySession(
  configs: readonly Tree[],
  runSeed: number,
  number: number,
  beat: () => void,
): Promise<SessionFailure | null> {
  const all = sessionOf(configs, runSeed, number);
  const error = await sessionError(all);
  if (error === null) return null;
  console.error(`\nsession ${number} of seed ${runSeed} fails, and is made small: ${error}`);
  const failsAlike = async (messages: readonly Message[]): Promise<boolean> => {
    beat();
    const other = await sessionError(messages);
    return other !== null && kindOf(other) === kindOf(error);
  };
  const messages = await reduceAsync(all, failsAlike);
  return { error, runSeed, number, messages };
}
