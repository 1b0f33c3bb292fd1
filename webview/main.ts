/** The panel: builds its page once, then draws each state that the host sends. */
import type { PanelState } from '../src/protocol';
import { controls } from './controls';
import { el, setText } from './dom';
import { firstRun } from './first-run';
import { plural } from './format';
import { onHostMessage, post, recall, remember } from './host';
import { method } from './method';
import { onThemeChange, readTheme, type Theme } from './theme';
import { answer } from './requests';
import { tabs } from './tabs';
import { compare } from './views/compare';
import { context as contexts } from './views/context';
import { overview } from './views/overview';
import { roofline } from './views/roofline';
import { sensitivity } from './views/sensitivity';
import { train } from './views/train';
import { conditions, type View, type ViewContext } from './views/view';

/** In the order of their tabs: a new view is one more entry. */
const views: readonly View[] = [overview(), compare(), contexts(), roofline(), sensitivity(), train()];

let state: PanelState | null = null;
let theme: Theme = readTheme();
let hidden: ReadonlySet<string> = new Set(recall().hidden);

const status = el('p', { class: 'status', id: 'status', role: 'status' }, 'Waiting for the language server…');
const failure = el('p', { class: 'failure', id: 'failure', role: 'alert' });
failure.hidden = true;
const choices = controls({
  options(options) {
    busy(true);
    remember({ options: { ...recall().options, ...options } });
    post({ type: 'setOptions', options });
  },
  hidden(ids) {
    hidden = ids;
    remember({ hidden: [...ids] });
    draw();
  },
});
const how = method();
const beginning = firstRun();
let view: View | undefined;
const tabList = tabs(
  views.map(({ id, title, element }) => ({ id, title, panel: element })),
  (id) => {
    view = views.find((each) => each.id === id);
    remember({ view: id });
    void drawView();
  },
);
const content = el(
  'div',
  { id: 'content' },
  choices.element,
  tabList.element,
  el('div', { class: 'views' }, ...views.map(({ element }) => element), how.element),
);
content.hidden = true;

function busy(waiting: boolean): void {
  if (waiting) content.setAttribute('aria-busy', 'true');
  else content.removeAttribute('aria-busy');
}

function report(error: unknown): void {
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  post({ type: 'error', message });
  fail(error instanceof Error ? error.message : message);
}

function fail(message: string): void {
  const kept = state === null ? '' : ' The charts show the last result.';
  setText(failure, `Can't compute this: ${message.replace(/[.\s]*$/, '.')}${kept}`);
  failure.hidden = false;
  if (state === null) setText(status, '');
}

function statusText(current: PanelState, context: number): string {
  const documents = current.models.filter(({ origin }) => origin === 'document');
  const active = current.models.find((model) => model.active);
  if (current.models.length === 0) return 'No model config open, and no catalog models to compare with.';
  if (documents.length === 0) return 'No model config open; these are the catalog models.';
  const subject = active?.label ?? documents.map(({ label }) => label).join(', ');
  const where = conditions({ state: current, context });
  const unread = documents.filter(({ analysis }) => analysis.parameters === null);
  const missing =
    unread.length === 0
      ? ''
      : ` Not drawn, see its findings: ${unread.map(({ label }) => label).join(', ')}.`;
  const own = active ? [active] : documents;
  const others = current.models.filter((model) => !own.includes(model) && !hidden.has(model.id)).length;
  return `${subject} beside ${plural(others, 'other model')}; ${where}.${missing}`;
}

function contextOf(current: PanelState): ViewContext {
  const shown = current.models
    .filter(({ id }) => !hidden.has(id))
    .sort((a, b) => Number(b.active) - Number(a.active));
  const subject = current.models.find((model) => model.active) ?? shown[0] ?? null;
  return { state: current, shown, subject, context: current.options.contexts[0] ?? 0, theme };
}

function draw(): void {
  if (state === null) return;
  const context = contextOf(state);
  content.hidden = false;
  setText(status, statusText(state, context.context));
  beginning.update(state);
  choices.update(state, hidden);
  how.update(state, context.shown);
  void drawView();
}

/** Views that aren't shown are drawn when they are. */
let drawing = 0;
async function drawView(): Promise<void> {
  if (state === null || view === undefined) return;
  const mine = ++drawing;
  const isCurrent = () => mine === drawing;
  const context = contextOf(state);
  try {
    await view.update(context, isCurrent);
    if (isCurrent()) post({ type: 'drawn', view: view.id, models: context.shown.length });
  } catch (error) {
    if (isCurrent()) report(error);
  }
}

window.addEventListener('error', (event) => {
  // Chromium's note that a resize took two frames is no error.
  if (!event.message.startsWith('ResizeObserver loop')) report(event.error ?? event.message);
});
window.addEventListener('unhandledrejection', (event) => {
  report(event.reason);
});

onHostMessage((message) => {
  if (message.type === 'state' || message.type === 'failed') busy(false);
  switch (message.type) {
    case 'state':
      state = message.state;
      failure.hidden = true;
      draw();
      break;
    case 'failed':
      fail(message.message);
      // What was asked for isn't what is shown: the controls go back.
      if (state !== null) choices.update(state, hidden);
      break;
    case 'remember':
      remember({ options: message.options, models: message.models });
      break;
    case 'show':
      tabList.show(message.view);
      break;
    case 'response':
      answer(message);
      break;
  }
});

onThemeChange(() => {
  const next = readTheme();
  if (JSON.stringify(next) === JSON.stringify(theme)) return;
  theme = next;
  draw();
});

document
  .getElementById('app')
  ?.append(
    el('header', {}, el('h1', {}, 'Compare models'), status, failure, beginning.element),
    el('main', {}, content),
  );
const memory = recall();
tabList.show(memory.view);
if (Object.keys(memory.options).length > 0) post({ type: 'setOptions', options: memory.options });
post({ type: 'ready', models: memory.models });
