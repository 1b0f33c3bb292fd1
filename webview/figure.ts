/** One chart with its heading, its explanation and its table. */
import { el, setText } from './dom';
import { plural } from './format';
import type { Column } from './table';
import { figureActions } from './figure-actions';
import type { Chart } from 'chart.js';
import { DataTable } from './table';

export interface FigureText {
  readonly id: string;
  readonly title: string;
  readonly columns: readonly Column[];
  readonly tableOpen: boolean;
  /** Columns sort on a click. Not for rows that belong together. */
  readonly sortable?: boolean;
  /** Title of the first column, `Model` unless given. */
  readonly first?: string;
}

export class Figure {
  readonly element: HTMLElement;
  readonly canvas: HTMLCanvasElement;
  readonly table: DataTable;
  private readonly holder: HTMLElement;
  private readonly lead: HTMLElement;
  private readonly note: HTMLElement;
  private readonly nothing: HTMLElement;
  private readonly summary: HTMLElement;
  private readonly details: HTMLDetailsElement;
  private readonly actions: HTMLElement;
  /** Set by whoever draws on the canvas: pictures are taken of it. */
  chart: Chart | null = null;

  constructor({ id, title, columns, tableOpen, sortable, first }: FigureText) {
    const heading = el('h2', { id: `title-${id}` }, title);
    this.canvas = el('canvas', { id: `chart-${id}`, role: 'img' });
    this.holder = el('div', { class: 'chart' }, this.canvas);
    this.nothing = el('p', { class: 'nothing' });
    this.nothing.hidden = true;
    this.lead = el('p', { class: 'lead' });
    this.note = el('p', { class: 'note' });
    this.table = new DataTable(`table-${id}`, columns, {
      ...(sortable === undefined ? {} : { sortable }),
      ...(first === undefined ? {} : { first }),
    });
    this.summary = el('summary');
    const scroll = el('div', {
      class: 'table-scroll',
      role: 'region',
      'aria-label': `${title}, table`,
      tabindex: '0',
    });
    scroll.append(this.table.element);
    this.details = el('details', { class: 'table' }, this.summary, scroll);
    this.details.open = tableOpen;
    this.element = el('section', { class: 'figure', id, 'aria-labelledby': heading.id });
    this.actions = figureActions(this, title);
    this.element.append(heading, this.lead, this.holder, this.nothing, this.note, this.details, this.actions);
  }

  /** What the chart shows, how to read it, and in one sentence what a blind reader should know of it. */
  describe(text: { lead: string; note: string; aria: string; rows: number }): void {
    setText(this.lead, text.lead);
    setText(this.note, text.note);
    this.note.hidden = text.note === '';
    setText(this.summary, `Table (${plural(text.rows, 'row')})`);
    this.details.hidden = text.rows === 0;
    this.actions.hidden = text.rows === 0;
    if (this.canvas.getAttribute('aria-label') !== text.aria)
      this.canvas.setAttribute('aria-label', text.aria);
  }

  setHeight(pixels: number): void {
    const height = `${pixels}px`;
    if (this.holder.style.height !== height) this.holder.style.height = height;
  }

  /** With a reason, the chart gives way to it. */
  setNothing(reason: string | null): void {
    setText(this.nothing, reason ?? '');
    this.nothing.hidden = reason === null;
    this.holder.hidden = reason !== null;
  }
}
