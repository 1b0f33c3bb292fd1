import { findNodeAtOffset, getNodePath } from 'jsonc-parser';
import {
  dependsOn,
  formulaInputs,
  formulaText,
  modelWeights,
  nodeAt,
  product,
  type Architecture,
  type Expression,
} from '../architecture';
import { dollarCost, flopsOf, kvBytesHeld, kvBytesPerToken, stateBytes, type Op } from '../cost';
import type { JsonPath, Position, Range } from '../protocol';
import type { AnalyzedConfig } from './analyze';
import { contextLength, parameters, percent, si, usd, whole } from './format';
import { escapeMarkdown, markdownTable } from './markdown';
import { modelSummary, storageSections } from './model-summary';
import { keyDescription } from './schema-problems';
import { targetsOf } from './settings';
import { whatIfsAt } from './what-if';
import { whatIfSections } from './what-if-table';

export interface Hover {
  readonly range: Range;
  readonly markdown: string;
}

/** `compact` leaves what-ifs and formulas out. */
export type HoverDetail = 'full' | 'compact';

/** What a key means, what it contributes in this model, what other values would bring, and the formulas it stands in, with their numbers. */
export function hoverAt(
  analyzed: AnalyzedConfig,
  position: Position,
  detail: HoverDetail = 'full',
): Hover | null {
  const { config, document, match, architecture } = analyzed;
  const offset = document.offsetAt(position);
  const node = config.root && findNodeAtOffset(config.root, offset, false);
  if (!node || !match) return null;
  const path = keyPath(getNodePath(node));
  const property = nodeAt(config.root, path)?.parent;
  const keyNode = property?.type === 'property' ? property.children?.[0] : undefined;
  const valueNode = property?.children?.[1];
  if (!keyNode || path.length === 0) return null;
  // The body of a nested object is no mention of its key.
  if (valueNode?.type === 'object' && offset > keyNode.offset + keyNode.length) return null;

  const description = keyDescription(match.family.schema, path, match.textPath);
  const sections = [
    description === null ? null : `**${escapeMarkdown(String(path.at(-1)))}** ${escapeMarkdown(description)}`,
    ...(architecture ? sectionsOf(analyzed, architecture, path, detail) : []),
  ].filter((section) => section !== null);
  if (sections.length === 0) return null;
  const end = valueNode && valueNode.type !== 'object' && valueNode.type !== 'array' ? valueNode : keyNode;
  return {
    range: { start: document.positionAt(keyNode.offset), end: document.positionAt(end.offset + end.length) },
    markdown: sections.join('\n\n'),
  };
}

/** What a key means for this model. */
function sectionsOf(
  analyzed: AnalyzedConfig,
  architecture: Architecture,
  path: JsonPath,
  detail: HoverDetail,
): string[] {
  if (path.at(-1) === 'model_type' || path[0] === 'architectures') return modelSummary(analyzed.analysis);
  const storage = architecture.storage.path;
  const isStorage = DTYPE_KEYS.includes(String(path.at(-1))) || storage?.every((step, i) => path[i] === step);
  return isStorage ? storageSections(analyzed.analysis) : contributions(analyzed, architecture, path, detail);
}
const DTYPE_KEYS = ['torch_dtype', 'dtype', 'params_dtype', 'expert_dtype'];

/** Array elements belong to their key. */
function keyPath(path: JsonPath): JsonPath {
  const end = path.findIndex((step) => typeof step === 'number');
  return end === -1 ? path : path.slice(0, end);
}

interface Share {
  readonly what: string;
  readonly value: string;
  readonly share: string;
}

/** What a key decides of parameters, KV cache and FLOPs, then its formulas. */
function contributions(
  analyzed: AnalyzedConfig,
  architecture: Architecture,
  path: JsonPath,
  detail: HoverDetail,
): string[] {
  const [entry] = analyzed.opsByContext;
  if (!entry) return [];
  const [context, ops] = entry;
  const touches = (e: Expression) => dependsOn(e, path);
  const shares: Share[] = [];

  const weights = modelWeights(architecture);
  const touched = weights.filter((w) => touches(w.elements) || touches(w.copies));
  const stored = (list: typeof weights) =>
    list.reduce((total, w) => total + w.elements.value * w.copies.value, 0);
  if (stored(touched) > 0)
    shares.push({
      what: 'parameters',
      value: parameters(stored(touched)),
      share: percent(stored(touched) / stored(weights)),
    });
  const addShare = (what: string, unit: string, of: (op: Op) => Expression, total: Expression) => {
    const value = ops.filter((op) => touches(of(op))).reduce((s, op) => s + of(op).value, 0);
    if (value > 0) shares.push({ what, value: si(value, unit), share: percent(value / total.value) });
  };
  addShare('KV cache per token', 'B', (op) => op.kv.bytesPerToken, kvBytesPerToken(ops));
  addShare(`KV cache at ${contextLength(context)}`, 'B', (op) => op.kv.bytesHeld, kvBytesHeld(ops));
  addShare('state per sequence', 'B', (op) => op.kv.stateBytes, stateBytes(ops));
  for (const [role, what] of ROLES)
    addShare(
      `${what} per token`,
      'FLOPs',
      (op) => (op.role === role ? op.flops : product(0)),
      flopsOf(ops, role),
    );
  shares.push(...dollarShares(analyzed, ops, context, touches));
  if (shares.length === 0) return [];

  const table = markdownTable(
    ['decides', '', 'of all'],
    shares.map((s) => [s.what, s.value, s.share]),
  );
  if (detail === 'compact') return [table];
  const whatIfs = whatIfsAt(analyzed, path);
  const kv = kvBytesPerToken(ops);
  const shown: [string, Expression, string][] = [
    ...(touches(kv) ? [['KV cache per token', kv, 'bytes'] as [string, Expression, string]] : []),
    ...ops
      .filter((op) => touches(op.flops))
      .map((op): [string, Expression, string] => [
        `${op.name} (${op.shape}) at ${contextLength(context)}`,
        op.flops,
        'FLOPs',
      ]),
    ...touched.map((w): [string, Expression, string] => [
      w.name,
      product(w.elements, w.copies),
      'parameters',
    ]),
  ];
  return [
    table,
    ...(whatIfs ? whatIfSections(analyzed, whatIfs) : []),
    ...shown.slice(0, MAX_FORMULAS).map(([label, e, unit]) => formulaLines(label, e, unit)),
  ];
}

/** What the operations that a key is part of cost on each target, of all that a token costs. */
function dollarShares(
  { settings }: AnalyzedConfig,
  ops: readonly Op[],
  context: number,
  touches: (e: Expression) => boolean,
): Share[] {
  const touched = ops.filter(({ kind, flops, kv, weightBytes }) =>
    [flops, kv.readBytes, kv.writeBytes, ...(kind === 'lookup' ? [weightBytes] : [])].some(touches),
  );
  const { accounting } = settings.options;
  return targetsOf(settings).flatMap((target) => {
    const [part, all] = [dollarCost(touched, target, accounting), dollarCost(ops, target, accounting)];
    if (!part || !all || part.total.value === 0) return [];
    return [
      {
        what: `$ per 1M on ${target.name} at ${contextLength(context)}`,
        value: usd(part.total.value),
        share: percent(part.total.value / all.total.value),
      },
    ];
  });
}
const ROLES = [
  ['attention', 'attention'],
  ['attentionLinear', 'attention linear'],
  ['ffn', 'FFN'],
  ['other', 'router and LM head'],
] as const;
const MAX_FORMULAS = 3;

/** A formula in symbols and in this model's numbers. */
function formulaLines(label: string, e: Expression, unit: string): string {
  const numbers = formulaText(e, (_, value) => String(value));
  const notes = formulaInputs(e).flatMap(({ symbol, note }) =>
    note === undefined ? [] : [`${symbol}: ${escapeMarkdown(note)}`],
  );
  return [
    `${escapeMarkdown(label)}:`,
    `\`${formulaText(e)}\``,
    `= \`${numbers}\` = ${whole(e.value)} ${unit}`,
    ...(notes.length > 0 ? [`_${notes.join('; ')}_`] : []),
  ].join('  \n');
}
