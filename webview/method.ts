/** How the numbers came about: the accounting's notes and the formulas, as the service wrote them. */
import type { ComparedModel, Formula, PanelState } from '../src/protocol';
import { el, reconcile, setText } from './dom';
import { formatBytes, formatContext, formatSi, formatUsd } from './format';

export interface Method {
  readonly element: HTMLElement;
  update(state: PanelState, shown: readonly ComparedModel[]): void;
}

function resultText({ result, unit }: Formula): string {
  const [symbol, ...rest] = unit.split(' ');
  if (symbol === 'USD' || symbol === '$') return [formatUsd(result), ...rest].join(' ');
  return unit === 'bytes' ? formatBytes(result) : formatSi(result, unit);
}

function inputsText({ inputs }: Formula): string {
  return inputs
    .map(({ symbol, value, paths, note }) => {
      const from = [...paths.map((path) => path.join('.')), ...(note === undefined ? [] : [note])].join(', ');
      return `${symbol} = ${Number(value.toPrecision(6))}${from === '' ? '' : ` (${from})`}`;
    })
    .join('; ');
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
          if (inputs) setText(inputs, inputsText(formula));
          if (source) setText(source, formula.source);
        },
      );
    },
  };
}
