/** How the numbers came about: the accounting's notes and the formulas, as the service wrote them. */
import type { ComparedModel, PanelState } from '../src/protocol';
import { el, reconcile, setText } from './dom';
import { formatContext } from './format';
import { inputsOf, resultText } from './formula';

export interface Method {
  readonly element: HTMLElement;
  update(state: PanelState, shown: readonly ComparedModel[]): void;
}

export function method(): Method {
  const summary = el('summary');
  const notes = el('ul');
  const heading = el('h3');
  const formulas = el('ol', { class: 'formulas' });
  const element = el('details', { class: 'method', id: 'method' }, summary, notes, heading, formulas);
  return {
    element,
    update({ options }, shown) {
      const [first] = shown;
      element.hidden = first === undefined;
      if (first === undefined) return;
      const { analysis, label } = first;
      setText(summary, `How this is counted (${options.accounting})`);
      reconcile(
        notes,
        analysis.accountingNotes,
        (note) => note,
        () => el('li'),
        setText,
      );
      const others = options.contexts.slice(1).map((context) => ` at ${formatContext(context)}`);
      const relevant = analysis.formulas.filter((f) => !others.some((suffix) => f.label.endsWith(suffix)));
      setText(heading, relevant.length === 0 ? '' : `Formulas, with the values of ${label}`);
      reconcile(
        formulas,
        relevant,
        (formula) => formula.label,
        () => el('li', {}, el('strong'), el('code'), el('span', { class: 'inputs' }), el('cite')),
        (item, formula) => {
          const [name, expression, inputs, source] = Array.from(item.children);
          if (name) setText(name, `${formula.label}: ${resultText(formula)}`);
          if (expression) setText(expression, formula.expression);
          if (inputs)
            setText(
              inputs,
              inputsOf(formula)
                .map(({ symbol, value, from }) => `${symbol} = ${value}${from === '' ? '' : ` (${from})`}`)
                .join('; '),
            );
          if (source) setText(source, formula.source);
        },
      );
    },
  };
}
