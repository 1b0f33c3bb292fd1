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
import { bytes, contextLength, parameters, percent, si, usd, whole } from './format';
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
  const isFamilyKey = path.at(-1) === 'model_type' || path[0] === 'architectures';
  const sections = [
    description === null ? null : `**${escapeMarkdown(String(path.at(-1)))}** ${escapeMarkdown(description)}`,
    ...(architecture
      ? isFamilyKey
        ? [summary(analyzed)]
        : contributions(analyzed, architecture, path)
      : []),
  ].filter((section) => section !== null);
  if (sections.length === 0) return null;
  const end = valueNode && valueNode.type !== 'object' && valueNode.type !== 'array' ? valueNode : keyNode;
  return {
    range: { start: document.positionAt(keyNode.offset), end: document.positionAt(end.offset + end.length) },
    markdown: sections.join('\n\n'),
  };
}

/** Array elements belong to their key. */
function keyPath(path: JsonPath): JsonPath {
  const end = path.findIndex((step) => typeof step === 'number');
  return end === -1 ? path : path.slice(0, end);
}

/** Text from schemas and configs is text: nothing in it is markup. */
export const escapeMarkdown = (text: string): string =>
  text
    .split(/(`[^`]*`)/)
    .map((part) => (/^`[^`]*`$/.test(part) ? part : part.replace(/[\\`*_{}[\]<>#|~&]/g, '\\$&')))
    .join('');

/** The same for a client that shows no Markdown. */
export const plainText = (markdown: string): string =>
  markdown
    .replace(/^\|[:| -]*\|\n/gm, '')
    .replace(/^\| ?(.*) \|$/gm, (_, row: string) => row.replaceAll(' | ', '  '))
    .replace(/(^|[^\\])\*\*/g, '$1')
    .replace(/^_(.*)_$/gm, '$1')
    .replace(/`/g, '')
    .replace(/\\([\\*_{}[\]<>#|~&])/g, '$1');

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

/** The whole model, on the line that names its family. */
export function summary({ analysis }: AnalyzedConfig): string {
  const { parameters: p, kv, options, attention, moe, model } = analysis;
  if (!p || !kv || !attention || !model) return '';
  const modules = (['attention', 'ffn', 'embedding', 'lmHead', 'norm', 'other', 'mtp'] as const)
    .filter((key) => p[key] > 0)
    .map((key) => `${MODULE_NAMES[key]} ${parameters(p[key])}`);
  if (p.vision === null) modules.push('vision tower not counted');
  else if (p.vision > 0) modules.push(`vision ${parameters(p.vision)}`);
  if (p.audio === null) modules.push('audio tower not counted');
  else if (p.audio > 0) modules.push(`audio ${parameters(p.audio)}`);
  const rows = options.contexts.flatMap((context) => {
    const costs = analysis.cost.filter((c) => c.context === context);
    const afd = analysis.afdCost.find((c) => c.context === context);
    const held = kv.atContext.find((at) => at.context === context);
    return [
      `| ${contextLength(context)} | ${bytes(held?.bytes ?? 0)} | ${bytes(held?.reservedBytes ?? 0)} | ${costs.map((c) => usd(c.totalUsdPer1M)).join(' | ')} | ${afd ? `${usd(afd.usdPer1M)} (${afd.attentionOn} + ${afd.ffnOn})` : '-'} |`,
    ];
  });
  const targets = analysis.cost.filter((c) => c.context === options.contexts[0]).map((c) => c.target);
  return [
    `**${escapeMarkdown(model.family)}**, matched by ${escapeMarkdown(model.matchedBy)}: ${attention.kinds.join(', ')}`,
    `${parameters(p.total)} parameters, ${parameters(p.activated)} activated (${modules.join(', ')})`,
    `KV cache ${bytes(kv.bytesPerToken)} per token${kv.stateBytesPerSequence > 0 ? `, state ${bytes(kv.stateBytesPerSequence)} per sequence` : ''}; arithmetic intensity ${attention.arithmeticIntensity.toPrecision(3)} FLOPs per KV byte; effective rank ${whole(attention.effectiveRank)}${moe ? `; MoE sparsity ${moe.sparsity.toFixed(3)}` : ''}`,
    [
      `| $ per 1M at | KV | reserved | ${targets.join(' | ')} | best AFD |`,
      `|--:|--:|--:|${targets.map(() => '--:|').join('')}--:|`,
      ...rows,
    ].join('\n'),
    `_${options.precision.toUpperCase()} weights, ${options.kvPrecision.toUpperCase()} KV, reserved in blocks of ${options.kvBlockSize} tokens${options.windowReservation === 'full' ? ', windowed layers in full' : ''}. ${escapeMarkdown(analysis.accountingNotes[0] ?? '')}_`,
  ].join('\n\n');
}
const MODULE_NAMES = {
  attention: 'attention',
  ffn: 'FFN',
  embedding: 'embedding',
  lmHead: 'LM head',
  norm: 'norms',
  other: 'other',
  mtp: 'MTP',
} as const;
