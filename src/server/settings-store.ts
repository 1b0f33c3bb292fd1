import { DEFAULT_SETTINGS, readSettings, type RawSettings, type ServiceSettings } from '../service';

/** Settings of one document. */
export interface DocumentSettings {
  readonly service: ServiceSettings;
  readonly inlayHints: boolean;
  /** For the log, once: values that were not taken. */
  readonly problems: readonly string[];
}

/**
 * Settings by document, asked for once and kept until they change. A client that can't be asked may push them
 * (`workspace/didChangeConfiguration`) or give them at the start (`initializationOptions.settings`).
 */
export class SettingsStore {
  private readonly known = new Map<string, Promise<DocumentSettings>>();
  private fixed: unknown;

  constructor(private readonly ask: (uri: string) => Promise<unknown>) {}

  setStatic(settings: unknown): void {
    if (settings !== undefined && settings !== null) this.fixed = settings;
  }

  of(uri: string): Promise<DocumentSettings> {
    const known = this.known.get(uri);
    if (known) return known;
    const asked = this.read(uri);
    this.known.set(uri, asked);
    return asked;
  }

  private async read(uri: string): Promise<DocumentSettings> {
    // A client that fails to answer must not cost the user diagnostics: then the defaults hold.
    const answer = (await this.ask(uri).catch(() => undefined)) ?? this.fixed;
    const raw =
      typeof answer === 'object' && answer !== null
        ? (answer as RawSettings & { inlayHints?: { enabled?: unknown } })
        : {};
    const { settings, problems } = readSettings(withoutNulls(raw), DEFAULT_SETTINGS);
    return { service: settings, inlayHints: raw.inlayHints?.enabled !== false, problems };
  }

  forget(uri: string): void {
    this.known.delete(uri);
  }

  reset(): void {
    this.known.clear();
  }
}

/** Clients send null for settings that they don't have. */
const withoutNulls = (raw: RawSettings): RawSettings =>
  Object.fromEntries(Object.entries(raw).filter(([, value]) => value !== null));
