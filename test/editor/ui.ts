/**
 * The packed extension as a user meets it: from the explorer to the charts, in one window, each test going on where
 * the one before ended. What the language server answers is tested in `host/` and in the protocol tests; here it is
 * whether a user gets to see it.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { after, afterEach, before, describe, it } from 'mocha';
import type { Browser, Page } from 'playwright-core';
import { type RunningServer, startServer } from '../../scripts/vscode-server/server';
import { takeScreenshots } from './screenshots';
import {
  editorOf,
  look,
  languageStatus,
  openConfig,
  openWindow,
  panelOf,
  runCommand,
  token,
  typeValue,
  watchNetwork,
} from './workbench';

const shots = path.resolve(__dirname, '../../.cache/screenshots');

export interface UiSetting {
  readonly browser: Browser;
  readonly folder: string;
  readonly vsix: string;
}

export function defineUiTests({ browser, folder, vsix }: UiSetting): void {
  describe('workbench, with the packed extension', () => {
    let server: RunningServer;
    let page: Page;
    let foreign: string[] = [];
    before(async () => {
      server = await startServer({ home: { folder }, vsix, theme: 'dark' });
      page = await openWindow(browser, { width: 1400, height: 900 });
      foreign = watchNetwork(page, server);
      await page.goto(server.url);
    });
    afterEach(async function () {
      if (this.currentTest?.state === 'failed')
        await page.screenshot({ path: path.join(shots, 'failure.png') });
    });
    after(async () => {
      await page.context().close();
      await server.stop();
    });

    it('shows inlay hints in an example that is opened from the explorer', async () => {
      await openConfig(page, 'qwen3-32b');
      await editorOf(page)
        .getByText(/KV\s131\skB\/token/)
        .first()
        .waitFor();
      await editorOf(page).getByText(/H800/).first().waitFor();
    });

    it('names family, targets and accounting in the language status', async () => {
      const status = await languageStatus(page);
      await status.getByText(/Qwen3/).waitFor();
      await status.getByText(/H800 and 3 more, exact accounting/).waitFor();
      await page.screenshot({ path: path.join(shots, 'status.png') });
      await page.mouse.move(5, 5);
    });

    it('explains a key on hover', async () => {
      await token(page, /^"num_key_value_heads"$/).hover();
      await page.locator('.monaco-hover:visible').getByText('KV cache per token').first().waitFor();
      await page.mouse.move(5, 5);
    });

    it('offers neighbouring values, and applies the one that is chosen', async () => {
      await token(page, /^"num_key_value_heads"$/).click();
      await page.keyboard.press('Control+.');
      const change = page.locator('.action-widget').getByText(/num_key_value_heads 8 → 4: KV -50%/);
      await change.waitFor();
      await page.screenshot({ path: path.join(shots, 'actions.png') });
      await change.click();
      await editorOf(page)
        .getByText(/KV\s65\.5\skB\/token/)
        .first()
        .waitFor();
      await page.keyboard.press('Control+Z');
      await editorOf(page)
        .getByText(/KV\s131\skB\/token/)
        .first()
        .waitFor();
    });

    it('marks a broken value and lists it in Problems', async () => {
      await typeValue(page, 'num_hidden_layers', '64', '-64');
      await editorOf(page).locator('.squiggly-error').first().waitFor();
      await page.keyboard.press('Control+Shift+M');
      const problem = page
        .locator('.markers-panel')
        .getByText(/num_hidden_layers.*must be/)
        .first();
      await problem.waitFor();
      await page.screenshot({ path: path.join(shots, 'problems.png') });
      await typeValue(page, 'num_hidden_layers', '-64', '64');
      await editorOf(page).locator('.squiggly-error').first().waitFor({ state: 'detached' });
      await page.keyboard.press('Control+J');
    });

    it('draws both charts on "Decode Lens: Compare Models"', async () => {
      await runCommand(page, 'Decode Lens: Compare Models');
      await panelOf(page).locator('#tab-compare').click();
      await panelOf(page).locator('#chart-activated-vs-cost').waitFor();
      const failure = panelOf(page).locator('#failure');
      if (await failure.isVisible()) assert.fail((await failure.textContent()) ?? 'the panel failed');
      for (const name of ['activated-vs-cost', 'cost-by-target']) {
        const canvas = panelOf(page).locator(`#chart-${name}`);
        await canvas.waitFor();
        const { width, height, colours } = await look(canvas);
        assert.ok(width > 200 && height > 100, `${name} is ${width} x ${height}`);
        assert.ok(colours > 10, `${name} has ${colours} colours`);
      }
      await panelOf(page)
        .locator('#table-activated-vs-cost tr[data-kind="catalog"]')
        .nth(7)
        .waitFor({ state: 'attached' });
    });

    it('draws anew while the config is edited', async () => {
      const canvas = panelOf(page).locator('#chart-activated-vs-cost');
      const row = panelOf(page).locator('#table-activated-vs-cost tr[data-kind="active"]').first();
      const numbers = () => row.locator('td.numeric').allTextContents();
      await row.waitFor({ state: 'attached' });
      const before = { picture: await look(canvas), numbers: await numbers() };
      await typeValue(page, 'num_hidden_layers', '64', '24');
      const old = before.numbers.join(' ');
      for (const end = Date.now() + 15_000; (await numbers()).join(' ') === old;) {
        assert.ok(Date.now() < end, `the table stayed at ${old}`);
        await page.waitForTimeout(100);
      }
      assert.notEqual((await look(canvas)).hash, before.picture.hash, 'the chart stayed as it was');
      assert.ok(
        await editorOf(page)
          .getByText(/KV\s49\.2\skB\/token/)
          .first()
          .isVisible(),
      );
    });

    it('applies what a field is worth to the open config, undoable', async () => {
      await panelOf(page).locator('#tab-sensitivity').click();
      await panelOf(page).getByRole('button', { name: 'num_key_value_heads 8 → 4' }).click();
      await panelOf(page).locator('#apply-step').click();
      await panelOf(page)
        .getByText(/Changed in .*config\.json; undo/)
        .waitFor();
      const halved = editorOf(page).getByText(/KV\s24\.6\skB\/token/);
      await halved.first().waitFor();
      await editorOf(page)
        .locator('.view-line')
        .nth(3)
        .click({ position: { x: 2, y: 8 } });
      await page.keyboard.press('Control+Z');
      await halved.first().waitFor({ state: 'detached' });
    });

    it('saves a figure through the dialog', async () => {
      await panelOf(page).locator('#field-worth').getByRole('button', { name: 'CSV' }).click();
      const name = page.locator('.quick-input-widget input:visible').first();
      await name.waitFor();
      // The dialog writes the folder first, then the name.
      for (const end = Date.now() + 15_000; !(await name.inputValue()).endsWith('worth.csv');) {
        assert.ok(Date.now() < end, `the dialog offers ${await name.inputValue()}`);
        await page.waitForTimeout(100);
      }
      await name.press('Enter');
      await panelOf(page)
        .getByText(/^Saved /)
        .waitFor();
      const saved = readdirSync(folder).filter((file) => file.endsWith('.csv'));
      assert.equal(saved.length, 1);
      assert.match(readFileSync(path.join(folder, saved[0]!), 'utf8'), /^Change,\$\/1M,/);
    });

    it('finds the panel as it was when the window is reloaded', async () => {
      // In order, so that the workbench writes down what is to come back.
      await runCommand(page, 'Developer: Reload Window');
      await page.waitForEvent('domcontentloaded');
      await panelOf(page).locator('#tab-sensitivity[aria-selected=true]').waitFor();
      await panelOf(page).getByRole('button', { name: 'num_key_value_heads 8 → 4' }).waitFor();
    });

    it('begins a new config from the catalog', async () => {
      await runCommand(page, 'Decode Lens: New Model Config…');
      await page.locator('.quick-input-widget input').fill('StepFun');
      const choice = page.locator('.quick-input-list').getByRole('option', { name: /Step-3/ });
      await choice.getByText(/316B parameters, 3\d\.\dB activated/).waitFor();
      await page.screenshot({ path: path.join(shots, 'new-config.png') });
      await choice.click();
      const untitled = page.locator('.monaco-editor[data-uri^="untitled:"]').first();
      await untitled
        .getByText(/KV\s.*\/token/)
        .first()
        .waitFor();
    });

    it('has sent nothing off this machine', () => {
      assert.deepEqual(foreign, []);
    });

    it('is drawn in the light and the dark theme', async () => {
      const pictures = await takeScreenshots({ browser, folder, vsix, to: shots });
      const views = pictures.filter((file) => path.basename(file).startsWith('view-'));
      assert.equal(pictures.length - views.length, 6);
      assert.ok(views.length > 0);
      assert.equal(new Set(pictures).size, pictures.length);
    });
  });

  describe('workbench, in a workspace that is not trusted', () => {
    let server: RunningServer;
    let page: Page;
    before(async () => {
      server = await startServer({ home: { folder }, vsix, theme: 'dark', restricted: true });
      page = await openWindow(browser, { width: 1400, height: 900 });
      await page.goto(server.url);
    });
    after(async () => {
      await page.context().close();
      await server.stop();
    });

    it('analyses all the same', async () => {
      await openConfig(page, 'step-3');
      await editorOf(page)
        .getByText(/KV\s.*\/token/)
        .first()
        .waitFor();
      await page.locator('.statusbar-item', { hasText: 'Restricted Mode' }).waitFor();
      await typeValue(page, 'num_hidden_layers', '61', '-61');
      await editorOf(page).locator('.squiggly-error').first().waitFor();
    });
  });
}
