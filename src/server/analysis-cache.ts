import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { AnalyzedConfig, ServiceSettings } from '../service';
import type { Checkpoints } from './checkpoints';
import type { Service } from './core';

interface Entry {
  readonly version: number;
  /** Under the document's own settings. */
  own?: AnalyzedConfig | null;
  /** Under a panel's choices; the last ones. */
  alternative?: { readonly choices: string; readonly analyzed: AnalyzedConfig | null };
}

/** What a panel chooses for all configs alike; rules and budgets stay each config's own. */
export type Choices = Pick<ServiceSettings, 'options' | 'accelerators'>;

/** Analyses by document version; of texts that are no model's config, that they are none. */
export class AnalysisCache {
  private readonly entries = new Map<string, Entry>();
  private readonly keys = new WeakMap<Choices, string>();

  constructor(private readonly checkpoints: Checkpoints) {}

  analyze(document: TextDocument, settings: ServiceSettings, service: Service): AnalyzedConfig | null {
    const entry = this.entryOf(document);
    if (entry.own === undefined) entry.own = this.analyzeDocument(document, settings, service);
    return entry.own;
  }

  /** Where the document's own settings say the same, nothing is analysed twice. */
  underChoices(
    document: TextDocument,
    settings: ServiceSettings,
    choices: Choices,
    service: Service,
  ): AnalyzedConfig | null {
    const key = this.keyOf(choices);
    if (this.keyOf(settings) === key) return this.analyze(document, settings, service);
    const entry = this.entryOf(document);
    if (entry.alternative?.choices !== key) {
      const { options, accelerators } = choices;
      const analyzed = this.analyzeDocument(document, { ...settings, options, accelerators }, service);
      entry.alternative = { choices: key, analyzed };
    }
    return entry.alternative.analyzed;
  }

  /** What is known of a document is stale though its text is not (a file beside it has changed), or it was closed. */
  forget(uri: string): void {
    this.entries.delete(uri);
  }

  clear(): void {
    this.entries.clear();
  }

  private entryOf({ uri, version }: TextDocument): Entry {
    const known = this.entries.get(uri);
    if (known?.version === version) return known;
    const entry: Entry = { version };
    this.entries.set(uri, entry);
    return entry;
  }

  private keyOf(choices: Choices): string {
    let key = this.keys.get(choices);
    if (key === undefined) {
      key = JSON.stringify([choices.options, choices.accelerators]);
      this.keys.set(choices, key);
    }
    return key;
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
