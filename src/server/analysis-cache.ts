import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { AnalyzedConfig, ServiceSettings } from '../service';
import type { Checkpoints } from './checkpoints';
import type { Service } from './core';

interface Entry {
  readonly version: number;
  readonly analyzed: AnalyzedConfig | null;
  /** The same text under a panel's settings; the last ones. */
  alternative?: { readonly settings: string; readonly analyzed: AnalyzedConfig | null };
}

/** Analyses by document version. */
export class AnalysisCache {
  private readonly entries = new Map<string, Entry>();

  constructor(private readonly checkpoints: Checkpoints) {}

  /** Null: known to be no model config. Undefined: not known for this version. */
  get(uri: string, version: number): AnalyzedConfig | null | undefined {
    const entry = this.entries.get(uri);
    return entry?.version === version ? entry.analyzed : undefined;
  }

  analyze(document: TextDocument, settings: ServiceSettings, service: Service): AnalyzedConfig | null {
    const { uri, version } = document;
    const known = this.get(uri, version);
    if (known !== undefined) return known;
    const analyzed = this.analyzeDocument(document, settings, service);
    this.entries.set(uri, { version, analyzed });
    return analyzed;
  }

  underSettings(document: TextDocument, settings: ServiceSettings, service: Service): AnalyzedConfig | null {
    const entry = this.entries.get(document.uri);
    const key = JSON.stringify([settings.options, settings.accelerators]);
    if (entry?.version !== document.version) return this.analyzeDocument(document, settings, service);
    if (entry.alternative?.settings !== key)
      entry.alternative = { settings: key, analyzed: this.analyzeDocument(document, settings, service) };
    return entry.alternative.analyzed;
  }

  /** What is known of a document is stale though its text is not (a file beside it has changed), or it was closed. */
  forget(uri: string): void {
    this.entries.delete(uri);
  }

  clear(): void {
    this.entries.clear();
  }

  private analyzeDocument(
    document: TextDocument,
    settings: ServiceSettings,
    service: Service,
  ): AnalyzedConfig | null {
    const { uri } = document;
    const checkpoint = this.checkpoints.of(uri);
    const input = { text: document.getText(), file: uri, name: nameOf(uri), checkpoint };
    return service.analyzeConfig(input, settings);
  }
}

/** `…/DeepSeek-V3/config.json` is DeepSeek-V3; other files go by their own name. */
export function nameOf(uri: string): string {
  const steps = uri.split('/').map((step) => {
    try {
      return decodeURIComponent(step);
    } catch {
      return step;
    }
  });
  const file = (steps.at(-1) ?? uri).replace(/\.jsonc?$/, '');
  return file === 'config' || file === 'params' ? (steps.at(-2) ?? file) : file;
}
