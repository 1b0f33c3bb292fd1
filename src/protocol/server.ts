/** Custom requests and notifications of the language server, typed once for both sides. */
import type { ConfigEdit } from './advice';
import type { AnalysisOptions, JsonPath, Range } from './analysis';
import type { PanelState, ViewRequests } from './panel';

/** What a client may say of itself in `initializationOptions`. All of it may be absent: nothing is assumed. */
export interface InitializationOptions {
  /** Settings for clients that can't be asked for them. */
  readonly settings?: unknown;
  /** The client marks JSON syntax errors itself. */
  readonly reportsSyntax?: boolean;
  /** The client has the commands that lenses and actions name. */
  readonly commands?: boolean;
  /** The client answers `decodeLens/readFile`. */
  readonly readsFiles?: boolean;
}

/** Request to the client: the text of a file beside a config, where the server can't read it itself (virtual file systems). */
export const READ_FILE_REQUEST = 'decodeLens/readFile';
/** Larger files are not read. */
export const READ_FILE_MAX_BYTES = 8 << 20;
export interface ReadFileParams {
  readonly uri: string;
}
export interface ReadFileResult {
  /** Null where there is no such file, or none that is text of at most `READ_FILE_MAX_BYTES`. */
  readonly text: string | null;
}

/** Command of the lens that sums a config up; arguments: its URI. */
export const COMPARE_MODELS_COMMAND = 'decodeLens.compareModels';

/** A folder's own settings and budgets: in a config's folder or any above it. */
export const WORKSPACE_FILE_NAME = 'decode-lens.json';

/** Request: every open model config and the catalog, analysed under the same options. */
export const COMPARE_REQUEST = 'decodeLens/compare';
export interface CompareParams {
  /** URI of the config in the active editor, if it is one. */
  readonly activeUri?: string;
  /** URIs of configs that are compared though they may not be open; those that can't be read are left out. */
  readonly uris?: readonly string[];
  /** Override the settings, field by field. */
  readonly options?: Partial<AnalysisOptions>;
}
export type CompareResult = PanelState;

/** Request: what a view of the panel draws, of models by their ids, under the panel's own choices. */
export const VIEW_REQUEST = 'decodeLens/view';
export interface ViewParams extends CompareParams {
  readonly method: keyof ViewRequests;
  readonly params: ViewRequests[keyof ViewRequests]['params'];
}
export type ViewResult = ViewRequests[keyof ViewRequests]['result'];

/** Request: edits of an open document's values as the one change of its text that makes them; see `ConfigEdit`. */
export const TEXT_CHANGE_REQUEST = 'decodeLens/textChange';
export interface TextChangeParams {
  readonly uri: string;
  readonly edits: readonly ConfigEdit[];
}
/** Of the version that the server knows; null where nothing would change. */
export type TextChangeResult = {
  readonly version: number;
  readonly range: Range;
  readonly newText: string;
} | null;

/** Request: where a value of an open document stands; null where there is none. */
export const PLACE_REQUEST = 'decodeLens/place';
export interface PlaceParams {
  readonly uri: string;
  readonly path: JsonPath;
}
export type PlaceResult = { readonly range: Range } | null;

/** Request: is this open document a model config, and of which family? */
export const IDENTIFY_REQUEST = 'decodeLens/identify';
export interface IdentifyParams {
  readonly uri: string;
}
export interface IdentifyResult {
  readonly isModelConfig: boolean;
  readonly family: string | null;
  readonly reason: string;
  /** What the config is analysed with, its own settings and workspace file counted in; null for what is none. */
  readonly options: AnalysisOptions | null;
}

/** Request: the catalog's models with their sizes, to choose from. */
export const CATALOG_REQUEST = 'decodeLens/catalog';
export interface CatalogChoice {
  readonly name: string;
  readonly publisher: string;
  readonly source: string;
  readonly totalParameters: number;
  readonly activatedParameters: number;
  /** At the KV precision of the settings. */
  readonly kvBytesPerToken: number;
}
export interface CatalogResult {
  readonly models: readonly CatalogChoice[];
}

/** Request: open a catalog model's config as text. */
export const CATALOG_TEXT_REQUEST = 'decodeLens/catalogText';
export interface CatalogTextParams {
  readonly name: string;
}
export interface CatalogTextResult {
  readonly text: string | null;
}

/** Notification to the client: the analysis of an open model config changed; panels should ask again. */
export const ANALYZED_NOTIFICATION = 'decodeLens/analyzed';
export interface AnalyzedParams {
  readonly uri: string;
  readonly version: number;
}

/**
 * Notification to the server: the text that an open document has in the version that it is compared with (Git's HEAD), or
 * null where there is none. A lens at its top says how the config stands against it.
 */
export const COMMITTED_NOTIFICATION = 'decodeLens/committed';
export interface CommittedParams {
  readonly uri: string;
  readonly text: string | null;
}
