/** The extension behind the panel: `acquireVsCodeApi`, typed. */
import type { AnalysisOptions, HostMessage, WebviewMessage } from '../src/protocol';

interface VsCodeApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}
declare function acquireVsCodeApi(): VsCodeApi;

/** What the panel itself remembers while it is hidden and over a reload of the window. Each view may keep something of its own. */
export interface PanelMemory {
  readonly view: string;
  readonly hidden: readonly string[];
  /** Configs of the workspace that are compared. */
  readonly models: readonly string[];
  readonly options: Partial<AnalysisOptions>;
  readonly views: Readonly<Record<string, unknown>>;
}

const api = acquireVsCodeApi();

export function post(message: WebviewMessage): void {
  api.postMessage(message);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

const strings = (value: unknown): string[] =>
  Array.isArray(value) ? (value as unknown[]).filter((id) => typeof id === 'string') : [];

/** What was remembered; whatever is not as expected (an older version's) is left out. */
export function recall(): PanelMemory {
  const state = api.getState();
  const memory = isObject(state) ? state : {};
  return {
    view: typeof memory.view === 'string' ? memory.view : '',
    hidden: strings(memory.hidden),
    models: strings(memory.models),
    options: isObject(memory.options) ? memory.options : {},
    views: isObject(memory.views) ? memory.views : {},
  };
}

export function remember(changed: Partial<PanelMemory>): void {
  api.setState({ ...recall(), ...changed } satisfies PanelMemory);
}

/** A view's own memory. */
export const recallView = (id: string): unknown => recall().views[id];
export function rememberView(id: string, memory: unknown): void {
  remember({ views: { ...recall().views, [id]: memory } });
}

const TYPES = [
  'remember',
  'state',
  'failed',
  'show',
  'response',
] satisfies readonly HostMessage['type'][] as readonly string[];

/** Other messages reach a webview too (VS Code's own, browser extensions'): only ours are passed on. */
export function onHostMessage(listener: (message: HostMessage) => void): void {
  window.addEventListener('message', (event: MessageEvent<unknown>) => {
    const { data } = event;
    if (isObject(data) && TYPES.includes(String(data.type))) {
      listener(data as unknown as HostMessage);
    }
  });
}
