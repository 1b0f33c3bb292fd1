/**
 * Stands in for VS Code in a plain browser: `?theme=light`, `?host=empty|many|hostile|failed|silent`. The development
 * server answers from the language service, as the extension's host does from the language server.
 */
import {
  VIEW_METHODS,
  type AnalysisOptions,
  type HostMessage,
  type PanelRequest,
  type PanelState,
  type WebviewMessage,
} from '../../src/protocol';
import type { DevApi, OpenConfigs, SentMessage } from './api';
import { setTheme, THEMES } from './themes';

const query = new URLSearchParams(location.search);
const kind = query.get('host') ?? 'open';
const OPEN: Readonly<Record<string, OpenConfigs>> = { empty: 'none', many: 'many', hostile: 'hostile' };
const sent: SentMessage[] = [];
let choices: Partial<AnalysisOptions> = {};
let waited = 0;
let edits: Readonly<Record<string, unknown>> = {};

/** Asks the development server. */
async function fromService(request?: PanelRequest): Promise<unknown> {
  const question = { options: choices, open: OPEN[kind] ?? 'one', edits, request };
  const asked = performance.now();
  const response = await fetch('/answer', { method: 'POST', body: JSON.stringify(question) });
  if (!response.ok) throw new Error(await response.text());
  const answer: unknown = await response.json();
  waited += performance.now() - asked;
  return answer;
}

async function state(): Promise<HostMessage> {
  if (kind === 'failed') return { type: 'failed', message: 'the language server stopped (exit code 134)' };
  try {
    return { type: 'state', state: (await fromService()) as PanelState };
  } catch (error) {
    return { type: 'failed', message: String(error) };
  }
}

async function response(request: PanelRequest): Promise<HostMessage> {
  const { number } = request;
  try {
    const isView = VIEW_METHODS.some((method) => method === request.method);
    // What the editor does, a browser can't: it is written down for whoever looks.
    return {
      type: 'response',
      number,
      result: isView ? await fromService(request) : `${request.method}, in the editor`,
    };
  } catch (error) {
    return { type: 'response', number, error: String(error) };
  }
}

function send(message: HostMessage): void {
  window.postMessage(message, '*');
}

function receive(message: WebviewMessage): void {
  sent.push({ message, at: performance.now() });
  if (message.type === 'error') console.error(message.message);
  if (message.type === 'setOptions') choices = { ...choices, ...message.options };
  if (kind === 'silent') return;
  if (message.type === 'ready' || message.type === 'setOptions') void state().then(send);
  if (message.type === 'request') void response(message).then(send);
}

/** As VS Code keeps it: over a reload, and as JSON. */
const MEMORY = 'decode-lens';
const wantedTheme = query.get('theme');
setTheme(THEMES.find((name) => name === wantedTheme) ?? 'dark');
Object.assign(window, {
  acquireVsCodeApi: () => ({
    postMessage: receive,
    getState: () => JSON.parse(sessionStorage.getItem(MEMORY) ?? 'null') as unknown,
    setState: (memory: unknown) => {
      sessionStorage.setItem(MEMORY, JSON.stringify(memory));
    },
  }),
  decodeLensDev: {
    sent,
    waited: () => waited,
    send,
    setTheme,
    edit(values) {
      edits = { ...edits, ...values };
      void state().then(send);
    },
  } satisfies Omit<DevApi, 'charts' | 'tables'>,
});
