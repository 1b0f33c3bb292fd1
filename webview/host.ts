/** The extension behind the panel: `acquireVsCodeApi`, typed. */
import type { HostMessage, WebviewMessage } from '../src/protocol';

interface VsCodeApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}
declare function acquireVsCodeApi(): VsCodeApi;

/** What the panel itself remembers while it is hidden. */
export interface PanelMemory {
  readonly hidden: readonly string[];
}

const api = acquireVsCodeApi();

export function post(message: WebviewMessage): void {
  api.postMessage(message);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

export function recall(): PanelMemory {
  const memory = api.getState();
  const hidden = isObject(memory) && Array.isArray(memory.hidden) ? (memory.hidden as unknown[]) : [];
  return { hidden: hidden.filter((id) => typeof id === 'string') };
}

export function remember(memory: PanelMemory): void {
  api.setState(memory);
}

/** Other messages reach a webview too (VS Code's own, browser extensions'): only ours are passed on. */
export function onHostMessage(listener: (message: HostMessage) => void): void {
  window.addEventListener('message', (event: MessageEvent<unknown>) => {
    const { data } = event;
    if (isObject(data) && (data.type === 'state' || data.type === 'failed')) {
      listener(data as unknown as HostMessage);
    }
  });
}
