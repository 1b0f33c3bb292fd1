import { setImmediate } from 'node:timers/promises';
import type { CancellationToken, ProgressToken, WorkDoneProgressReporter } from 'vscode-languageserver';
import type { Core } from './core';
import { isCancelled } from './guard';

/** Shorter tasks are over before anybody could read how far they are. */
const SILENT_MS = 500;

/** Of a request: how it may be cancelled, and where its client wants to hear how far it is. */
export interface Asked {
  readonly token: CancellationToken;
  readonly workDoneToken: ProgressToken | undefined;
}

/**
 * A task over many things. Between two of them keystrokes and cancellations get through; how far it is goes to the token
 * that the client gave, or, once it takes long, to a progress of the server's own. Null: it was cancelled.
 */
export async function forEachOf<T, R>(
  core: Core,
  title: string,
  items: readonly T[],
  { token, workDoneToken }: Asked,
  visit: (item: T) => Promise<R> | R,
): Promise<R[] | null> {
  const started = Date.now();
  const results: R[] = [];
  let reporter: WorkDoneProgressReporter | null = null;
  try {
    if (workDoneToken !== undefined) {
      reporter = core.connection.window.attachWorkDoneProgress(workDoneToken);
      reporter.begin(title, 0);
    }
    let told = 0;
    for (const [i, item] of items.entries()) {
      await setImmediate();
      if (isCancelled(token)) return null;
      if (!reporter && core.client.progress && Date.now() - started > SILENT_MS) {
        reporter = await core.connection.window.createWorkDoneProgress();
        reporter.begin(title, 0);
      }
      const percent = Math.floor((100 * i) / items.length);
      if (percent > told) reporter?.report(percent, `${i} of ${items.length}`);
      told = percent;
      results.push(await visit(item));
    }
    return results;
  } finally {
    reporter?.done();
  }
}
