/**
 * Stands in for VS Code in a plain browser: `?theme=light`, `?host=empty|failed|silent`. The development server answers
 * from the language service, as the extension's host does from the language server.
 */
import type { AnalysisOptions, HostMessage, PanelState, WebviewMessage } from '../../src/protocol';
import { setTheme, type ThemeName, THEMES } from './themes';

const query = new URLSearchParams(location.search);
const kind = query.get('host') ?? 'open';
const sent: WebviewMessage[] = [];
let choices: Partial<AnalysisOptions> = {};

async function answer(): Promise<HostMessage> {
  if (kind === 'failed') return { type: 'failed', message: 'the language server stopped (exit code 134)' };
  try {
    const body = JSON.stringify({ options: choices, open: kind !== 'empty' });
    const response = await fetch('/state', { method: 'POST', body });
    return { type: 'state', state: (await response.json()) as PanelState };
  } catch (error) {
    return { type: 'failed', message: String(error) };
  }
}

function send(message: HostMessage): void {
  window.postMessage(message, '*');
}

function receive(message: WebviewMessage): void {
  sent.push(message);
  if (message.type === 'error') console.error(message.message);
  if (message.type === 'setOptions') choices = { ...choices, ...message.options };
  if (kind !== 'silent' && (message.type === 'ready' || message.type === 'setOptions'))
    void answer().then(send);
}

let memory: unknown = null;
const wantedTheme = query.get('theme');
setTheme(THEMES.find((name) => name === wantedTheme) ?? 'dark');
Object.assign(window, {
  acquireVsCodeApi: () => ({
    postMessage: receive,
    getState: () => memory,
    setState: (state: unknown) => {
      memory = state;
    },
  }),
  /** For scripts that drive this page. */
  decodeLensDev: {
    sent,
    send,
    setTheme: (name: ThemeName) => {
      setTheme(name);
    },
  },
});
