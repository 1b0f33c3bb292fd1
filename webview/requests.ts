/** Questions to the extension, each answered once: with a result, or with an error. */
import type { PanelMethod, PanelRequest, PanelRequests, PanelResponse } from '../src/protocol';
import { post } from './host';

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

const waiting = new Map<number, Waiting>();
let last = 0;

/** Asks the extension; rejects where it can't be answered. */
export function ask<M extends PanelMethod>(
  method: M,
  params: PanelRequests[M]['params'],
): Promise<PanelRequests[M]['result']> {
  const number = ++last;
  return new Promise((resolve, reject) => {
    waiting.set(number, {
      resolve(result) {
        // The protocol types the answer with the question.
        resolve(result as PanelRequests[M]['result']);
      },
      reject,
    });
    post({ type: 'request', number, method, params } satisfies PanelRequest<M>);
  });
}

/** An answer came in. One that nobody waits for is dropped. */
export function answer(response: PanelResponse): void {
  const asked = waiting.get(response.number);
  waiting.delete(response.number);
  if ('error' in response) asked?.reject(new Error(response.error));
  else asked?.resolve(response.result);
}
