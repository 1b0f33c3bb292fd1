/** What the panel shows, one view after another: a new view is one more entry in `main.ts`. */
import type { AfdCost, ComparedModel, ModelAnalysis, ModelOrigin, PanelState } from '../../src/protocol';
import { formatContext, formatCount, plural } from '../format';
import type { RowKind } from '../table';
import type { Theme } from '../theme';

export interface ViewContext {
  readonly state: PanelState;
  /** The models that are not hidden, the active one first. */
  readonly shown: readonly ComparedModel[];
  /** What a view of one model is about: the active config, else the first that is shown. */
  readonly subject: ComparedModel | null;
  /** At which everything is drawn: the first of the options' contexts. */
  readonly context: number;
  readonly theme: Theme;
}

/** Part of a view that draws at once from the state. */
export interface Drawing {
  readonly element: HTMLElement;
  update(context: ViewContext): void;
}

export interface View {
  /** In settings, messages and element ids. */
  readonly id: string;
  /** On its tab. */
  readonly title: string;
  readonly element: HTMLElement;
  /**
   * Draws this; called while the view is shown, for a new state, a choice in the panel and a change of theme. A view that
   * has to ask first gives a promise; after each wait it checks `isCurrent`, and leaves the drawing to a newer call.
   */
  update(context: ViewContext, isCurrent: () => boolean): void | Promise<void>;
}

const SOURCES = 'Values and sources: under “How this is counted”.';

export function kindOf(model: ComparedModel): RowKind {
  return model.active ? 'active' : model.origin;
}

export function afdAt(analysis: ModelAnalysis, context: number): AfdCost | null {
  return analysis.afdCost.find((cost) => cost.context === context) ?? null;
}

/** `2 errors, 1 warning`, or `none`. */
export function findingsText(analysis: ModelAnalysis): string {
  const count = (severity: string): number => analysis.findings.filter((f) => f.severity === severity).length;
  const parts = [
    [count('error'), 'error'],
    [count('warning'), 'warning'],
    [count('information'), 'note'],
  ] as const;
  const named = parts.filter(([n]) => n > 0).map(([n, noun]) => plural(n, noun));
  return named.length === 0 ? 'none' : named.join(', ');
}

/** Why a chart is empty. */
export function nothingText({ shown, context }: ViewContext): string {
  if (shown.length === 0) return 'No model is shown: choose some above.';
  return `None of the models shown has a cost at ${formatContext(context)} context on these targets.`;
}

const ORIGIN_TEXT: Readonly<Record<ModelOrigin, string>> = {
  document: 'An open config',
  workspace: 'A config of the workspace',
  catalog: 'Catalog model',
};

/** What the name's tooltip says. */
export function modelHint(model: ComparedModel): string {
  const { analysis } = model;
  const where = model.active ? 'The open config' : ORIGIN_TEXT[model.origin];
  const what =
    analysis.model === null ? 'not readable' : `${analysis.model.family}, ${analysis.model.matchedBy}`;
  return `${where} (${what}). Findings: ${findingsText(analysis)}. Click to open.`;
}

/** The formula behind a shown number, as the service wrote it; its source and values stand in the method. */
export function formulaNote(shown: readonly ComparedModel[], about: RegExp): string {
  for (const { analysis } of shown) {
    const formula = analysis.formulas.find((f) => about.test(f.label));
    if (formula !== undefined) return `${formula.label} = ${formula.expression}. ${SOURCES}`;
  }
  return '';
}

export function conditions({ state, context }: Pick<ViewContext, 'state' | 'context'>): string {
  const { precision, kvPrecision, accounting } = state.options;
  const kv = kvPrecision === precision ? '' : `, ${kvPrecision.toUpperCase()} KV`;
  return `${formatContext(context)} context, ${precision.toUpperCase()} weights${kv || ' and KV'}, ${accounting} accounting`;
}

export function countOrDash(value: number | undefined): string {
  return value === undefined ? '—' : formatCount(value);
}
