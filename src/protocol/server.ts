/** Custom requests and notifications of the language server, typed once for both sides. */
import type { AnalysisOptions } from './analysis';
import type { PanelState } from './panel';

/** Request: every open model config and the catalog, analysed under the same options. */
export const COMPARE_REQUEST = 'decodeLens/compare';
export interface CompareParams {
  /** URI of the config in the active editor, if it is one. */
  readonly activeUri?: string;
  /** Override the settings, field by field. */
  readonly options?: Partial<AnalysisOptions>;
}
export type CompareResult = PanelState;

/** Request: is this open document a model config, and of which family? */
export const IDENTIFY_REQUEST = 'decodeLens/identify';
export interface IdentifyParams {
  readonly uri: string;
}
export interface IdentifyResult {
  readonly isModelConfig: boolean;
  readonly family: string | null;
  readonly reason: string;
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
