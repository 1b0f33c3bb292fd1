/** One model: its numbers with their formulas, where they come from, its layers, and what the rules say of it. */
import type { ComparedModel, JsonPath } from '../../../src/protocol';
import { el, setText } from '../../dom';
import { recallView, rememberView } from '../../host';
import { ask } from '../../requests';
import { dropdown } from '../../toolkit';
import { conditions, type View, type ViewContext } from '../view';
import { breakdown } from './breakdown';
import { findings } from './findings';
import { layers } from './layers';
import { numberGrid } from './number-grid';
import { numbersOf } from './numbers';

interface Memory {
  /** The model that was chosen; null follows the active config. */
  readonly model: string | null;
  /** The number whose formula is open. */
  readonly opened: string | null;
}

const ID = 'overview';

function recallMemory(): Memory {
  const { model, opened } = (recallView(ID) ?? {}) as Readonly<Record<string, unknown>>;
  return {
    model: typeof model === 'string' ? model : null,
    opened: typeof opened === 'string' ? opened : null,
  };
}

export function overview(): View {
  let memory = recallMemory();
  let last: ViewContext | null = null;
  let subject: ComparedModel | null = null;
  let drawing = 0;

  const change = (changed: Partial<Memory>): void => {
    memory = { ...memory, ...changed };
    rememberView(ID, memory);
  };
  const said = el('p', { class: 'said', role: 'status' });
  const reveal = (path: JsonPath): void => {
    if (subject === null) return;
    ask('reveal', { id: subject.id, path }).then(
      (outcome) => {
        setText(said, outcome ?? '');
      },
      (error: unknown) => {
        setText(said, `Can't show it: ${error instanceof Error ? error.message : String(error)}`);
      },
    );
  };

  const models = dropdown<string>('overview-model', 'Model', 'The model that this view is about', (id) => {
    // Whoever chooses the active config wants to go on with the next one.
    const active = last?.state.models.find((model) => model.active);
    change({ model: id === active?.id ? null : id });
    redraw();
  });
  const identity = el('p', { class: 'lead identity' });
  const unread = el('p', { class: 'unread' });
  const nothing = el('p', { class: 'nothing' });
  const grid = numberGrid({
    opened(opened) {
      change({ opened });
      drawNumbers();
    },
    reveal,
  });
  const rules = findings(({ path }) => {
    reveal(path);
  });
  const parts = breakdown();
  const strip = layers();
  const figures = el('div', { class: 'overview-figures' }, parts.element, strip.element);
  const numbers = el('div', { class: 'overview-top' }, grid.element, rules.element);
  const element = el(
    'div',
    { class: 'overview' },
    el('div', { class: 'overview-head' }, models.element, identity),
    nothing,
    unread,
    numbers,
    said,
    figures,
  );

  const drawNumbers = (): void => {
    if (subject === null || last === null) return;
    grid.update(numbersOf(subject.analysis, last.context), memory.opened);
  };

  /** All that the state says; then what has to be asked for. */
  const draw = async (context: ViewContext, isCurrent: () => boolean): Promise<void> => {
    last = context;
    const choices = choicesOf(context);
    subject = choices.find(({ id }) => id === memory.model) ?? context.subject;
    nothing.hidden = subject !== null;
    setText(nothing, subject === null ? 'No model is shown: open a config, or choose some above.' : '');
    for (const part of [models.element, identity, numbers]) part.hidden = subject === null;
    if (subject === null) {
      unread.hidden = true;
      figures.hidden = true;
      return;
    }
    models.set(
      choices.map(({ id, label }) => ({ value: id, text: label })),
      subject.id,
    );
    const { analysis, label, id } = subject;
    const isRead = analysis.parameters !== null;
    setText(
      identity,
      analysis.model === null
        ? ''
        : `${analysis.model.family}, ${analysis.model.matchedBy}; ${conditions(context)}.`,
    );
    unread.hidden = isRead;
    setText(
      unread,
      isRead
        ? ''
        : `${label} can't be read as a model config, so there are no numbers. The findings say what is in the way.`,
    );
    grid.element.hidden = !isRead;
    drawNumbers();
    rules.update(analysis);
    if (!isRead) {
      figures.hidden = true;
      return;
    }
    const data = await ask('overview', { id, context: context.context });
    if (!isCurrent()) return;
    figures.hidden = data === null;
    if (data === null) return;
    parts.update(data, label, context);
    strip.update(data, context.theme);
  };

  const redraw = (): void => {
    if (last === null) return;
    const mine = ++drawing;
    draw(last, () => mine === drawing).catch((error: unknown) => {
      setText(said, `Can't draw it: ${error instanceof Error ? error.message : String(error)}`);
    });
  };

  return {
    id: ID,
    title: 'Overview',
    element,
    update(context, isCurrent) {
      const mine = ++drawing;
      return draw(context, () => isCurrent() && mine === drawing);
    },
  };
}

/** The models shown, and the active config in any case. */
function choicesOf({ shown, subject }: ViewContext): readonly ComparedModel[] {
  return subject === null || shown.includes(subject) ? shown : [subject, ...shown];
}
