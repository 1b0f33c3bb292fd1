import assert from 'node:assert/strict';
import axe, { type AxeResults } from 'axe-core';
import { describe, it } from 'mocha';
import { inPanel, type Panel, THEMES } from './panel';

async function violations(panel: Panel): Promise<string[]> {
  if (!(await panel.page.evaluate("'axe' in window"))) await panel.page.evaluate(axe.source);
  const { violations: found } = await panel.page.evaluate<AxeResults>(
    "axe.run(document, { resultTypes: ['violations'] })",
  );
  return found.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${help}\n${html}\n${failureSummary ?? ''}`),
  );
}

/** Every chart has ink, a sentence for who can't see it, and a table with rows in the same view. */
async function checkCharts(panel: Panel): Promise<void> {
  const [charts, tables] = [await panel.charts(), await panel.tables()];
  assert.ok(tables.length > 0, 'no table');
  for (const { id, colours, datasets } of charts) {
    assert.ok(colours > 8, `${id} has ${colours} colours`);
    assert.ok(
      datasets.some(({ data }) => data.length > 0),
      `${id} draws nothing`,
    );
    const said = await panel.$(`#chart-${id}`).getAttribute('aria-label');
    assert.ok((said ?? '').length > 40, `${id} says ${String(said)}`);
  }
}

describe('panel: every view', () => {
  for (const theme of THEMES)
    it(
      `is drawn in ${theme}, without complaints of the browser or of axe`,
      inPanel({ theme }, async (panel) => {
        const found: string[] = [];
        await panel.eachView(async (view) => {
          await checkCharts(panel);
          found.push(...(await violations(panel)).map((text) => `${view}: ${text}`));
        });
        assert.deepEqual(found, []);
      }),
    );

  it(
    'follows a change of theme and comes back',
    inPanel({}, async (panel) => {
      await panel.eachView(async () => {
        const pictures = async () => (await panel.charts()).map(({ id, picture }) => [id, picture]);
        const dark = await pictures();
        await panel.setTheme('light');
        const light = await pictures();
        for (const [i, drawn] of dark.entries()) assert.notDeepEqual(light[i], drawn);
        await panel.setTheme('dark');
        assert.deepEqual(await pictures(), dark);
      });
    }),
  );

  it(
    'is reached by keyboard alone',
    inPanel({}, async (panel) => {
      const views = await panel.views();
      const selected = () => panel.$('[role=tab][aria-selected=true]').getAttribute('id');
      await panel.$('[role=tab][aria-selected=true]').focus();
      for (const next of [...views.slice(1), views[0]]) {
        await panel.anew(() => panel.page.keyboard.press('ArrowRight'));
        assert.equal(await selected(), `tab-${String(next)}`);
        assert.ok(await panel.$(`#view-${String(next)}`).isVisible());
        assert.equal(await panel.$('[role=tabpanel]:visible').count(), 1);
      }
      await panel.page.keyboard.press('End');
      assert.equal(await selected(), `tab-${String(views.at(-1))}`);
      await panel.page.keyboard.press('ArrowLeft');
      await panel.page.keyboard.press('Home');
      assert.equal(await selected(), `tab-${String(views[0])}`);
    }),
  );

  it(
    'scrolls no page sideways where the panel is narrow',
    inPanel({ width: 420 }, async (panel) => {
      await panel.eachView(async () => {
        const [wide, shown] = await panel.page.evaluate<[number, number]>(
          '[document.documentElement.scrollWidth, document.documentElement.clientWidth]',
        );
        assert.ok(wide <= shown, `${wide} px in ${shown}`);
        await checkCharts(panel);
      });
    }),
  );

  it(
    'draws 200 configs more',
    inPanel({ host: 'many' }, async (panel) => {
      const { models } = await panel.last('drawn');
      assert.ok(models > 200);
      await panel.eachView(() => checkCharts(panel));
      await panel.show('compare');
      const { datasets } = await panel.chart('activated-vs-cost');
      const points = datasets.filter(({ label }) => label !== 'Pareto frontier').flatMap(({ data }) => data);
      assert.equal(points.length, models);
      assert.equal((await panel.table('activated-vs-cost')).rows.length, models);
    }),
  );

  it(
    'shows names and findings of a hostile config as text',
    inPanel({ host: 'hostile' }, async (panel) => {
      await panel.eachView(async () => {
        assert.equal(await panel.$('img, b').count(), 0);
        assert.match(await panel.page.title(), /^Decode Lens/);
      });
      await panel.show('compare');
      const [first] = (await panel.table('activated-vs-cost')).rows;
      assert.match(first?.name ?? '', /^<img src=x onerror=/);
    }),
  );
});
