/**
 * Run by VS Code inside its extension host, with the extension loaded from the working tree. What happened goes line by
 * line into the file that DECODE_LENS_TEST_REPORT names, so that even a host that dies leaves what it did.
 */
import { appendFileSync } from 'node:fs';
import Mocha from 'mocha';

export interface TestOutcome {
  readonly title: string;
  readonly ms: number;
  readonly error?: string;
}

export async function run(): Promise<void> {
  const report = process.env.DECODE_LENS_TEST_REPORT;
  if (!report) throw new Error('DECODE_LENS_TEST_REPORT is not set.');
  const note = (outcome: TestOutcome) => {
    appendFileSync(report, `${JSON.stringify(outcome)}\n`);
  };
  const mocha = new Mocha({ ui: 'bdd', timeout: 30_000, reporter: Mocha.reporters.Base });
  mocha.suite.emit('pre-require', globalThis, '', mocha);
  // Only now: the suites call what the line above has defined.
  await import('./suite');
  await import('./advice');
  await import('./git');
  await import('./server');
  await new Promise<void>((resolve, reject) => {
    const runner = mocha.run((failures) => {
      if (failures === 0) resolve();
      else reject(new Error(`${failures} failed`));
    });
    runner.on('pass', (test) => {
      note({ title: test.title, ms: test.duration ?? 0 });
    });
    runner.on('fail', (test, error: unknown) => {
      note({
        title: test.title,
        ms: test.duration ?? 0,
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      });
    });
  });
}
