import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { ExportedFile } from '../../src/protocol';
import { deltaText } from '../../webview/views/compare/delta';
import { inPanel, type Panel } from './panel';

/** Elements that are kept keep this; those made anew have none. */
const mark = (panel: Panel, selector: string): Promise<void> =>
  panel.page.evaluate(
    `document.querySelectorAll(${JSON.stringify(selector)}).forEach((each) => each.setAttribute('data-kept', ''))`,
  );
const first = async (panel: Panel): Promise<string> => (await panel.views())[0] ?? '';
const shownModels = async (panel: Panel): Promise<number> => (await panel.last('drawn')).models;

describe('panel: controls', () => {
  for (const [dropdown, text, expected] of [
    ['accounting', 'step3-paper', { accounting: 'step3-paper' }],
    ['precision', 'BF16', { precision: 'bf16' }],
    ['kv-precision', 'BF16', { kvPrecision: 'bf16' }],
    ['context', '128K', { contexts: [131072, 8192, 32768] }],
  ] as const)
    it(
      `${dropdown} asks for other options, and all is drawn anew on the same canvases`,
      inPanel({}, async (panel) => {
        await panel.show('compare');
        const before = await panel.charts();
        await mark(panel, 'canvas');
        await panel.anew(() => panel.choose(dropdown, text));
        assert.deepEqual((await panel.last('setOptions')).options, expected);
        for (const [i, chart] of (await panel.charts()).entries())
          assert.notDeepEqual(chart.datasets, before[i]?.datasets, chart.id);
        assert.equal(await panel.$('canvas:not([data-kept])').count(), 0);
      }),
    );

  it(
    'dropdowns open and choose by keyboard',
    inPanel({}, async (panel) => {
      await panel.$('#precision').focus();
      await panel.page.keyboard.press('Enter');
      await panel.page.keyboard.press('ArrowDown');
      await panel.anew(() => panel.page.keyboard.press('Enter'));
      assert.equal((await panel.last('setOptions')).options.precision, 'int8');
    }),
  );

  it(
    'targets come and go, but for the last one',
    inPanel({}, async (panel) => {
      await panel.show('compare');
      for (const name of ['H20', 'H100', 'H200'])
        await panel.anew(async () => (await panel.box('targets', name)).click());
      const { labels } = await panel.chart('cost-by-target');
      assert.deepEqual(new Set(labels), new Set(['', 'H800', 'AFD H800 + H800']));
      assert.equal(await (await panel.box('targets', 'H800')).getAttribute('aria-disabled'), 'true');
    }),
  );

  it(
    'models hide and come back, in every view',
    inPanel({}, async (panel) => {
      const all = await shownModels(panel);
      await panel.anew(async () => (await panel.box('models', 'Step-3')).click());
      await panel.eachView(async () => {
        assert.equal(await shownModels(panel), all - 1);
        const names = (await panel.tables()).flatMap(({ rows }) => rows.map(({ name }) => name));
        assert.ok(!names.includes('Step-3'));
      });
      const press = (text: string) =>
        panel.anew(() => panel.$('#models vscode-button').getByText(text, { exact: true }).click());
      await press('None');
      assert.equal(await shownModels(panel), 1);
      await press('All');
      assert.equal(await shownModels(panel), all);
    }),
  );

  it(
    'an edit moves the charts and builds nothing anew',
    inPanel({}, async (panel) => {
      await panel.eachView(async (view) => {
        const parts = `#view-${view} :is(canvas, table)`;
        await mark(panel, parts);
        const before = await panel.tables();
        await panel.edit({ num_hidden_layers: 20 });
        assert.notDeepEqual(await panel.tables(), before);
        assert.equal(await panel.$(`${parts}:not([data-kept])`).count(), 0);
        await panel.edit({ num_hidden_layers: 48 });
      });
    }),
  );

  it(
    'side by side sorts by a column and compares with the baseline',
    inPanel({}, async (panel) => {
      await panel.show('compare');
      const columns = (await panel.table('side-by-side')).columns;
      const at = columns.indexOf('Total') - 1;
      const heading = panel.$('#table-side-by-side thead th').nth(at + 1);
      for (const [sort, order] of [
        ['descending', -1],
        ['ascending', 1],
      ] as const) {
        await heading.locator('button').click();
        assert.equal(await heading.getAttribute('aria-sort'), sort);
        const values = (await panel.table('side-by-side')).rows.map(({ values }) => Number(values[at]));
        assert.deepEqual(
          values,
          values.toSorted((a, b) => order * (a - b)),
        );
      }
      await panel.choose('baseline', 'Step-3');
      const { rows } = await panel.table('side-by-side');
      const base = Number(rows.find(({ name }) => name === 'Step-3')?.values[at]);
      for (const { name, texts, values } of rows) {
        const change = name === 'Step-3' ? '' : deltaText(Number(values[at]), base);
        assert.match(texts[at] ?? '', /^[\d.]+[BT]/, name);
        assert.equal((texts[at] ?? '').replace(/^[\d.]+[BT]/, ''), change, name);
      }
    }),
  );

  it(
    'a name opens its model',
    inPanel({}, async (panel) => {
      await panel.show('compare');
      await panel.$('#table-side-by-side tbody button').getByText('Step-3', { exact: true }).click();
      assert.match((await panel.last('openModel')).id, /^catalog:/);
    }),
  );
});

/** As a spreadsheet reads it (RFC 4180). */
function parseCsv(text: string): string[][] {
  return text
    .split('\r\n')
    .slice(0, -1)
    .map((line) =>
      Array.from(line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))/g), ([, quoted, plain]) =>
        quoted === undefined ? (plain ?? '') : quoted.replaceAll('""', '"'),
      ),
    );
}

describe('panel: export', () => {
  it(
    'saves every figure as PNG, SVG, CSV and Markdown',
    inPanel({}, async (panel) => {
      let saved = 0;
      await panel.eachView(async () => {
        for (const details of await panel.$('.figure details.table:not([open]) > summary:visible').all())
          await details.click();
        const tables = await panel.tables();
        const wellFormed = (svg: string) =>
          panel.page.evaluate<string>(
            `new DOMParser().parseFromString(${JSON.stringify(svg)}, 'image/svg+xml').documentElement.nodeName`,
          );
        for (const figure of await panel.$('.figure:has(.actions:visible)').all()) {
          const id = String(await figure.getAttribute('id'));
          const save = (format: string): Promise<ExportedFile> =>
            panel.asked('export', () =>
              figure
                .locator('.actions:visible vscode-button')
                .getByText(format, { exact: true })
                .first()
                .click(),
            );
          if (await figure.locator('canvas:visible').count()) {
            const png = await save('PNG');
            assert.equal(png.format, 'png');
            const bytes = Buffer.from(png.content, 'base64');
            assert.equal(bytes.subarray(0, 8).toString('latin1'), '\x89PNG\r\n\x1a\n', id);
            assert.ok(bytes.length > 5000, id);
            const svg = await save('SVG');
            assert.equal(svg.format, 'svg');
            assert.equal(await wellFormed(svg.content), 'svg', id);
            assert.match(svg.content, /<text/);
          }
          const table = tables.find((each) => each.id === id);
          assert.ok(table, `no table ${id}`);
          const csv = await save('CSV');
          assert.deepEqual(parseCsv(csv.content), [
            [...table.columns],
            ...table.rows.map(({ name, values }) => [name, ...values]),
          ]);
          const markdown = await save('Markdown');
          assert.equal(markdown.format, 'md');
          assert.equal(markdown.content.trimEnd().split('\n').length, table.rows.length + 2, id);
          assert.ok(markdown.name.length > 3 && !/[^a-z0-9-]/.test(markdown.name), markdown.name);
          saved++;
        }
      });
      assert.ok(saved >= 5, `${saved} figures`);
    }),
  );

  it(
    'says what came of it',
    inPanel({}, async (panel) => {
      await panel.show('compare');
      const figure = panel.$('#activated-vs-cost');
      await figure.getByText('CSV', { exact: true }).click();
      await figure.locator('.said').getByText('export, in the editor').waitFor();
    }),
  );
});

describe('panel: states', () => {
  it(
    'without a config it shows the catalog',
    inPanel({ host: 'empty' }, async (panel) => {
      await panel.$('#status').getByText('No model config open').waitFor();
      await panel.eachView(async () => {
        assert.equal(await panel.$('#failure').isVisible(), false);
        assert.ok((await panel.tables()).length > 0);
      });
    }),
  );
  it(
    'a failure is told, with its reason',
    inPanel({ host: 'failed' }, async (panel) => {
      await panel
        .$('#failure')
        .getByText(/language server stopped \(exit code 134\)/)
        .waitFor();
      assert.equal(await panel.$('#content').isVisible(), false);
    }),
  );
  it(
    'waiting is told',
    inPanel({ host: 'silent' }, async (panel) => {
      await panel.$('#status').getByText('Waiting for the language server').waitFor();
      assert.equal(await panel.$('#content').isVisible(), false);
    }),
  );
  it(
    'a reload finds view, choices, hidden models and what views remember',
    inPanel({}, async (panel) => {
      const view = (await panel.views()).at(-1) ?? '';
      await panel.show('compare');
      await panel.choose('baseline', 'Step-3');
      await panel.anew(() => panel.choose('accounting', 'step3-paper'));
      await panel.anew(async () => (await panel.box('models', 'Kimi-K2')).click());
      const before = await panel.charts();
      const models = await shownModels(panel);
      await panel.show(view);
      await panel.reload();
      assert.equal(await panel.$('[role=tab][aria-selected=true]').getAttribute('id'), `tab-${view}`);
      assert.equal(await shownModels(panel), models);
      await panel.show('compare');
      assert.deepEqual(await panel.charts(), before);
      assert.match((await panel.$('#baseline').textContent()) ?? '', /Step-3/);
      assert.notEqual(view, await first(panel));
    }),
  );
});
