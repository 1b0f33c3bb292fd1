import type { Node } from 'jsonc-parser';
import {
  ATTENTION_ROLES,
  fieldAt,
  figuresOf,
  whatIfs,
  type Accepts,
  type CostField,
  type ModelSubject,
} from '../advice';
import type { AlsoChanged, ConfigEdit, Fix, JsonPath, ModelFigures, Range, WhatIf } from '../protocol';
import type { AnalyzedConfig } from './analyze';
import { change, contextLength, whole } from './format';
import { schemaProblems } from './schema-problems';

/** A field that decides cost with its neighbouring values. */
export interface FieldWhatIfs {
  readonly field: CostField;
  /** The model as it is. */
  readonly base: ModelFigures;
  readonly steps: readonly WhatIf[];
}

/** Neighbouring values on either side, in hovers and among code actions. */
const EACH_SIDE = 2;

/** What other values of the field at this place would bring; null where it decides no cost. */
export function whatIfsAt(
  { subject }: AnalyzedConfig,
  path: JsonPath,
  each = EACH_SIDE,
): FieldWhatIfs | null {
  const field = subject && fieldAt(subject, path);
  if (!field) return null;
  return { field, base: figuresOf(subject), steps: whatIfs(subject, field, each, acceptedBySchema(subject)) };
}

/** A neighbour that the family's schema refuses where it took the file as it is, is none. */
export function acceptedBySchema(subject: ModelSubject): Accepts {
  const errors = schemaErrors(subject);
  return (after) => schemaErrors(after) <= errors;
}

function schemaErrors({ family, config, textPath, readKeys }: ModelSubject): number {
  const problems = schemaProblems(family.schema, config, textPath, (key) => readKeys.has(key));
  return problems.filter((problem) => problem.severity === 'error').length;
}

/**
 * Changes that are worth a look of the field at a place of the text: one for each neighbouring value. Over more than a line
 * there are none.
 */
export function whatIfActions(analyzed: AnalyzedConfig, range: Range): Fix[] {
  const path = range.start.line === range.end.line ? fieldPath(analyzed, range) : null;
  const found = path && whatIfsAt(analyzed, path);
  if (!found) return [];
  return found.steps.map((step) => ({
    title: whatIfTitle(analyzed, found, step),
    edits: step.edits,
    isPreferred: false,
  }));
}

/** The field with a number that the range touches, or else the first one that begins after it on its line. */
function fieldPath({ config, document }: AnalyzedConfig, { start, end }: Range): JsonPath | null {
  const [from, to] = [document.offsetAt(start), document.offsetAt(end)];
  const fields = config.root ? numberFields(config.root, []) : [];
  const field =
    fields.find((f) => f.from <= to && f.to >= from) ??
    fields.find((f) => f.from >= from && document.positionAt(f.from).line === start.line);
  return field?.path ?? null;
}

interface NumberField {
  readonly path: JsonPath;
  readonly from: number;
  readonly to: number;
}

/** Keys with a number, of an object and of those within it, in the order of the text. */
function numberFields(object: Node, path: JsonPath): NumberField[] {
  return (object.children ?? []).flatMap(({ children = [] }): NumberField[] => {
    const [key, value] = children;
    if (!key || !value) return [];
    const at = [...path, String(key.value)];
    if (value.type === 'object') return numberFields(value, at);
    return value.type === 'number' ? [{ path: at, from: key.offset, to: value.offset + value.length }] : [];
  });
}

/** `num_key_value_heads 8 → 4: KV -50%, attention -48% on H800 at 32K, effective rank unchanged`. */
export function whatIfTitle(
  { settings }: AnalyzedConfig,
  { field, base }: FieldWhatIfs,
  { to, figures, also, edits }: WhatIf,
): string {
  const isAttention = ATTENTION_ROLES.has(field.role);
  const parts = [
    ...kvChange(base, figures),
    ...(isAttention ? [] : parameterChange(base, figures)),
    ...costChange(base, figures, isAttention ? 'attention' : 'cost', settings.options.contexts.at(-1)),
    ...(isAttention ? [unlessSame('effective rank', base.effectiveRank, figures.effectiveRank)] : []),
    ...edits.slice(1).map(carriedText),
    ...also.map(alsoText),
  ];
  return `${String(field.path.at(-1))} ${field.value} → ${to}: ${parts.join(', ')}`;
}

const unlessSame = (what: string, from: number, to: number): string =>
  from === to ? `${what} unchanged` : `${what} ${change(from, to)}`;

/** Of the cache a token adds; where windows cap it, of what is held at the longest context. */
function kvChange(base: ModelFigures, now: ModelFigures): string[] {
  const perToken = now.kvBytesPerToken !== base.kvBytesPerToken;
  const [before, after] = [base.kvAtContext.at(-1), now.kvAtContext.at(-1)];
  const state =
    now.stateBytes === base.stateBytes ? [] : [`state ${change(base.stateBytes, now.stateBytes)}`];
  if (perToken) return [`KV ${change(base.kvBytesPerToken, now.kvBytesPerToken)}`, ...state];
  if (before && after && before.bytes !== after.bytes)
    return [`KV ${change(before.bytes, after.bytes)} at ${contextLength(after.context)}`, ...state];
  return state;
}

function parameterChange(base: ModelFigures, now: ModelFigures): string[] {
  const activated = change(base.activatedParameters, now.activatedParameters);
  return [
    unlessSame('parameters', base.totalParameters, now.totalParameters),
    ...(now.activatedParameters === base.activatedParameters ? [] : [`activated ${activated}`]),
  ];
}

/** On the first target that has a price. */
function costChange(
  base: ModelFigures,
  now: ModelFigures,
  what: 'attention' | 'cost',
  context: number | undefined,
): string[] {
  const before = base.cost.find((cost) => cost.context === context);
  const after = now.cost.find((cost) => cost.context === context && cost.target === before?.target);
  if (!before || !after) return [];
  const of = (cost: typeof before) => (what === 'attention' ? cost.attentionUsdPer1M : cost.totalUsdPer1M);
  return [
    `${unlessSame(what, of(before), of(after))} on ${before.target} at ${contextLength(before.context)}`,
  ];
}

/** What is edited besides the field: `head_dim set to 128`, `layer_types follows`. */
export const carriedText = (edit: ConfigEdit): string =>
  `${String(edit.path.at(-1))} ${'value' in edit && typeof edit.value === 'number' ? `set to ${edit.value}` : 'follows'}`;

/** `head dim becomes 256`. */
export const alsoText = ({ what, to }: AlsoChanged): string =>
  to.length === 0 ? `no ${what}` : `${what} becomes ${to.map(whole).join(', ')}`;
