/** What can be done with a figure: copy its table or its picture, save either. */
import type { ExportedFile } from '../src/protocol';
import { el, setText } from './dom';
import type { Figure } from './figure';
import { csvOf, markdownOf, tsvOf } from './grid';
import { base64Of, pngOf, svgOf } from './picture';
import { ask } from './requests';
import type { DataTable } from './table';
import { readTheme } from './theme';
import { button } from './toolkit';

/** How long a message stays, in ms. */
const SHOWN_FOR = 6000;

interface Action {
  readonly text: string;
  readonly hint: string;
  /** What to say of the outcome; null: nothing. */
  readonly run: () => Promise<string | null>;
}

/** Buttons, and beside them what came of the last one. */
function actionBar(copy: readonly Action[], save: readonly Action[]): HTMLElement {
  const said = el('span', { class: 'said', role: 'status' });
  let clearing: ReturnType<typeof setTimeout> | undefined;
  const say = (text: string): void => {
    setText(said, text);
    clearTimeout(clearing);
    clearing = setTimeout(() => {
      setText(said, '');
    }, SHOWN_FOR);
  };
  const buttonOf = ({ text, hint, run }: Action): HTMLElement =>
    button(text, hint, () => {
      run().then(
        (outcome) => {
          if (outcome !== null) say(outcome);
        },
        (error: unknown) => {
          say(`Not done: ${error instanceof Error ? error.message : String(error)}`);
        },
      );
    });
  return el(
    'div',
    { class: 'actions' },
    ...copy.map(buttonOf),
    el('span', { class: 'actions-label' }, 'Save as'),
    ...save.map(buttonOf),
    said,
  );
}

const saving =
  (title: string, format: ExportedFile['format'], content: () => Promise<string> | string) => async () =>
    ask('export', { name: fileName(title), format, content: await content() });

const copyTable = (table: DataTable): Action => ({
  text: 'Copy table',
  hint: 'Copy the table as tab-separated values',
  async run() {
    await navigator.clipboard.writeText(tsvOf(table.toGrid()));
    return 'Table copied';
  },
});

const saveTable = (table: DataTable, title: string): Action[] => [
  {
    text: 'CSV',
    hint: 'Save the table with unrounded numbers',
    run: saving(title, 'csv', () => csvOf(table.toGrid())),
  },
  {
    text: 'Markdown',
    hint: 'Save the table as it is shown',
    run: saving(title, 'md', () => markdownOf(table.toTextGrid(), table.numeric)),
  },
];

/** What can be done with a table that stands alone. */
export const tableActions = (table: DataTable, title: string): HTMLElement =>
  actionBar([copyTable(table)], saveTable(table, title));

/** The same with the chart above it. */
export function figureActions(figure: Figure, title: string): HTMLElement {
  const chart = () => {
    if (figure.chart === null) throw new Error('there is no chart to take a picture of');
    return figure.chart;
  };
  const png = () => pngOf(chart(), readTheme().background);
  return actionBar(
    [
      copyTable(figure.table),
      {
        text: 'Copy image',
        hint: 'Copy the chart as a picture',
        async run() {
          await navigator.clipboard.write([new ClipboardItem({ 'image/png': png() })]);
          return 'Picture copied';
        },
      },
    ],
    [
      {
        text: 'PNG',
        hint: 'Save the chart as a picture',
        run: saving(title, 'png', async () => base64Of(await png())),
      },
      {
        text: 'SVG',
        hint: 'Save the chart as a drawing, its text as text',
        run: saving(title, 'svg', () => svgOf(chart(), readTheme().background)),
      },
      ...saveTable(figure.table, title),
    ],
  );
}

const fileName = (title: string): string =>
  title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
