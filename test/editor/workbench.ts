/** What a user does in VS Code, as functions on a Playwright page. The selectors are the workbench's own. */
import type { Browser, FrameLocator, Locator, Page } from 'playwright-core';
import type { RunningServer } from '../../scripts/vscode-server/server';

/** Drawn at twice the size: README pictures are read on high-resolution screens. */
export async function openWindow(
  browser: Browser,
  { width, height, scale = 1 }: { width: number; height: number; scale?: number },
): Promise<Page> {
  const context = await browser.newContext({ viewport: { width, height }, deviceScaleFactor: scale });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  return page;
}

/**
 * Requests that left the machine. A webview's resources have an https host that does not exist: VS Code's service
 * worker answers for it, and what it answers never reached a network.
 */
export function watchNetwork(page: Page, { origin }: RunningServer): string[] {
  const foreign: string[] = [];
  const local = (url: string) =>
    !/^(https?|wss?):/.test(url) || url.startsWith(origin) || url.startsWith(origin.replace(/^http/, 'ws'));
  page.context().on('requestfinished', (request) => {
    const url = request.url();
    if (local(url)) return;
    void request.response().then((response) => {
      if (!(
        /^https:\/\/[^/]+\.vscode-resource\.vscode-cdn\.net\//.test(url) && response?.fromServiceWorker()
      ))
        foreign.push(url);
    });
  });
  page.context().on('requestfailed', (request) => {
    if (!local(request.url())) foreign.push(`${request.url()} (${request.failure()?.errorText ?? 'failed'})`);
  });
  page.on('websocket', (socket) => {
    if (!local(socket.url())) foreign.push(socket.url());
  });
  return foreign;
}

/** Opens `folder/config.json` from the explorer. */
export async function openConfig(page: Page, folder: string): Promise<void> {
  const tree = page.locator('.explorer-folders-view');
  const item = (name: string) => tree.getByRole('treeitem', { name, exact: true });
  if ((await item(folder).getAttribute('aria-expanded')) !== 'true') await item(folder).click();
  await item('config.json').first().dblclick();
  await editorOf(page).locator('.view-line').first().waitFor();
}

/** The same from the keyboard, where several folders are open in the explorer. */
export async function quickOpen(page: Page, folder: string): Promise<void> {
  await page.keyboard.press('Control+P');
  await page.locator('.quick-input-widget input').fill(`${folder}/config.json`);
  await page
    .locator('.quick-input-list')
    .getByRole('option', { name: new RegExp(folder) })
    .first()
    .click();
  await editorOf(page).locator('.view-line').first().waitFor();
}

export const editorOf = (page: Page): Locator =>
  page.locator('.editor-group-container .monaco-editor[data-uri$="config.json"]').first();

/** The part of a line with this text; the last of the nested ones. */
export const token = (page: Page, text: string | RegExp): Locator =>
  editorOf(page).locator('.view-line span', { hasText: text }).last();

export async function runCommand(page: Page, title: string): Promise<void> {
  await page.keyboard.press('F1');
  await page.locator('.quick-input-widget input').fill(`>${title}`);
  await page.locator('.quick-input-list').getByRole('option', { name: title }).first().click();
}

/** Shows what stands behind `{}` in the status bar. */
export async function languageStatus(page: Page): Promise<Locator> {
  await page.locator('[id="status.languageStatus"]').hover();
  const status = page.locator('.hover-language-status');
  await status.first().waitFor();
  return status.filter({ hasText: 'exact accounting' });
}

/** Types over a number in the open config: finds its key, goes to the value's end, selects it and types. */
export async function typeValue(page: Page, key: string, from: string, to: string): Promise<void> {
  // At the beginning of a line, where neither a lens nor a hint is clicked.
  await editorOf(page)
    .locator('.view-line')
    .nth(3)
    .click({ position: { x: 2, y: 8 } });
  await page.keyboard.press('Control+F');
  await page.locator('.find-widget textarea').first().fill(`"${key}": ${from}`);
  await page.locator('.find-widget .matchesCount', { hasText: /1 of \d/ }).waitFor();
  // Closing the widget leaves the match selected, and this puts the cursor behind it.
  await page.keyboard.press('Escape');
  await page.keyboard.press('ArrowRight');
  let left = from.length;
  while (left-- > 0) await page.keyboard.press('Shift+ArrowLeft');
  await page.keyboard.type(to);
}

/** The page inside the panel; VS Code nests two frames. */
export const panelOf = (page: Page): FrameLocator =>
  page.frameLocator('iframe.webview').frameLocator('iframe#active-frame');

export interface Picture {
  readonly width: number;
  readonly height: number;
  /** How many different colours it has: one or two are a blank canvas. */
  readonly colours: number;
  /** Differs when any pixel does. */
  readonly hash: number;
}

/** As much of a canvas as is needed here: this project's program is checked without the browser's types. */
interface Canvas {
  readonly width: number;
  readonly height: number;
  getContext(kind: '2d'): {
    getImageData(x: number, y: number, width: number, height: number): { readonly data: Uint8ClampedArray };
  };
}

/** Runs in the page: no helper function may be called from within. */
export async function look(locator: Locator): Promise<Picture> {
  return locator.evaluate((element) => {
    const canvas = element as unknown as Canvas;
    const { width, height } = canvas;
    const pixels = new Uint32Array(canvas.getContext('2d').getImageData(0, 0, width, height).data.buffer);
    let hash = 0;
    for (const pixel of pixels) hash = (Math.imul(hash, 31) + pixel) | 0;
    return { width, height, colours: new Set(pixels).size, hash };
  });
}
