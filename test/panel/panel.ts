/** The panel in a browser, for the tests beside this file: one server and one browser for all of them. */
import assert from 'node:assert/strict';
import { after, before } from 'mocha';
import type { Browser, Locator, Page } from 'playwright-core';
import { launchBrowser } from '../../scripts/chromium';
import { type Shell, startShell } from '../../scripts/webview-shell';
import type { HostRequests, WebviewMessage } from '../../src/protocol';
import type { DevApi, DrawnChart, DrawnTable, SentMessage, ThemeName } from '../../webview/dev/api';

export const THEMES: readonly ThemeName[] = ['dark', 'light', 'hc-dark', 'hc-light'];

let shell: Shell;
let browser: Browser;
before(async function () {
  this.timeout(60_000);
  [shell, browser] = await Promise.all([startShell({ port: 0, rebuild: false }), launchBrowser()]);
});
after(async () => {
  await browser.close();
  await shell.stop();
});

export interface Opening {
  readonly theme?: ThemeName;
  readonly host?: 'open' | 'empty' | 'many' | 'hostile' | 'failed' | 'silent';
  readonly width?: number;
}

/** How long anything in the panel may take: much more than it does. */
const PATIENCE = 20_000;

export class Panel {
  /** What the browser complained about. */
  readonly complaints: string[] = [];

  private constructor(readonly page: Page) {
    page.setDefaultTimeout(PATIENCE);
    page.on('pageerror', (error) => this.complaints.push(error.message));
    // Violations of the page's policy are console errors too.
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) this.complaints.push(message.text());
    });
  }

  static async open({ theme = 'dark', host = 'open', width = 1280 }: Opening = {}): Promise<Panel> {
    const context = await browser.newContext({ viewport: { width, height: 900 } });
    const panel = new Panel(await context.newPage());
    await panel.page.goto(`${shell.url}?theme=${theme}&host=${host}`);
    if (host !== 'failed' && host !== 'silent') await panel.drawn(0);
    return panel;
  }

  /** Fails where the browser complained. */
  async close(): Promise<void> {
    await this.page.context().close();
    assert.deepEqual(this.complaints, []);
  }

  $(selector: string): Locator {
    return this.page.locator(selector);
  }

  private dev<K extends keyof DevApi>(
    expression: string,
  ): Promise<DevApi[K] extends (...args: never) => infer R ? R : DevApi[K]> {
    return this.page.evaluate(`decodeLensDev.${expression}`);
  }
  charts = (): Promise<readonly DrawnChart[]> => this.dev<'charts'>('charts()');
  tables = (): Promise<readonly DrawnTable[]> => this.dev<'tables'>('tables()');
  sent = (): Promise<readonly SentMessage[]> => this.dev<'sent'>('sent');
  async edit(values: Readonly<Record<string, unknown>>): Promise<void> {
    await this.anew(() => this.dev<'edit'>(`edit(${JSON.stringify(values)})`));
  }
  setTheme = (name: ThemeName): Promise<void> =>
    this.anew(() => this.dev<'setTheme'>(`setTheme(${JSON.stringify(name)})`));

  async chart(id: string): Promise<DrawnChart> {
    const charts = await this.charts();
    const found = charts.find((chart) => chart.id === id);
    assert.ok(found, `no chart ${id} among ${charts.map((chart) => chart.id).join(', ')}`);
    return found;
  }
  async table(id: string): Promise<DrawnTable> {
    const tables = await this.tables();
    const found = tables.find((table) => table.id === id);
    assert.ok(found, `no table ${id} among ${tables.map((table) => table.id).join(', ')}`);
    return found;
  }

  private async count(): Promise<number> {
    return this.page.evaluate("decodeLensDev.sent.filter(({ message }) => message.type === 'drawn').length");
  }
  /** Asks again and again from here: the page's policy forbids `eval`, which the browser's own waiting uses. */
  private async until<T>(look: () => Promise<T | undefined>, what: string): Promise<T> {
    for (const end = Date.now() + PATIENCE; Date.now() < end;) {
      const found = await look();
      if (found !== undefined) return found;
      await this.page.waitForTimeout(20);
    }
    const told = (await this.sent()).map(({ message }) => JSON.stringify(message).slice(0, 80));
    const failure = await this.$('#failure').textContent();
    return assert.fail(`${what}. ${failure ?? ''} Sent: ${told.join(', ')}`);
  }
  /** Waits until a view was drawn since there were that many drawings. */
  private async drawn(before: number): Promise<void> {
    await this.until(async () => ((await this.count()) > before ? true : undefined), 'nothing was drawn');
  }
  /** Does something, and waits until the view has been drawn for it. */
  async anew(act: () => Promise<unknown>): Promise<void> {
    const before = await this.count();
    await act();
    await this.drawn(before);
  }

  async reload(): Promise<void> {
    await this.page.reload();
    await this.drawn(0);
  }

  /** The ids of all views, in the order of their tabs. */
  async views(): Promise<string[]> {
    const tabs = await this.$('[role=tab]').all();
    const ids = await Promise.all(tabs.map((tab) => tab.getAttribute('id')));
    assert.ok(ids.length > 0, 'the panel has no tabs');
    return ids.map((id) => String(id).replace(/^tab-/, ''));
  }
  async show(view: string): Promise<void> {
    const tab = this.$(`#tab-${view}`);
    if ((await tab.getAttribute('aria-selected')) === 'true') return;
    await this.anew(() => tab.click());
  }
  /** Goes through all views; what fails says in which. */
  async eachView(check: (view: string) => Promise<void>): Promise<void> {
    for (const view of await this.views()) {
      await this.show(view);
      try {
        await check(view);
      } catch (error) {
        if (error instanceof Error) error.message = `view ${view}: ${error.message}`;
        throw error;
      }
    }
  }

  /** Chooses in a dropdown by its text, with the mouse. */
  async choose(dropdown: string, text: string): Promise<void> {
    await this.$(`#${dropdown}`).click();
    await this.$(`#${dropdown} vscode-option`).getByText(text, { exact: true }).click();
  }
  /** A checkbox in a list of choices that may be closed. */
  async box(list: string, text: string): Promise<Locator> {
    const closed = this.$(`#${list}:not([open]) > summary`);
    if (await closed.count()) await closed.click();
    return this.$(`#${list} vscode-checkbox`).filter({ hasText: new RegExp(`^\\s*${text}\\s*$`) });
  }

  /** The last message for which this holds; looked for in the page, since messages may hold whole pictures. */
  private message(condition: string): Promise<WebviewMessage | undefined> {
    return this.page.evaluate(
      `decodeLensDev.sent.findLast(({ message: { type, method } }, at) => ${condition})?.message`,
    );
  }
  /** What was asked of the editor while something was done. */
  async asked<M extends keyof HostRequests>(
    method: M,
    act: () => Promise<void>,
  ): Promise<HostRequests[M]['params']> {
    const before = await this.page.evaluate<number>('decodeLensDev.sent.length');
    await act();
    return this.until(async () => {
      const asked = await this.message(`at >= ${before} && type === 'request' && method === '${method}'`);
      return asked?.type === 'request' ? (asked.params as HostRequests[M]['params']) : undefined;
    }, `${method} was not asked for`);
  }
  async last<T extends WebviewMessage['type']>(type: T): Promise<Extract<WebviewMessage, { type: T }>> {
    const found = await this.message(`type === '${type}'`);
    assert.ok(found, `no message ${type}`);
    return found as Extract<WebviewMessage, { type: T }>;
  }
}

/** Opens the panel for a test, and closes it after. */
export const inPanel =
  (opening: Opening, run: (panel: Panel) => Promise<void>) => async (): Promise<void> => {
    const panel = await Panel.open(opening);
    try {
      await run(panel);
    } catch (error) {
      await panel.page.context().close();
      if (error instanceof Error && panel.complaints.length > 0)
        error.message += `\nthe browser complained: ${panel.complaints.join('\n')}`;
      throw error;
    }
    await panel.close();
  };
