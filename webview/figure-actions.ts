/** What can be done with a figure: copy its table or its picture, save either. */
import type { ExportedFile } from '../src/protocol';
import { el, setText } from './dom';
import type { Figure } from './figure';
import { csvOf, markdownOf, tsvOf } from './grid';
import { base64Of, pngOf, svgOf } from './picture';
import { ask } from './requests';
import { readTheme } from './theme';
import { button } from './toolkit';

/** How long a message stays, in ms. */
const SHOWN_FOR = 6000;

export function figureActions(figure: Figure, title: string): HTMLElement {
  const said = el('span', { class: 'said', role: 'status' });
  let clearing: ReturnType<typeof setTimeout> | undefined;
  const say = (text: string): void => {
    setText(said, text);
    clearTimeout(clearing);
    clearing = setTimeout(() => {
      setText(said, '');
    }, SHOWN_FOR);
  };
  /** An action's outcome, or why there is none, is always said. */
  const action = (text: string, hint: string, run: () => Promise<string | null>): HTMLElement =>
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
  const chart = () => {
    if (figure.chart === null) throw new Error('there is no chart to take a picture of');
    return figure.chart;
  };
  const save = (format: ExportedFile['format'], content: () => Promise<string> | string) => async () =>
    ask('export', { name: fileName(title), format, content: await content() });

  return el(
    'div',
    { class: 'actions' },
    action('Copy table', 'Copy the table as tab-separated values', async () => {
      await navigator.clipboard.writeText(tsvOf(figure.table.toGrid()));
      return 'Table copied';
    }),
    action('Copy image', 'Copy the chart as a picture', async () => {
      const png = pngOf(chart(), readTheme().background);
      await navigator.clipboard.write([new ClipboardItem({ 'image/png': png })]);
      return 'Picture copied';
    }),
    el('span', { class: 'actions-label' }, 'Save as'),
    action(
      'PNG',
      'Save the chart as a picture',
      save('png', async () => base64Of(await pngOf(chart(), readTheme().background))),
    ),
    action(
      'SVG',
      'Save the chart as a drawing, its text as text',
      save('svg', () => svgOf(chart(), readTheme().background)),
    ),
    action(
      'CSV',
      'Save the table with unrounded numbers',
      save('csv', () => csvOf(figure.table.toGrid())),
    ),
    action(
      'Markdown',
      'Save the table as it is shown',
      save('md', () => markdownOf(figure.table.toTextGrid(), figure.table.numeric)),
    ),
    said,
  );
}

const fileName = (title: string): string =>
  title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
