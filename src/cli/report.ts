import type { ModelAnalysis, Parameters, WeightsSummary } from '../protocol';
import { batchSize, format, type CatalogEntry, type FamilyEntry } from '../service';
import { table, type TableStyle } from './table';

const { bytes, contextLength, parameters, si, usd, whole } = format;

/** Findings as `file:line:column: severity code message`, which editors and terminals make links of. */
function findingLines({ file, findings }: ModelAnalysis): string[] {
  return findings.map(
    ({ range, severity, code, message }) =>
      `${file}:${range.start.line + 1}:${range.start.character + 1}: ${severity} ${code}: ${plain(message)}`,
  );
}

/** Strings out of configs can't steer the terminal. */
export const plain = (text: string): string => text.replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ');

/** How the config says the weights are stored, and what lies beside it. */
function storedText(weights: WeightsSummary, checkpoint: ModelAnalysis['checkpoint']): string {
  const formats = weights.byFormat.map((f) => `${f.format} ${bytes(f.bytes)}`).join(', ');
  const beside = checkpoint
    ? `; ${checkpoint.file} ${checkpoint.bytes === checkpoint.expectedBytes ? 'agrees to the byte' : `has ${bytes(checkpoint.bytes)}`}`
    : '';
  return [`${bytes(weights.bytes)}: ${formats}${beside}`, ...weights.notes].join('; ');
}

const uncountedTowers = (p: Parameters): string[] =>
  (['vision', 'audio'] as const)
    .filter((kind) => p[kind] === null)
    .map((kind) => `without the ${kind} tower`);

const towerTexts = (p: Parameters): string[] =>
  (['vision', 'audio'] as const).flatMap((kind) => {
    const count = p[kind];
    if (count === null) return [`${kind} tower not counted`];
    return count > 0 ? [`${kind} apart ${parameters(count)}`] : [];
  });

/** Facts of one model, as label and value. */
function facts({
  parameters: p,
  weights,
  checkpoint,
  kv,
  memory,
  attention,
  moe,
  model,
}: ModelAnalysis): [string, string][] {
  if (!p || !kv || !attention || !model) return [];
  const rows: [string, string][] = [
    ['family', `${model.family} (${model.matchedBy})`],
    [
      'attention',
      `${attention.kinds.join(', ')}; intensity ${attention.arithmeticIntensity.toPrecision(3)} FLOPs per KV byte; effective rank ${whole(attention.effectiveRank)}`,
    ],
    ['parameters', `${parameters(p.total)} (${whole(p.total)}), activated ${parameters(p.activated)}`],
    [
      '  by module',
      [
        `attention ${parameters(p.attention)}`,
        `FFN ${parameters(p.ffn)}`,
        `embedding ${parameters(p.embedding)}`,
        p.lmHead > 0 ? `LM head ${parameters(p.lmHead)}` : 'LM head tied to the embedding',
        ...(p.mtp > 0 ? [`MTP apart ${parameters(p.mtp)}`] : []),
        ...(p.other > 0 ? [`other ${parameters(p.other)}`] : []),
        ...towerTexts(p),
      ].join(', '),
    ],
    ...(weights
      ? [
          ['checkpoint', [storedText(weights, checkpoint), ...uncountedTowers(p)].join('; ')] as [
            string,
            string,
          ],
        ]
      : []),
    [
      'KV cache',
      `${bytes(kv.bytesPerToken)} per token${kv.unboundedBytesPerToken < kv.bytesPerToken ? `, ${bytes(kv.unboundedBytesPerToken)} of it never dropped` : ''}${kv.stateBytesPerSequence > 0 ? `; state ${bytes(kv.stateBytesPerSequence)} per sequence` : ''}`,
    ],
  ];
  const fits = memoryText(memory);
  if (fits !== '') rows.push(['fits', fits]);
  if (moe) {
    const least = Object.entries(moe.minimumSparsity).map(
      ([target, value]) => `${target} ${value?.toFixed(3) ?? 'network unknown'}`,
    );
    rows.push([
      'MoE',
      `sparsity ${moe.sparsity.toFixed(3)}: (${moe.expertsPerToken} + ${moe.sharedExperts} shared) / ${moe.routedExperts}; least: ${least.join(', ')}`,
    ]);
  }
  return rows;
}

/** The largest batch that fits, by context and target. */
function memoryText(memory: ModelAnalysis['memory']): string {
  const [first] = memory;
  if (!first) return '';
  const contexts = [...new Set(memory.map((fit) => fit.context))];
  const batches = contexts.map((context) => {
    const at = memory.filter((fit) => fit.context === context);
    return `${contextLength(context)} ${at.map((fit) => `${fit.target} ${batchSize(fit)}`).join(', ')}`;
  });
  return `weights ${bytes(first.weightsBytes)} (${first.weightsFormat}) on ${format.gpus(first.gpus)}; largest batch at ${batches.join('; at ')}`;
}

function perTokenTable(model: ModelAnalysis, style: TableStyle): string {
  return table(
    ['context', 'KV held', 'reserved', 'KV moved', 'attention', 'attn linear', 'FFN', 'other'],
    model.perToken.map((row) => [
      contextLength(row.context),
      ...heldAndReserved(model, row.context),
      bytes(row.kvBytes),
      ...[row.attentionFlops, row.attentionLinearFlops, row.ffnFlops, row.otherFlops].map((flops) =>
        si(flops, 'FLOPs'),
      ),
    ]),
    style,
  );
}

function heldAndReserved({ kv }: ModelAnalysis, context: number): string[] {
  const at = kv?.atContext.find((entry) => entry.context === context);
  return [bytes(at?.bytes ?? 0), bytes(at?.reservedBytes ?? 0)];
}

function costTable(model: ModelAnalysis, style: TableStyle): string {
  const rows = model.options.contexts.flatMap((context) => [
    ...model.options.targets.map((target) => {
      const cost = model.cost.find((c) => c.context === context && c.target === target);
      if (!cost) return [contextLength(context), target, 'no price', '', '', '', ''];
      return [
        contextLength(context),
        target,
        usd(cost.totalUsdPer1M),
        usd(cost.attentionUsdPer1M),
        usd(cost.ffnUsdPer1M),
        usd(cost.otherUsdPer1M),
        cost.attentionBoundBy,
      ];
    }),
    ...model.afdCost
      .filter((pair) => pair.context === context)
      .map((pair) => [
        contextLength(context),
        `AFD ${pair.attentionOn}+${pair.ffnOn}`,
        usd(pair.usdPer1M),
        usd(pair.attentionUsdPer1M),
        usd(pair.ffnUsdPer1M),
        usd(pair.otherUsdPer1M),
        '',
      ]),
  ]);
  return table(
    ['context', 'target', '$/1M tokens', 'attention', 'FFN', 'other', 'attention bound by'],
    rows,
    style,
    2,
  );
}

/** What all models' numbers have in common, and the notes that hold for all of them. */
function closing(models: readonly ModelAnalysis[]): string[] {
  const read = models.filter((model) => model.parameters);
  const notes = [...new Set(read.flatMap((model) => model.accountingNotes.slice(1)))];
  return read[0] ? [optionsLine(read[0]), ...notes] : [];
}

const optionsLine = ({ options }: ModelAnalysis): string =>
  `Accounting ${options.accounting}, weights ${options.precision.toUpperCase()}, KV ${options.kvPrecision.toUpperCase()} in blocks of ${options.kvBlockSize} tokens; theoretical decode cost at full utilisation, in US dollars per 1M tokens.`;

export function textReport(models: readonly ModelAnalysis[]): string {
  const parts = models.map((model) => {
    const title = plain(model.model ? `${model.model.name} (${model.file})` : model.file);
    const head = facts(model).map(([label, value]) => `  ${label.padEnd(11)} ${plain(value)}`);
    const body = model.parameters
      ? ['', indent(perTokenTable(model, 'text')), '', indent(costTable(model, 'text'))]
      : [];
    const notes = model.accountingNotes.slice(0, 1).map((note) => `\n  ${note}`);
    return [title, ...head, ...findingLines(model).map(plain), ...body, ...notes].join('\n');
  });
  return `${[...parts, ...closing(models)].join('\n\n')}\n`;
}

const indent = (text: string): string => text.replace(/^/gm, '  ');

/** Markdown treats these as markup; a config's strings are text. */
export const escaped = (text: string): string => plain(text).replace(/[\\`*_{}[\]<>#|~&]/g, '\\$&');

export function markdownReport(models: readonly ModelAnalysis[]): string {
  const parts = models.map((model) => [
    `## ${escaped(model.model?.name ?? model.file)}`,
    ...(facts(model).length > 0
      ? [
          facts(model)
            .map(([label, value]) => `- ${label.trim()}: ${escaped(value)}`)
            .join('\n'),
        ]
      : []),
    ...(model.findings.length > 0
      ? [
          findingLines(model)
            .map((line) => `- ${escaped(line)}`)
            .join('\n'),
        ]
      : []),
    ...(model.parameters ? [perTokenTable(model, 'markdown'), costTable(model, 'markdown')] : []),
    ...model.accountingNotes.slice(0, 1),
  ]);
  return `${[...parts.flat(), ...closing(models)].join('\n\n')}\n`;
}

/** One row a model: size, cache and total cost on each target at each context. */
export function comparison(models: readonly ModelAnalysis[], style: TableStyle): string {
  const [first] = models;
  if (!first) return '';
  const { contexts, targets } = first.options;
  const text = style === 'text' ? plain : escaped;
  const tables = contexts.map((context) => {
    const rows = models
      .filter((model) => model.parameters)
      .map((model) => {
        const afd = model.afdCost.find((pair) => pair.context === context);
        return [
          text(model.model?.name ?? model.file),
          parameters(model.parameters?.total ?? 0),
          parameters(model.parameters?.activated ?? 0),
          bytes(model.kv?.atContext.find((at) => at.context === context)?.bytes ?? 0),
          ...targets.map((target) => {
            const cost = model.cost.find((c) => c.context === context && c.target === target);
            return cost ? usd(cost.totalUsdPer1M) : '-';
          }),
          afd ? usd(afd.usdPer1M) : '-',
          afd ? `${afd.attentionOn}+${afd.ffnOn}` : '',
        ];
      });
    const title = `Decode cost at ${contextLength(context)}, US dollars per 1M tokens`;
    const heads = ['model', 'parameters', 'activated', 'KV', ...targets, 'best AFD', 'on'];
    return `${style === 'text' ? title : `### ${title}`}\n\n${table(heads, rows, style, 1)}`;
  });
  const findings = models.flatMap(findingLines).map(text);
  return `${[...tables, ...(findings.length > 0 ? [findings.join('\n')] : []), [...closing(models), OTHER_ACCOUNTING].join('\n')].join('\n\n')}\n`;
}

/** A comparison has no room for what each model's accounting leaves out. */
const OTHER_ACCOUNTING =
  'How exact and step3-paper differ for a model, decode-lens analyze tells; --accounting chooses.';

export function catalogTable(
  entries: readonly CatalogEntry[],
  models: readonly ModelAnalysis[],
  style: TableStyle,
): string {
  const rows = entries.map((entry, i) => {
    const p = models[i]?.parameters;
    return [
      entry.name,
      entry.publisher,
      p ? parameters(p.total) : '-',
      p ? parameters(p.activated) : '-',
      bytes(models[i]?.kv?.bytesPerToken ?? 0),
      models[i]?.attention?.kinds.join(', ') ?? '-',
      entry.source,
    ];
  });
  return `${table(['model', 'publisher', 'parameters', 'activated', 'KV/token', 'attention', 'source'], rows, style, 2)}\n`;
}

/** What is read: families with the model types by which they are known. */
export const familyTable = (entries: readonly FamilyEntry[], style: TableStyle): string =>
  table(
    ['family', 'model_type', 'schema'],
    entries.map(({ name, modelTypes, schema }) => [
      name,
      modelTypes.map((type) => (style === 'markdown' ? `\`${type}\`` : type)).join(', '),
      style === 'markdown' ? `[${schema}](../schemas/config-${schema}.schema.json)` : schema,
    ]),
    style,
    3,
  );
