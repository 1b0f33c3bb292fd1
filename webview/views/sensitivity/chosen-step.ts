/** The step that was clicked: what it changes and brings; shows its place in the file and applies it. */
import type { ComparedModel, PanelRequests } from '../../../src/protocol';
import { el, reconcile, setText } from '../../dom';
import { ask } from '../../requests';
import { button } from '../../toolkit';
import { alsoTexts, editText, effectTexts, type Step } from './steps';

export interface ChosenStep {
  readonly element: HTMLElement;
  update(subject: ComparedModel | null, step: Step | null): void;
  /** Shows the step's place in the file. */
  reveal(): void;
}

type Asking = 'reveal' | 'applyEdits';

export function chosenStep(): ChosenStep {
  let shown: { readonly subject: ComparedModel; readonly step: Step } | null = null;
  const title = el('h2', { id: 'title-chosen-step' });
  const changes = el('ul', { class: 'changes' });
  const said = el('span', { class: 'said', role: 'status' });
  const say = (text: string): void => {
    setText(said, text);
    if (text !== '') element.hidden = false;
  };
  /** Its outcome, or why there is none, is always said. */
  const run = <M extends Asking>(method: M, params: PanelRequests[M]['params']): void => {
    ask(method, params).then(
      (outcome) => {
        say(outcome ?? '');
      },
      (error: unknown) => {
        say(`Not done: ${error instanceof Error ? error.message : String(error)}`);
      },
    );
  };
  const apply = button('Apply', 'Make this change in the open config; undo takes it back', () => {
    if (shown) run('applyEdits', { id: shown.subject.id, edits: shown.step.step.edits });
  });
  apply.id = 'apply-step';
  const actions = el('div', { class: 'actions' }, apply, said);
  const element = el(
    'section',
    { class: 'chosen-step', 'aria-labelledby': title.id },
    title,
    changes,
    actions,
  );
  element.hidden = true;
  return {
    element,
    update(subject, step) {
      const isAnother = step !== null && step.key !== shown?.step.key;
      shown = subject && step && { subject, step };
      apply.hidden = shown?.subject.origin !== 'document';
      changes.hidden = shown === null;
      if (isAnother) say(apply.hidden ? 'Only a config that is open can be changed here.' : '');
      // A change that was made is none to be made any more; what came of it stays.
      element.hidden = shown === null && said.textContent === '';
      if (shown === null) return;
      setText(title, editText(shown.step));
      const also = alsoTexts(shown.step).map((text) => `With it: ${text}`);
      reconcile(
        changes,
        [...also, ...effectTexts(shown.step)],
        (text) => text,
        () => el('li'),
        setText,
      );
    },
    reveal() {
      if (shown && shown.subject.origin !== 'catalog')
        run('reveal', { id: shown.subject.id, path: shown.step.field.path });
    },
  };
}
