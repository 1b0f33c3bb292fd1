/** The table under a chart: the same numbers, for screen readers, for copying and for tests. */
import { el, reconcile, setText } from './dom';
import type { Grid } from './grid';

export interface Column {
  readonly title: string;
  readonly numeric?: boolean;
}

export interface Cell {
  readonly text: string;
  /** As it stands in the analysis: `data-value` of the cell, and what is copied. */
  readonly value: string | number | null;
  /** Said below it, smaller. */
  readonly note?: string;
}

export type RowKind = 'active' | 'document' | 'workspace' | 'catalog';

export interface Row {
  readonly key: string;
  readonly name: string;
  /** Marks a model; other rows have none. */
  readonly kind?: RowKind;
  readonly hint?: string;
  /** The name stands in the row above already. */
  readonly repeated?: boolean;
  /** Set off from the rows around it. */
  readonly strong?: boolean;
  readonly cells: readonly Cell[];
  /** Without it, the name is no button. */
  open?(): void;
}

export class DataTable {
  readonly element: HTMLElement;
  private readonly body: HTMLTableSectionElement;
  private readonly rows = new Map<string, Row>();
  private order: readonly Row[] = [];

  private readonly heads: readonly HTMLTableCellElement[];
  private readonly sortable: boolean;
  private readonly first: string;
  private sorting: { readonly column: number; readonly down: boolean } | null = null;

  /** The first column names what a row is about: a model, unless said otherwise. */
  constructor(
    id: string,
    private readonly columns: readonly Column[],
    { sortable = false, first = 'Model' }: { readonly sortable?: boolean; readonly first?: string } = {},
  ) {
    this.sortable = sortable;
    this.first = first;
    this.heads = [{ title: first }, ...columns].map((column: Column, i) => {
      const numeric = column.numeric === true ? { class: 'numeric' } : {};
      if (!sortable) return el('th', { scope: 'col', ...numeric }, column.title);
      const sort = el('button', { type: 'button', class: 'sort' }, column.title);
      sort.addEventListener('click', () => {
        this.sortBy(i);
      });
      return el('th', { scope: 'col', ...numeric }, sort);
    });
    this.body = el('tbody');
    this.element = el('table', { id }, el('thead', {}, el('tr', {}, ...this.heads)), this.body);
  }

  update(label: string, rows: readonly Row[]): void {
    if (this.element.ariaLabel !== label) this.element.ariaLabel = label;
    this.order = rows;
    this.rows.clear();
    for (const row of rows) this.rows.set(row.key, row);
    this.fillBody();
  }

  /** The raw numbers, as sorted. */
  toGrid(): Grid {
    return {
      columns: this.titles,
      rows: this.sorted().map((row) => [row.name, ...row.cells.map((cell) => cell.value)]),
    };
  }

  /** As shown. */
  toTextGrid(): Grid {
    return {
      columns: this.titles,
      rows: this.sorted().map((row) => [row.name, ...row.cells.map((cell) => cell.text)]),
    };
  }

  get numeric(): readonly boolean[] {
    return [false, ...this.columns.map((column) => column.numeric === true)];
  }

  private get titles(): string[] {
    return [this.first, ...this.columns.map((column) => column.title)];
  }

  /** Rows in the order of the chosen column; what has no value comes last. */
  private sorted(): readonly Row[] {
    const { sorting } = this;
    if (sorting === null) return this.order;
    const valueOf = (row: Row) =>
      sorting.column === 0 ? row.name : (row.cells[sorting.column - 1]?.value ?? null);
    return [...this.order].sort((a, b) => {
      const [x, y] = [valueOf(a), valueOf(b)];
      if (x === null || y === null) return Number(x === null) - Number(y === null);
      const order =
        typeof x === 'number' && typeof y === 'number' ? x - y : String(x).localeCompare(String(y), 'en');
      return sorting.down ? -order : order;
    });
  }

  private sortBy(column: number): void {
    // Numbers are asked for from the top, names from the beginning; a third click gives the order as it was.
    const first = this.numeric[column] === true;
    const { sorting } = this;
    if (sorting?.column !== column) this.sorting = { column, down: first };
    else this.sorting = sorting.down === first ? { column, down: !first } : null;
    this.fillBody();
  }

  private fillBody(): void {
    this.heads.forEach((head, i) => {
      const by = this.sorting?.column === i ? this.sorting : null;
      if (this.sortable) head.setAttribute('aria-sort', by ? (by.down ? 'descending' : 'ascending') : 'none');
    });
    reconcile(
      this.body,
      this.sorted(),
      (row) => row.key,
      (row) => this.create(row),
      (element, row) => {
        this.fill(element, row);
      },
    );
  }

  private create(row: Row): HTMLTableRowElement {
    const name = row.open ? el('button', { type: 'button', class: 'name' }) : el('span', { class: 'name' });
    name.addEventListener('click', () => {
      this.rows.get(row.key)?.open?.();
    });
    const cells = this.columns.map((column) => el('td', column.numeric === true ? { class: 'numeric' } : {}));
    return el('tr', {}, el('th', { scope: 'row' }, name), ...cells);
  }

  private fill(element: HTMLTableRowElement, row: Row): void {
    element.dataset.model = row.name;
    if (row.kind) element.dataset.kind = row.kind;
    element.classList.toggle('repeated', row.repeated === true);
    element.classList.toggle('strong', row.strong === true);
    const [head, ...cells] = Array.from(element.cells);
    const name = head?.querySelector<HTMLElement>('.name');
    if (name) {
      setText(name, row.name);
      if (row.hint !== undefined) name.title = `${row.name}: ${row.hint}`;
      if (row.open) name.tabIndex = row.repeated === true ? -1 : 0;
    }
    cells.forEach((cell, index) => {
      const { text, value, note }: Cell = row.cells[index] ?? { text: '', value: null };
      if (note === undefined) setText(cell, text);
      else if (cell.textContent !== text + note)
        cell.replaceChildren(text, el('span', { class: 'delta' }, note));
      cell.dataset.value = String(value ?? '');
    });
  }
}
