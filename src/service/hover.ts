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
import { flopsOf, kvBytesHeld, kvBytesPerToken, stateBytes, type Op } from '../cost';
import type { JsonPath, Position, Range } from '../protocol';
import type { AnalyzedConfig } from './analyze';
import { contextLength, parameters, percent, si, whole } from './format';
import { escapeMarkdown } from './markdown';
import { modelSummary, storageSections } from './model-summary';
import { keyDescription } from './schema-problems';

export interface Hover {
  readonly range: Range;
  readonly markdown: string;
}

/** What a key means, what it contributes in this model, and the formulas it stands in, with their numbers. */
export function hoverAt(analyzed: AnalyzedConfig, position: Position): Hover | null {
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
    ...(architecture ? sectionsOf(analyzed, architecture, path) : []),
  ].filter((section) => section !== null);
  if (sections.length === 0) return null;
  const end = valueNode && valueNode.type !== 'object' && valueNode.type !== 'array' ? valueNode : keyNode;
  return {
    range: { start: document.positionAt(keyNode.offset), end: document.positionAt(end.offset + end.length) },
    markdown: sections.join('\n\n'),
  };
}

/** What a key means for this model. */
function sectionsOf(analyzed: AnalyzedConfig, architecture: Architecture, path: JsonPath): string[] {
  if (path.at(-1) === 'model_type' || path[0] === 'architectures') return modelSummary(analyzed.analysis);
  const storage = architecture.storage.path;
  const isStorage = DTYPE_KEYS.includes(String(path.at(-1))) || storage?.every((step, i) => path[i] === step);
  return isStorage ? storageSections(analyzed.analysis) : contributions(analyzed, architecture, path);
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
function contributions(analyzed: AnalyzedConfig, architecture: Architecture, path: JsonPath): string[] {
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
  if (shares.length === 0) return [];

  const table = [
    '| decides | | of all |',
    '|:--|--:|--:|',
    ...shares.map((s) => `| ${s.what} | ${s.value} | ${s.share} |`),
  ].join('\n');
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
  return [table, ...shown.slice(0, MAX_FORMULAS).map(([label, e, unit]) => formulaLines(label, e, unit))];
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
