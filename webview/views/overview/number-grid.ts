/** Numbers as a compact grid; a click on one opens the formula behind it. */
import type { Formula, JsonPath } from '../../../src/protocol';
import { el, reconcile, setText } from '../../dom';
import { inputsOf, resultText, type InputText } from '../../formula';
import { keyOf, type NumberGroup } from './numbers';

export interface NumberGridEvents {
  /** Another number's formula is shown, or none. */
  opened(key: string | null): void;
  /** The place of the config that an input was read from is wanted. */
  reveal(path: JsonPath): void;
}

export interface NumberGrid {
  readonly element: HTMLElement;
  update(groups: readonly NumberGroup[], opened: string | null): void;
}

const PANEL_ID = 'overview-formula';

export function numberGrid(events: NumberGridEvents): NumberGrid {
  const element = el('div', { class: 'numbers' });
  const panel = formulaPanel(events);
  let shown: string | null = null;

  const createNumber = (key: string, isOpenable: boolean): HTMLElement => {
    const parts = [
      el('span', { class: 'number-label' }),
      el('span', { class: 'number-value' }),
      el('span', { class: 'number-detail' }),
    ];
    if (!isOpenable) return el('div', { class: 'number' }, ...parts);
    const button = el('button', { type: 'button', class: 'number', 'aria-controls': PANEL_ID }, ...parts);
    button.addEventListener('click', () => {
      events.opened(shown === key ? null : key);
    });
    return button;
  };

  return {
    element,
    update(groups, opened) {
      shown = opened;
      let open: Formula | null = null;
      reconcile(
        element,
        groups,
        ({ key }) => key,
        ({ key }) => {
          const title = el('h2', { id: `numbers-${key}` });
          return el(
            'div',
            { role: 'group', 'aria-labelledby': title.id },
            title,
            el('div', { class: 'number-grid' }),
          );
        },
        (section, group) => {
          const [title, grid] = Array.from(section.children);
          if (!title || !(grid instanceof HTMLElement)) return;
          setText(title, group.title);
          reconcile(
            grid,
            group.numbers,
            // Without a formula it is another element.
            (number) => `${number.key}${number.formula ? '' : '\n'}`,
            (number) => createNumber(keyOf(group, number), number.formula !== null),
            (item, number) => {
              const [label, value, detail] = Array.from(item.children);
              if (label) setText(label, number.label);
              if (value) setText(value, number.text);
              if (detail) setText(detail, number.detail);
              if (number.formula === null) return;
              const isOpen = keyOf(group, number) === shown;
              item.setAttribute('aria-expanded', String(isOpen));
              if (!isOpen) return;
              open = number.formula;
              // Under its group, near to what was clicked.
              if (panel.element.parentElement !== section) section.append(panel.element);
            },
          );
        },
      );
      panel.update(open);
    },
  };
}

interface FormulaPanel {
  readonly element: HTMLElement;
  update(formula: Formula | null): void;
}

function formulaPanel(events: NumberGridEvents): FormulaPanel {
  const title = el('h3');
  const expression = el('code');
  const inputs = el('tbody');
  const source = el('cite');
  const element = el(
    'div',
    { class: 'formula', id: PANEL_ID, role: 'region', 'aria-label': 'Formula' },
    title,
    expression,
    el(
      'div',
      { class: 'table-scroll', role: 'region', 'aria-label': 'Values of the formula', tabindex: '0' },
      el(
        'table',
        { 'aria-label': 'Values of the formula' },
        el(
          'thead',
          {},
          el(
            'tr',
            {},
            el('th', { scope: 'col' }, 'Symbol'),
            el('th', { scope: 'col', class: 'numeric' }, 'Value'),
            el('th', { scope: 'col' }, 'From'),
          ),
        ),
        inputs,
      ),
    ),
    source,
  );
  let rows: readonly InputText[] = [];
  return {
    element,
    update(formula) {
      element.hidden = formula === null;
      if (formula === null) return;
      setText(title, `${formula.label} = ${resultText(formula)}`);
      setText(expression, formula.expression);
      setText(source, `Source: ${formula.source}`);
      rows = inputsOf(formula);
      reconcile(
        inputs,
        rows,
        ({ symbol, value, path }) => `${symbol}\n${value}\n${path === null}`,
        ({ path }) => {
          const from = path === null ? el('span') : el('button', { type: 'button', class: 'name' });
          const row = el(
            'tr',
            {},
            el('th', { scope: 'row' }),
            el('td', { class: 'numeric' }),
            el('td', {}, from),
          );
          from.addEventListener('click', () => {
            const now = rows.find(
              (input) => input.symbol === row.dataset.symbol && input.value === row.dataset.value,
            );
            if (now?.path) events.reveal(now.path);
          });
          return row;
        },
        (row, input) => {
          Object.assign(row.dataset, { symbol: input.symbol, value: input.value });
          const [symbol, value, from] = Array.from(row.cells);
          if (symbol) setText(symbol, input.symbol);
          if (value) setText(value, input.value);
          const place = from?.firstElementChild;
          if (place) setText(place, input.from);
        },
      );
    },
  };
}
