/** The table under a chart: the same numbers, for screen readers, for copying and for tests. */
import { el, reconcile, setText } from './dom';

export interface Column {
  readonly title: string;
  readonly numeric?: boolean;
}

export interface Cell {
  readonly text: string;
  /** As it stands in the analysis: `data-value` of the cell, and what is copied. */
  readonly value: string | number | null;
}

export type RowKind = 'active' | 'document' | 'workspace' | 'catalog';

export interface Row {
  readonly key: string;
  readonly name: string;
  readonly kind: RowKind;
  readonly hint: string;
  /** The name stands in the row above already. */
  readonly repeated?: boolean;
  /** Set off from the rows around it. */
  readonly strong?: boolean;
  readonly cells: readonly Cell[];
  open(): void;
}

export class DataTable {
  readonly element: HTMLElement;
  private readonly body: HTMLTableSectionElement;
  private readonly rows = new Map<string, Row>();
  private order: readonly Row[] = [];

  /** The first column is the model's name, added here. */
  constructor(
    id: string,
    private readonly columns: readonly Column[],
  ) {
    const heads = [{ title: 'Model' }, ...columns].map((column: Column) =>
      el('th', { scope: 'col', ...(column.numeric === true ? { class: 'numeric' } : {}) }, column.title),
    );
    this.body = el('tbody');
    this.element = el('table', { id }, el('thead', {}, el('tr', {}, ...heads)), this.body);
  }

  update(label: string, rows: readonly Row[]): void {
    if (this.element.ariaLabel !== label) this.element.ariaLabel = label;
    this.order = rows;
    this.rows.clear();
    for (const row of rows) this.rows.set(row.key, row);
    reconcile(
      this.body,
      rows,
      (row) => row.key,
      (row) => this.create(row.key),
      (element, row) => {
        this.fill(element, row);
      },
    );
  }

  /** Tab-separated, with the raw numbers: what a spreadsheet wants. */
  toText(): string {
    const lines = this.order.map((row) => [
      row.name,
      ...row.cells.map((cell) => String(cell.value ?? '').replace(/\s+/g, ' ')),
    ]);
    return [['Model', ...this.columns.map((column) => column.title)], ...lines]
      .map((line) => line.join('\t'))
      .join('\n');
  }

  private create(key: string): HTMLTableRowElement {
    const name = el('button', { type: 'button', class: 'name' });
    name.addEventListener('click', () => {
      this.rows.get(key)?.open();
    });
    const cells = this.columns.map((column) => el('td', column.numeric === true ? { class: 'numeric' } : {}));
    return el('tr', {}, el('th', { scope: 'row' }, name), ...cells);
  }

  private fill(element: HTMLTableRowElement, row: Row): void {
    element.dataset.model = row.name;
    element.dataset.kind = row.kind;
    element.classList.toggle('repeated', row.repeated === true);
    element.classList.toggle('strong', row.strong === true);
    const [head, ...cells] = Array.from(element.cells);
    const name = head?.querySelector('button');
    if (name) {
      setText(name, row.name);
      name.title = `${row.name}: ${row.hint}`;
      name.tabIndex = row.repeated === true ? -1 : 0;
    }
    cells.forEach((cell, index) => {
      const { text, value } = row.cells[index] ?? { text: '', value: null };
      setText(cell, text);
      cell.dataset.value = String(value ?? '');
    });
  }
}
