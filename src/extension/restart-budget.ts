/** A server that ends this often in this time would end again: then its user is asked. */
const CRASHES = 5;
const WITHIN_MS = 3 * 60_000;

/** Decides whether a server that ended by itself is started again. */
export class RestartBudget {
  private crashes: readonly number[] = [];

  /** Notes a crash at this time (milliseconds); false when there were too many lately. */
  allows(now: number): boolean {
    this.crashes = [...this.crashes.filter((at) => now - at < WITHIN_MS), now];
    return this.crashes.length < CRASHES;
  }

  /** The user started the server: it gets all its chances again. */
  reset(): void {
    this.crashes = [];
  }
}
