/** The panel: what its bundle weighs, and how soon and how smoothly it draws in a browser. */
import { statSync } from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { launchBrowser } from '../chromium';
import { startShell } from '../webview-shell';
import { cells, quantiles } from './table';

const root = path.resolve(__dirname, '../..');
const BUDGET = { kilobytes: 400, firstChartMs: 300 } as const;
const RUNS = 7;

/** Runs in the page: times of the messages that the panel sent. */
const timeOf = (page: Page, type: string): Promise<readonly number[]> =>
  page.evaluate(`decodeLensDev.sent.filter(({ message }) => message.type === '${type}').map(({ at }) => at)`);

async function waitForDrawings(page: Page, count: number): Promise<readonly number[]> {
  for (;;) {
    const drawn = await timeOf(page, 'drawn');
    if (drawn.length >= count) return drawn;
    await page.waitForTimeout(10);
  }
}

function row(name: string, times: readonly number[]): void {
  const { p50, p99 } = quantiles(times);
  console.log(cells(name, `${p50.toFixed(0)} ms`, `${p99.toFixed(0)} ms`));
}

export async function panel(): Promise<void> {
  console.log(`\n${cells('Panel, in a browser', 'p50', 'most')}`);
  const bytes = statSync(path.join(root, 'dist/webview.js')).size;
  const weight = `dist/webview.js, minified (budget ${BUDGET.kilobytes} KB)`;
  console.log(cells(weight, `${(bytes / 1000).toFixed(0)} KB`));
  const shell = await startShell({ port: 0, rebuild: false });
  const browser = await launchBrowser();
  const [first, own, edits]: [number[], number[], number[]] = [[], [], []];
  try {
    for (let run = 0; run < RUNS; run++) {
      const page = await browser.newPage();
      await page.goto(shell.url);
      const [drawn = NaN] = await waitForDrawings(page, 1);
      const [ready = NaN] = await timeOf(page, 'ready');
      first.push(drawn - ready);
      own.push(drawn - ready - (await page.evaluate<number>('decodeLensDev.waited()')));
      const begun = await page.evaluate<number>(
        `{ const now = performance.now(); decodeLensDev.edit({ num_hidden_layers: ${30 + run} }); now; }`,
      );
      edits.push(((await waitForDrawings(page, 2)).at(-1) ?? NaN) - begun);
      await page.close();
    }
  } finally {
    await browser.close();
    await shell.stop();
  }
  row(`ready to first view drawn, with the service (budget ${BUDGET.firstChartMs} ms)`, first);
  row('of it, in the webview itself', own);
  row('an edit to the same view drawn anew', edits);
}
