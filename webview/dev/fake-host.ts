/**
 * Stands in for VS Code in a plain browser: `?theme=light`, `?host=empty|failed|silent`. Answers from
 * `state.json`, a hand-made record after the Step-3 report's tables: plausible, not the service's numbers.
 */
import type {
  AnalysisOptions,
  ComparedModel,
  HostMessage,
  PanelState,
  WebviewMessage,
} from '../../src/protocol';
import record from './state.json';
import { setTheme, type ThemeName, THEMES } from './themes';

const recorded = record as unknown as PanelState;
const query = new URLSearchParams(location.search);
const kind = query.get('host') ?? 'recorded';
const sent: WebviewMessage[] = [];
let options: AnalysisOptions = recorded.options;

function underOptions(model: ComparedModel): ComparedModel {
  const { analysis } = model;
  const afdCost = analysis.afdCost.map((afd) => {
    const costs = analysis.cost.filter(
      (c) => c.context === afd.context && options.targets.includes(c.target),
    );
    const attention = [...costs].sort((a, b) => a.attentionUsdPer1M - b.attentionUsdPer1M)[0];
    const ffn = [...costs].sort((a, b) => a.ffnUsdPer1M - b.ffnUsdPer1M)[0];
    if (attention === undefined || ffn === undefined) return afd;
    return {
      ...afd,
      attentionOn: attention.target,
      ffnOn: ffn.target,
      attentionUsdPer1M: attention.attentionUsdPer1M,
      ffnUsdPer1M: ffn.ffnUsdPer1M,
      usdPer1M: attention.attentionUsdPer1M + ffn.ffnUsdPer1M,
    };
  });
  return { ...model, analysis: { ...analysis, options, afdCost } };
}

function answer(): HostMessage {
  if (kind === 'failed') return { type: 'failed', message: 'the language server stopped (exit code 134)' };
  const models = recorded.models.filter(({ origin }) => kind !== 'empty' || origin === 'catalog');
  return { type: 'state', state: { ...recorded, options, models: models.map(underOptions) } };
}

function send(message: HostMessage): void {
  setTimeout(() => {
    window.postMessage(message, '*');
  }, 10);
}

function receive(message: WebviewMessage): void {
  sent.push(message);
  if (message.type === 'error') console.error(message.message);
  if (kind === 'silent') return;
  if (message.type === 'ready') send(answer());
  if (message.type !== 'setOptions') return;
  const wanted = { ...options, ...message.options };
  const missing = wanted.contexts.find((context) => !recorded.options.contexts.includes(context));
  if (missing !== undefined)
    send({ type: 'failed', message: `nothing is recorded for ${missing} tokens of context` });
  else {
    options = wanted;
    send(answer());
  }
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
    recorded,
    setTheme: (name: ThemeName) => {
      setTheme(name);
    },
  },
});
