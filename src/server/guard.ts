import {
  CancellationToken,
  ErrorCodes,
  LSPErrorCodes,
  ResponseError,
  type Connection,
} from 'vscode-languageserver';

/** An answer, or an error without data. */
type Answer<R> = R | ResponseError<never>;
type Handler<P, R> = (params: P, token: CancellationToken) => Promise<Answer<R>> | Answer<R>;

export const cancelled = (): ResponseError<never> =>
  new ResponseError(LSPErrorCodes.RequestCancelled, 'The request was cancelled.');

/** The document has moved on since the request came: its answer would lie in the wrong place. */
export const contentModified = (): ResponseError<never> =>
  new ResponseError(LSPErrorCodes.ContentModified, 'The document has changed meanwhile.');

const notRunning = (state: string): ResponseError<never> =>
  new ResponseError(
    state === 'uninitialized' ? ErrorCodes.ServerNotInitialized : ErrorCodes.InvalidRequest,
    `The server is ${state}.`,
  );

/** Every handler runs in here: an error is logged and answered, a cancelled request is answered as such. */
export class Guard {
  /** Requests are answered from `initialize` to `shutdown`. */
  state: 'uninitialized' | 'running' | 'shut down' = 'uninitialized';

  constructor(private readonly connection: Connection) {}

  log(what: string, error: unknown): void {
    this.connection.console.error(
      `${what}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
  }

  /** What nobody waits for. */
  background(what: string, run: () => Promise<unknown>): void {
    // Also where nothing was awaited yet: sending on a closed connection throws at once.
    Promise.resolve()
      .then(run)
      .catch((error: unknown) => {
        this.log(what, error);
      })
      .catch(() => undefined);
  }

  /** A language feature: an editor shows nothing rather than an error, which stands in the log. */
  feature<P, R>(what: string, empty: R, handler: Handler<P, R>) {
    return this.wrap<P, R>(what, handler, () => empty);
  }

  /** A custom request: its caller is told what went wrong. */
  request<P, R>(what: string, handler: Handler<P, R>) {
    return this.wrap<P, R>(
      what,
      handler,
      (error) =>
        new ResponseError(
          LSPErrorCodes.RequestFailed,
          `${what}: ${error instanceof Error ? error.message : String(error)}`,
        ),
    );
  }

  private wrap<P, R>(what: string, handler: Handler<P, R>, failed: (error: unknown) => Answer<R>) {
    return async (first: P | CancellationToken, second?: CancellationToken): Promise<Answer<R>> => {
      // A request without parameters has its token alone.
      const [params, token] =
        second === undefined && CancellationToken.is(first)
          ? [{} as P, first]
          : [first as P, second ?? CancellationToken.None];
      if (this.state !== 'running') return notRunning(this.state);
      try {
        const result = token.isCancellationRequested ? cancelled() : await handler(params, token);
        return isCancelled(token) ? cancelled() : result;
      } catch (error) {
        this.log(what, error);
        return failed(error);
      }
    };
  }
}

/** Asked through a function, for it may have changed while something was awaited. */
export const isCancelled = (token: CancellationToken): boolean => token.isCancellationRequested;
