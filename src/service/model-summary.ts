import type { ModelAnalysis, WeightFormat } from '../protocol';
import { bytes, contextLength, gpus, parameters, usd, whole } from './format';
import { batchSize } from './memory-text';
import { escapeMarkdown } from './markdown';

/** The whole model in Markdown, for the hover on the line that names its family. */
export function modelSummary(analysis: ModelAnalysis): string[] {
  const { parameters: p, kv, attention, moe, model } = analysis;
  if (!p || !kv || !attention || !model) return [];
  return [
    `**${escapeMarkdown(model.family)}**, matched by ${escapeMarkdown(model.matchedBy)}: ${attention.kinds.join(', ')}`,
    `${parameters(p.total)} parameters (${whole(p.total)}), ${parameters(p.activated)} activated`,
    modulesTable(analysis),
    storedLine(analysis),
    `KV cache ${bytes(kv.bytesPerToken)} per token${kv.stateBytesPerSequence > 0 ? `, state ${bytes(kv.stateBytesPerSequence)} per sequence` : ''}; arithmetic intensity ${attention.arithmeticIntensity.toPrecision(3)} FLOPs per KV byte; effective rank ${whole(attention.effectiveRank)}${moe ? `; MoE sparsity ${moe.sparsity.toFixed(3)}` : ''}`,
    costTable(analysis),
    memoryTable(analysis),
    optionsLine(analysis),
  ].filter((section) => section !== '');
}

const MODULE_NAMES: Readonly<Record<string, string>> = {
  attention: 'attention',
  denseFfn: 'dense FFN',
  routedFfn: 'routed experts',
  sharedFfn: 'shared experts',
  router: 'routers',
  embedding: 'embedding',
  lmHead: 'LM head',
  norm: 'norms',
  other: 'other',
  mtp: 'MTP layers (apart)',
  vision: 'vision (apart)',
  audio: 'audio (apart)',
};

/** Parameters and bytes by module, from the list of all weight arrays. */
function modulesTable({ breakdown, parameters: p }: ModelAnalysis): string {
  const rows = Object.entries(MODULE_NAMES).flatMap(([module, name]) => {
    const isUncounted = (module === 'vision' || module === 'audio') && p?.[module] === null;
    if (isUncounted) return [`| ${name} | not counted | |`];
    const weights = breakdown.filter((w) => w.module === module);
    const elements = weights.reduce((sum, w) => sum + w.elements, 0);
    const stored = weights.reduce((sum, w) => sum + w.bytes, 0);
    if (elements > 0) return [`| ${name} | ${whole(elements)} | ${bytes(stored)} |`];
    return module === 'lmHead' && weights.length > 0 ? [`| ${name} | tied to the embedding | |`] : [];
  });
  return ['| module | parameters | in the checkpoint |', '|:--|--:|--:|', ...rows].join('\n');
}

/** How the checkpoint stores the model, and whether the one beside the config agrees. */
function storedLine({ weights, checkpoint }: ModelAnalysis): string {
  if (!weights) return '';
  const formats = weights.byFormat.map((f) => `${escapeMarkdown(f.format)} ${bytes(f.bytes)}`).join(', ');
  const beside =
    checkpoint === null
      ? ''
      : checkpoint.bytes === checkpoint.expectedBytes
        ? `; ${escapeMarkdown(checkpoint.file)} agrees to the byte`
        : `; ${escapeMarkdown(checkpoint.file)} has ${bytes(checkpoint.bytes)}`;
  const notes = weights.notes.map((note) => `; ${escapeMarkdown(note)}`).join('');
  return `Stored as the config says: ${formats}${beside}${notes}`;
}

function costTable({ options, cost, afdCost, kv }: ModelAnalysis): string {
  const rows = options.contexts.map((context) => {
    const costs = cost.filter((c) => c.context === context);
    const afd = afdCost.find((c) => c.context === context);
    const held = kv?.atContext.find((at) => at.context === context);
    return `| ${contextLength(context)} | ${bytes(held?.bytes ?? 0)} | ${bytes(held?.reservedBytes ?? 0)} | ${costs.map((c) => usd(c.totalUsdPer1M)).join(' | ')} | ${afd ? `${usd(afd.usdPer1M)} (${afd.attentionOn} + ${afd.ffnOn})` : '-'} |`;
  });
  const targets = cost.filter((c) => c.context === options.contexts[0]).map((c) => c.target);
  return [
    `| $ per 1M at | KV | reserved | ${targets.join(' | ')} | best AFD |`,
    `|--:|--:|--:|${targets.map(() => '--:|').join('')}--:|`,
    ...rows,
  ].join('\n');
}

/** The largest batch that fits, by target and context. */
function memoryTable({ memory, options }: ModelAnalysis): string {
  const [first] = memory;
  if (!first) return '';
  const at = memory.filter((fit) => fit.context === first.context);
  const rows = options.contexts.map((context) => {
    const fits = memory.filter((fit) => fit.context === context);
    return `| ${contextLength(context)} | ${fits.map(batchSize).join(' | ')} |`;
  });
  return [
    `Weights in memory: ${bytes(first.weightsBytes)} on ${gpus(first.gpus)}, ${escapeMarkdown(first.weightsFormat)}.`,
    '',
    `| largest batch on ${first.gpus} | ${at.map((fit) => fit.target).join(' | ')} |`,
    `|--:|${at.map(() => '--:|').join('')}`,
    ...rows,
  ].join('\n');
}

const optionsLine = ({ options, accountingNotes }: ModelAnalysis): string =>
  `_${options.precision.toUpperCase()} weights, ${options.kvPrecision.toUpperCase()} KV, reserved in blocks of ${options.kvBlockSize} tokens${options.windowReservation === 'full' ? ', windowed layers in full' : ''}. ${escapeMarkdown(accountingNotes[0] ?? '')}_`;

/** How the weights are stored, for the hover on dtype and quantization. */
export function storageSections({ weights, options }: ModelAnalysis): string[] {
  if (!weights) return [];
  const row = (f: WeightFormat) =>
    `| ${escapeMarkdown(f.format)} | ${whole(f.elements)} | ${bytes(f.bytes)} | ${f.scaleBytes > 0 ? bytes(f.scaleBytes) : '-'} |`;
  return [
    `The checkpoint takes ${bytes(weights.bytes)}${weights.quantization === null ? '' : `, quantized by ${escapeMarkdown(weights.quantization)}`}:`,
    [
      '| stored as | weights | bytes | of them scales |',
      '|:--|--:|--:|--:|',
      ...weights.byFormat.map(row),
    ].join('\n'),
    ...weights.notes.map((note) => `_${escapeMarkdown(note)}_`),
    `_Costs are computed at ${options.precision.toUpperCase()} weights and ${options.kvPrecision.toUpperCase()} KV, as the settings say, whatever the file's format is._`,
  ];
}
