/** Messages between the extension and the panel's webview. */
import type { AnalysisOptions, ModelAnalysis } from './analysis';

export type ModelOrigin = 'document' | 'catalog';

export interface ComparedModel {
  /** Document URI, or `catalog:NAME`. */
  readonly id: string;
  readonly origin: ModelOrigin;
  readonly label: string;
  /** The config in the active editor: drawn on top and highlighted. */
  readonly active: boolean;
  readonly analysis: ModelAnalysis;
}

/** An accelerator as the panel needs it: to fill the controls and to name sources. */
export interface AcceleratorChoice {
  readonly name: string;
  readonly title: string;
  readonly usdPerHour: number | null;
  readonly source: string;
}

export interface PanelState {
  readonly options: AnalysisOptions;
  readonly accelerators: readonly AcceleratorChoice[];
  readonly models: readonly ComparedModel[];
}

/** Host to webview. */
export type HostMessage =
  | { readonly type: 'state'; readonly state: PanelState }
  | { readonly type: 'failed'; readonly message: string };

/** Webview to host. `ready` is sent once, when the webview can take a state. */
export type WebviewMessage =
  | { readonly type: 'ready' }
  /** Choices for this panel only; settings stay as they are. Answered by a `state` or a `failed`. */
  | { readonly type: 'setOptions'; readonly options: Partial<AnalysisOptions> }
  | { readonly type: 'openModel'; readonly id: string }
  /** For tests and the log: charts have been drawn for this many models. */
  | { readonly type: 'drawn'; readonly models: number }
  | { readonly type: 'error'; readonly message: string };
