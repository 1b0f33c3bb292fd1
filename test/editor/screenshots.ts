/** Pictures of the editor and the panel in the light and the dark theme: for people to look at, and for the README. */
import { mkdirSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { startServer, type Theme } from '../../scripts/vscode-server/server';
import { CARELESS } from './workspace';
import { editorOf, openConfig, openWindow, panelOf, quickOpen, runCommand, token } from './workbench';

export interface ScreenshotJob {
  readonly browser: Browser;
  readonly folder: string;
  readonly vsix: string;
  readonly to: string;
}

/** Only what the pictures are about. */
const CALM = {
  'editor.minimap.enabled': false,
  'editor.fontSize': 13,
  'editor.scrollbar.vertical': 'hidden',
  'breadcrumbs.enabled': false,
  'explorer.openEditors.visible': 0,
  'outline.collapseItems': 'alwaysCollapse',
  'window.commandCenter': false,
  'workbench.layoutControl.enabled': false,
  'workbench.activityBar.location': 'hidden',
  'workbench.editor.enablePreview': false,
  'workbench.tips.enabled': false,
} as const;
/** Small enough to be seen whole, and the user's own: what the product is for. */
const EXAMPLE = 'my-draft';
const THEMES: readonly Theme[] = ['dark', 'light'];

/** Returns the files written. */
export async function takeScreenshots({ browser, folder, vsix, to }: ScreenshotJob): Promise<string[]> {
  mkdirSync(to, { recursive: true });
  const files: string[] = [];
  for (const theme of THEMES) {
    const server = await startServer({ home: { folder }, vsix, theme, settings: CALM });
    const page = await openWindow(browser, { width: 1360, height: 740, scale: 1.25 });
    try {
      await page.goto(server.url);
      await openConfig(page, EXAMPLE);
      await shootEditor(page, path.join(to, `editor-${theme}.png`));
      await quickOpen(page, CARELESS);
      await shootAdvice(page, path.join(to, `advice-${theme}.png`));
      await quickOpen(page, EXAMPLE);
      await shootPanel(page, path.join(to, `panel-${theme}.png`));
      files.push(...['editor', 'advice', 'panel'].map((what) => path.join(to, `${what}-${theme}.png`)));
      files.push(...(await shootViews(page, (view) => path.join(to, `view-${view}-${theme}.png`))));
    } finally {
      await page.context().close();
      await server.stop();
    }
  }
  return files;
}

async function shootEditor(page: Page, file: string): Promise<void> {
  await editorOf(page)
    .getByText(/KV\s.*\/token/)
    .first()
    .waitFor();
  await token(page, /^"num_key_value_heads"$/).hover();
  const hover = page.locator('.monaco-hover:visible');
  await hover.getByText('decides').first().waitFor();
  // The second table: what other values would bring.
  await hover.locator('table').nth(1).scrollIntoViewIfNeeded();
  await settle(page);
  await page.screenshot({ path: file });
}

/** Findings in the text and in Problems, with the menu of what mends the one at the cursor. */
async function shootAdvice(page: Page, file: string): Promise<void> {
  await page.keyboard.press('Control+Shift+M');
  await page
    .locator('.markers-panel')
    .getByText(/1500 is 11\.7/)
    .first()
    .waitFor();
  const mend = page
    .locator('.action-widget')
    .getByText(/→ 1536/)
    .first();
  // The panel that was just opened lays the editor out anew: a click meanwhile may go elsewhere.
  for (let tries = 0; tries < 5 && !(await mend.isVisible()); tries++) {
    await page.keyboard.press('Escape');
    await token(page, /^1500$/).click();
    await page.keyboard.press('Control+.');
    await settle(page);
  }
  await mend.waitFor();
  await page.screenshot({ path: file });
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+J');
}

async function shootPanel(page: Page, file: string): Promise<void> {
  await runCommand(page, 'Decode Lens: Compare Models');
  await panelOf(page).locator('#tab-compare').click();
  await panelOf(page).locator('#chart-cost-by-target').waitFor();
  await page.keyboard.press('Control+B');
  await panelOf(page)
    .locator('#title-activated-vs-cost')
    .evaluate((heading) => {
      (heading as unknown as { scrollIntoView(): void }).scrollIntoView();
    });
  await page.mouse.move(5, 400);
  await settle(page);
  await page.screenshot({ path: file });
}

/** Each view of the panel, which alone fills the window: from the tabs down to where the window ends. */
async function shootViews(page: Page, fileOf: (view: string) => string): Promise<string[]> {
  await runCommand(page, 'View: Toggle Maximize Editor Group');
  await page.setViewportSize({ width: 1360, height: 1000 });
  const files: string[] = [];
  for (const tab of await panelOf(page).locator('[role=tab]').all()) {
    const view = String(await tab.getAttribute('id')).replace(/^tab-/, '');
    await tab.click();
    await panelOf(page).locator(`#view-${view}`).waitFor();
    await panelOf(page)
      .locator('[role=tablist]')
      .evaluate((tabs) => {
        (tabs as unknown as { scrollIntoView(): void }).scrollIntoView();
      });
    await page.mouse.move(5, 400);
    await settle(page);
    files.push(fileOf(view));
    await page.locator('iframe.webview').screenshot({ path: fileOf(view) });
  }
  return files;
}

/** Charts and editors lay out again after a resize, a frame or two later. */
const settle = (page: Page) => page.waitForTimeout(1200);

export const size = (file: string) => `${Math.round(statSync(file).size / 1024)} KB`;
