import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { runEditorTests } from '../test/editor/run';

/**
 * `npm test`: builds, then runs lint, unit, paper, protocol, panel and editor tests, and ends with one line that counts them all.
 * `--no-editor` leaves the real VS Code out, for a quick look.
 */
const root = path.resolve(__dirname, '..');
const results = path.join(root, '.cache', 'test-results');

interface Count {
  readonly passed: number;
  readonly failed: number;
  /** What this machine has no program for. */
  readonly skipped?: number;
}

const node = (...args: string[]) => spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });

/** A step with no tests of its own counts as one. */
function step(name: string, ...args: string[]): Count {
  console.log(`\n== ${name}`);
  const ok = node(...args).status === 0;
  return { passed: ok ? 1 : 0, failed: ok ? 0 : 1 };
}

function mocha(name: string, spec: readonly string[], timeoutMs: number): Count {
  console.log(`\n== ${name}`);
  const report = path.join(results, `${name}.json`);
  const { status } = node(
    'node_modules/mocha/bin/mocha.js',
    '--no-config',
    ...['--require', 'tsx/cjs', '--reporter', path.join('scripts', 'mocha-reporter.cjs')],
    ...['--reporter-option', `output=${report}`, '--timeout', String(timeoutMs), '--exit', ...spec],
  );
  try {
    const { passes, failures, pending } = (
      JSON.parse(readFileSync(report, 'utf8')) as {
        stats: { passes: number; failures: number; pending: number };
      }
    ).stats;
    // A run that broke off before its first test is no success.
    return { passed: passes, failed: failures + (status !== 0 && failures === 0 ? 1 : 0), skipped: pending };
  } catch {
    return { passed: 0, failed: 1 };
  }
}

async function main(): Promise<void> {
  rmSync(results, { recursive: true, force: true });
  mkdirSync(results, { recursive: true });
  const counts = [
    step('build', 'scripts/build.mjs'),
    step('types', 'node_modules/typescript/bin/tsc'),
    step('types of the webview', 'node_modules/typescript/bin/tsc', '-p', 'webview'),
    step('lint', 'node_modules/eslint/bin/eslint.js', '.'),
    step('format', 'node_modules/prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.'),
    mocha('unit and paper', ['test/unit/**/*.test.ts', 'test/paper/**/*.test.ts'], 10_000),
    mocha('protocol and command line', ['test/protocol/**/*.test.ts', 'test/cli/**/*.test.ts'], 30_000),
  ];
  counts.push(mocha('panel in a browser', ['test/panel/**/*.test.ts'], 60_000));
  counts.push(mocha('Neovim', ['test/neovim/**/*.test.ts'], 120_000));
  // Real configs with published figures, where that folder lies beside the project.
  const corpus = path.resolve(root, '../shared/configs');
  if (existsSync(corpus))
    counts.push(
      step('corpus', '--import', 'tsx', 'scripts/check-corpus/main.ts', corpus, '--summary'),
      step('findings over the corpus', '--import', 'tsx', 'scripts/check-findings.ts', corpus),
    );
  if (!process.argv.includes('--no-editor')) {
    console.log('\n== editor');
    counts.push(await runEditorTests());
  }
  const passed = counts.reduce((sum, count) => sum + count.passed, 0);
  const failed = counts.reduce((sum, count) => sum + count.failed, 0);
  const skipped = counts.reduce((sum, count) => sum + (count.skipped ?? 0), 0);
  console.log(`\n${skipped > 0 ? `${skipped} skipped\n` : ''}${passed} passed, ${failed} failed`);
  process.exitCode = failed > 0 ? 1 : 0;
}

void main();
