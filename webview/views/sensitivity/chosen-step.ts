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
      if (step?.key !== shown?.step.key || step?.field.value !== shown?.step.field.value) say('');
      // A change that was applied is no neighbour any more: what came of it is still said.
      shown = subject && step && { subject, step };
      element.hidden = shown === null;
      if (shown === null || step === null) return;
      setText(title, editText(step));
      const also = alsoTexts(step).map((text) => `With it: ${text}`);
      reconcile(
        changes,
        [...also, ...effectTexts(step)],
        (text) => text,
        () => el('li'),
        setText,
      );
      apply.hidden = subject?.origin !== 'document';
      if (apply.hidden) say('Only a config that is open can be changed here.');
    },
    reveal() {
      if (shown && shown.subject.origin !== 'catalog')
        run('reveal', { id: shown.subject.id, path: shown.step.field.path });
    },
  };
}
