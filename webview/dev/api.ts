/** What scripts that drive the development shell find in its page as `decodeLensDev`. */
import type { HostMessage, WebviewMessage } from '../../src/protocol';

export type OpenConfigs = 'none' | 'one' | 'many' | 'hostile';
export type ThemeName = 'dark' | 'light' | 'hc-dark' | 'hc-light';

/** A chart on the screen: what it was given to draw, as plain values. */
export interface DrawnChart {
  readonly id: string;
  readonly labels: readonly unknown[];
  readonly datasets: readonly {
    readonly label: string;
    readonly data: readonly unknown[];
  }[];
  readonly axes: Readonly<Record<string, string>>;
  /** Differs when any pixel does. */
  readonly picture: number;
  /** How many colours it has: one or two are a blank canvas. */
  readonly colours: number;
}

/** A table on the screen. Values are as they are exported. */
export interface DrawnTable {
  readonly id: string;
  readonly columns: readonly string[];
  readonly rows: readonly {
    readonly name: string;
    readonly texts: readonly string[];
    readonly values: readonly string[];
  }[];
}

export interface SentMessage {
  readonly message: WebviewMessage;
  /** Milliseconds since the page began to load. */
  readonly at: number;
}

export interface DevApi {
  /** What the panel told its host, oldest first. */
  readonly sent: readonly SentMessage[];
  /** Milliseconds for which the service was waited for, in all. */
  waited(): number;
  send(message: HostMessage): void;
  setTheme(name: ThemeName): void;
  /** Types values over in the active config. */
  edit(values: Readonly<Record<string, unknown>>): void;
  charts(): readonly DrawnChart[];
  tables(): readonly DrawnTable[];
}
