/** Runs `host/` in VS Code's extension host: a window that is told to load the extension and the bundled tests. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import type { Browser } from 'playwright-core';
import { startServer } from '../../scripts/vscode-server/server';
import type { TestOutcome } from './host/index';

const root = path.resolve(__dirname, '../..');
const cache = path.join(root, '.cache/editor-tests');
const LIMIT_MS = 180_000;

export async function runHostTests(browser: Browser, folder: string): Promise<readonly TestOutcome[]> {
  const tests = path.join(cache, 'host.js');
  const report = path.join(cache, 'report.jsonl');
  await build({
    entryPoints: [path.join(__dirname, 'host/index.ts')],
    outfile: tests,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    sourcemap: 'inline',
    external: ['vscode', 'mocha'],
    logLevel: 'warning',
  });
  rmSync(report, { force: true });
  const window = { folder, extension: root, tests };
  const server = await startServer({
    home: window,
    development: true,
    settings: { 'git.enabled': true, 'git.openRepositoryInParentFolders': 'never' },
    env: { DECODE_LENS_TEST_REPORT: report },
  });
  const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
  const started = Date.now();
  let broken: string | undefined;
  try {
    const exited = new Promise<number>((resolve, reject) => {
      page.once('crash', () => {
        reject(new Error('the page crashed'));
      });
      setTimeout(() => {
        reject(new Error(`no end after ${LIMIT_MS / 1000} s`));
      }, LIMIT_MS).unref();
      // The workbench calls these when they exist: VS Code's own tests are told of their end so.
      void page.exposeFunction('codeAutomationExit', resolve);
    });
    if (process.env.VERBOSE) await page.exposeFunction('codeAutomationLog', console.log);
    await page.goto(server.urlOf(window));
    await exited;
  } catch (error) {
    broken = error instanceof Error ? error.message : String(error);
  } finally {
    await page.close();
    await server.stop();
  }
  const lines = existsSync(report) ? readFileSync(report, 'utf8').trimEnd().split('\n') : [];
  const outcomes = lines.map((line) => JSON.parse(line) as TestOutcome);
  // A run in which nothing ran is no success.
  if (broken !== undefined || outcomes.length === 0) {
    outcomes.push({ title: 'the run as a whole', ms: Date.now() - started, error: broken ?? 'no test ran' });
  }
  return outcomes;
}
