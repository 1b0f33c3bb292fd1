import type { RawSettings, ServiceSettings } from '../service';

export type HoverDetail = 'full' | 'compact' | 'off';

/** Settings of one document: what it is analysed with, and what the editor shows of that. */
export interface DocumentSettings {
  readonly service: ServiceSettings;
  readonly inlayHints: boolean;
  readonly codeLens: boolean;
  readonly hover: HoverDetail;
}

/** As an editor gives them; `decodeLens.` is left off. */
interface RawDocumentSettings extends RawSettings {
  readonly inlayHints?: { readonly enabled?: unknown };
  readonly codeLens?: { readonly enabled?: unknown };
  readonly hover?: { readonly detail?: unknown };
}

/**
 * Settings by document, asked for once and kept until they change. A client that can't be asked may push them
 * (`workspace/didChangeConfiguration`) or give them at the start (`initializationOptions.settings`).
 */
export class SettingsStore {
  private readonly known = new Map<string, Promise<DocumentSettings>>();
  private fixed: unknown;

  constructor(
    private readonly ask: (uri: string) => Promise<unknown>,
    private readonly check: (raw: RawSettings, uri: string) => Promise<ServiceSettings>,
  ) {}

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
    const raw = withoutNulls(answer);
    const detail = raw.hover?.detail;
    return {
      service: await this.check(raw, uri),
      inlayHints: raw.inlayHints?.enabled !== false,
      codeLens: raw.codeLens?.enabled !== false,
      hover: detail === 'compact' || detail === 'off' ? detail : 'full',
    };
  }

  forget(uri: string): void {
    this.known.delete(uri);
  }

  reset(): void {
    this.known.clear();
  }
}

/** Clients send null for settings that they don't have. */
const withoutNulls = (raw: unknown): RawDocumentSettings =>
  typeof raw === 'object' && raw !== null
    ? Object.fromEntries(Object.entries(raw).filter(([, value]) => value !== null))
    : {};
