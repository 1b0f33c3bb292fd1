/** The tests in a real VS Code: installs what they need, then runs `host/` and `ui.ts`. `npm test` calls this. */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import Mocha from 'mocha';
import { launchBrowser } from '../../scripts/chromium';
import { installVscodeServer } from '../../scripts/vscode-server/install';
import { build, pack } from '../../scripts/vscode-server/pack';
import type { TestOutcome } from './host/index';
import { runHostTests } from './host-run';
import { defineUiTests, type UiSetting } from './ui';
import { makeWorkspace } from './workspace';

export interface Summary {
  readonly passed: number;
  readonly failed: number;
}

export async function runEditorTests({ fresh = false }: { fresh?: boolean } = {}): Promise<Summary> {
  mkdirSync(path.resolve(__dirname, '../../.cache/screenshots'), { recursive: true });
  await installVscodeServer();
  await build({ fresh });
  const vsix = await pack();
  const browser = await launchBrowser();
  const workspaces = [makeWorkspace(), makeWorkspace()] as const;
  try {
    const host = print('extension host', await runHostTests(browser, workspaces[0].folder));
    const ui = await runUiTests({ browser, folder: workspaces[1].folder, vsix });
    return { passed: host.passed + ui.passed, failed: host.failed + ui.failed };
  } finally {
    await browser.close();
    for (const workspace of workspaces) workspace.remove();
  }
}

function print(suite: string, outcomes: readonly TestOutcome[]): Summary {
  console.log(`\n  ${suite}`);
  for (const { title, ms, error } of outcomes) {
    console.log(
      error === undefined
        ? `    ✔ ${title} (${ms}ms)`
        : `    ✖ ${title}\n${error.replace(/^/gm, '        ')}`,
    );
  }
  const failed = outcomes.filter(({ error }) => error !== undefined).length;
  return { passed: outcomes.length - failed, failed };
}

/** Each test goes on where the one before ended, so the first failure ends the suite; what didn't run has not passed. */
async function runUiTests(setting: UiSetting): Promise<Summary> {
  const mocha = new Mocha({ ui: 'bdd', bail: true, timeout: 90_000, reporter: 'spec' });
  mocha.suite.emit('pre-require', globalThis, '', mocha);
  defineUiTests(setting);
  const total = mocha.suite.total();
  let passed = 0;
  await new Promise<void>((resolve) => {
    mocha
      .run(() => {
        resolve();
      })
      .on('pass', () => {
        passed++;
      });
  });
  return { passed, failed: total - passed };
}

if (require.main === module) {
  runEditorTests({ fresh: true }).then(
    (summary) => {
      console.log(JSON.stringify(summary));
      process.exit(summary.failed === 0 ? 0 : 1);
    },
    (error: unknown) => {
      console.error(error instanceof Error ? error.message : error);
      process.exit(1);
    },
  );
}
