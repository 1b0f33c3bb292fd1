/** Where the first model and others change places, as a table. */
import type { Crossover } from '../../../src/protocol';
import { el, setText } from '../../dom';
import { post } from '../../host';
import { formatContext, plural } from '../../format';
import { DataTable, type Row } from '../../table';
import { kindOf, modelHint, type ViewContext } from '../view';
import type { Quantity } from './quantities';

export interface CrossoverTable {
  readonly element: HTMLElement;
  update(context: ViewContext, quantity: Quantity, crossovers: readonly Crossover[]): void;
}

/** `of` names the figure in whose place it stands. */
export function crossoverTable(id: string, of: string): CrossoverTable {
  const table = new DataTable(id, [
    { title: 'From context', numeric: true },
    { title: 'At', numeric: true },
    { title: 'Less before' },
    { title: 'Less from there on' },
  ]);
  const summary = el('summary');
  const scroll = el(
    'div',
    { class: 'table-scroll', role: 'region', 'aria-label': `${of}, crossovers`, tabindex: '0' },
    table.element,
  );
  const element = el('details', { class: 'table' }, summary, scroll);
  element.open = true;
  return {
    element,
    update({ shown }, quantity, crossovers) {
      const [first] = shown;
      element.hidden = crossovers.length === 0;
      if (first === undefined) return;
      const nameOf = (modelId: string) => shown.find((model) => model.id === modelId)?.label ?? modelId;
      const rows = crossovers.flatMap(({ below, above, context, value }): Row[] => {
        const other = shown.find((model) => model.id === (below === first.id ? above : below));
        if (other === undefined) return [];
        return [
          {
            key: `${other.id}\n${context}`,
            name: other.label,
            kind: kindOf(other),
            hint: modelHint(other),
            cells: [
              { text: formatContext(context), value: context },
              { text: quantity.format(value), value },
              { text: nameOf(below), value: nameOf(below) },
              { text: nameOf(above), value: nameOf(above) },
            ],
            open: () => {
              post({ type: 'openModel', id: other.id });
            },
          },
        ];
      });
      setText(summary, `Crossovers with ${first.label} (${plural(rows.length, 'row')})`);
      table.update(`Contexts from which on ${first.label} and another model have changed places.`, rows);
    },
  };
}
