/** Messages between the extension and the panel's webview. */
import type { ConfigEdit } from './advice';
import type { AnalysisOptions, JsonPath, ModelAnalysis, Precision } from './analysis';
import type {
  OverviewData,
  OverviewParams,
  RooflineData,
  RooflineParams,
  SensitivityData,
  SensitivityParams,
  SweepData,
  SweepParams,
} from './views';

/** An open config, a config of the workspace that is not open, or a model of the catalog. */
export type ModelOrigin = 'document' | 'workspace' | 'catalog';

export interface ComparedModel {
  /** URI of a document or file, or `catalog:NAME`. */
  readonly id: string;
  readonly origin: ModelOrigin;
  readonly label: string;
  /** The config in the active editor: drawn on top and highlighted. */
  readonly active: boolean;
  readonly analysis: ModelAnalysis;
}

/** An accelerator as the panel needs it: to fill the controls, to draw rooflines and to name sources. */
export interface AcceleratorChoice {
  readonly name: string;
  readonly title: string;
  readonly usdPerHour: number | null;
  /** Dense FLOPS at each precision, that of BF16 where the accelerator has none of its own. */
  readonly flops: Readonly<Record<Precision, number>>;
  /** Bytes a second. */
  readonly bandwidth: number;
  readonly source: string;
}

export interface PanelState {
  readonly options: AnalysisOptions;
  readonly accelerators: readonly AcceleratorChoice[];
  readonly models: readonly ComparedModel[];
}

/** What a view asks the service for; passed on to the language server. */
export interface ViewRequests {
  readonly overview: { readonly params: OverviewParams; readonly result: OverviewData | null };
  readonly sweep: { readonly params: SweepParams; readonly result: SweepData };
  readonly roofline: { readonly params: RooflineParams; readonly result: RooflineData };
  readonly sensitivity: { readonly params: SensitivityParams; readonly result: SensitivityData | null };
}
export const VIEW_METHODS: readonly (keyof ViewRequests)[] = ['overview', 'sweep', 'roofline', 'sensitivity'];

/** A file that the user saves where he likes. */
export interface ExportedFile {
  /** Without its ending. */
  readonly name: string;
  readonly format: 'png' | 'svg' | 'csv' | 'md';
  /** Text, or base64 of a picture's bytes. */
  readonly content: string;
}

/** What a view asks the editor for. Results: what came of it, for a message to the user; null: he thought better of it. */
export interface HostRequests {
  /** Changes an open config, undoable, and shows where. */
  readonly applyEdits: {
    readonly params: { readonly id: string; readonly edits: readonly ConfigEdit[] };
    readonly result: string | null;
  };
  /** Shows a place of a config in an editor. */
  readonly reveal: {
    readonly params: { readonly id: string; readonly path: JsonPath };
    readonly result: string | null;
  };
  readonly export: { readonly params: ExportedFile; readonly result: string | null };
  /** Writes the panel's choices into the workspace file. */
  readonly saveOptions: {
    readonly params: { readonly options: AnalysisOptions };
    readonly result: string | null;
  };
  /** Lets the user pick further configs of the workspace; they are in the next state. */
  readonly addModels: { readonly params: Readonly<Record<string, never>>; readonly result: string | null };
}

export type PanelRequests = ViewRequests & HostRequests;
export type PanelMethod = keyof PanelRequests;

/** Answered by a `response` with the same number, whatever happens. */
export interface PanelRequest<M extends PanelMethod = PanelMethod> {
  readonly type: 'request';
  readonly number: number;
  readonly method: M;
  readonly params: PanelRequests[M]['params'];
}
export type PanelResponse =
  | { readonly type: 'response'; readonly number: number; readonly result: unknown }
  | { readonly type: 'response'; readonly number: number; readonly error: string };

/** Host to webview. */
export type HostMessage =
  | { readonly type: 'state'; readonly state: PanelState }
  | { readonly type: 'failed'; readonly message: string }
  /** What the host changed of the panel's choices, to be remembered. */
  | {
      readonly type: 'remember';
      readonly options: Partial<AnalysisOptions>;
      readonly models: readonly string[];
    }
  /** Shows a view, as a command asks for it. */
  | { readonly type: 'show'; readonly view: string }
  | PanelResponse;

/** What the panel may start. */
export type PanelCommand = 'decodeLens.newModelConfig' | 'decodeLens.openWorkspaceFile';
export const PANEL_COMMANDS: readonly PanelCommand[] = [
  'decodeLens.newModelConfig',
  'decodeLens.openWorkspaceFile',
];

/** Webview to host. `ready` is sent once, when the webview can take a state. */
export type WebviewMessage =
  | { readonly type: 'ready'; readonly models: readonly string[] }
  /** Choices for this panel only; settings stay as they are. Answered by a `state` or a `failed`. */
  | { readonly type: 'setOptions'; readonly options: Partial<AnalysisOptions> }
  /** Configs of the workspace that are compared though they are not open. */
  | { readonly type: 'setModels'; readonly uris: readonly string[] }
  | { readonly type: 'openModel'; readonly id: string }
  /** One of the extension's commands, as a button offers it. */
  | { readonly type: 'command'; readonly command: PanelCommand }
  /** For tests and the log: a view has been drawn with this many models. */
  | { readonly type: 'drawn'; readonly view: string; readonly models: number }
  | { readonly type: 'error'; readonly message: string }
  | PanelRequest;
