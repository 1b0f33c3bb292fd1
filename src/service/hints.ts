import { formulaText, nodeAt, pathsOf, type Expression } from '../architecture';
import { kvBytesPerToken, kvPrecisions, mainExperts } from '../cost';
import type { JsonPath, Position } from '../protocol';
import type { AnalyzedConfig } from './analyze';
import { bytes, contextLength, parameters, usd, whole } from './format';

/** A number shown at the end of a line of the config. */
export interface Hint {
  readonly position: Position;
  readonly label: string;
  /** Markdown: how the number came about. */
  readonly tooltip: string;
}

/** KV cache per token on the line that decides it, parameters beside the family, cost beside the layer count. */
export function inlayHints(analyzed: AnalyzedConfig): Hint[] {
  const { analysis, architecture, opsByContext } = analyzed;
  const { parameters: counts, kv, options } = analysis;
  if (!architecture || !counts || !kv) return [];
  const hints: Hint[] = [];
  const add = (path: JsonPath | undefined, label: string, tooltip: string) => {
    const position = path && endOfLine(analyzed, path);
    if (!position) return;
    const same = hints.findIndex((h) => h.position.line === position.line);
    const other = hints[same];
    if (other)
      hints[same] = {
        position,
        label: `${other.label} | ${label}`,
        tooltip: `${other.tooltip}\n\n${tooltip}`,
      };
    else hints.push({ position, label, tooltip });
  };
  const model = architecture.model.origins;
  const textPath = analyzed.match?.textPath ?? [];

  add(
    familyPath(analyzed),
    `${parameters(counts.total)} parameters, ${parameters(counts.activated)} activated`,
    `${whole(counts.total)} parameters, ${whole(counts.activated)} activated by a token (top-k and shared experts and the LM head; no embedding table). Vision tower and MTP layers stand apart: hover for the breakdown.`,
  );

  const [ops] = opsByContext.values();
  if (ops) {
    const perToken = kvBytesPerToken(ops);
    const state = kv.stateBytesPerSequence > 0 ? `, state ${bytes(kv.stateBytesPerSequence)}/sequence` : '';
    add(
      kvPath(perToken, textPath),
      `KV ${bytes(kv.bytesPerToken)}/token at ${kvPrecisions(ops)}${state}`,
      [
        `KV cache per token: \`${formulaText(perToken)}\` = ${whole(perToken.value)} bytes`,
        ...kv.atContext.map(
          (at) =>
            `- at ${contextLength(at.context)}: ${bytes(at.bytes)} a sequence, ${bytes(at.reservedBytes)} reserved in blocks of ${options.kvBlockSize} tokens`,
        ),
      ].join('\n\n'),
    );
  }

  const [context] = options.contexts;
  const costs = analysis.cost.filter((cost) => cost.context === context);
  const afd = analysis.afdCost.find((pair) => pair.context === context);
  if (context !== undefined && costs.length > 0)
    add(
      model.layers?.paths[0],
      `$/1M at ${contextLength(context)}: ${costs.map((cost) => `${cost.target} ${usd(cost.totalUsdPer1M)}`).join(', ')}${afd ? `, AFD ${usd(afd.usdPer1M)}` : ''}`,
      [
        `Decode cost per 1M tokens (${options.accounting}, ${options.precision.toUpperCase()} weights, ${options.kvPrecision.toUpperCase()} KV):`,
        ...analysis.cost.map(
          (c) =>
            `- ${c.target} at ${contextLength(c.context)}: attention ${usd(c.attentionUsdPer1M)} (${c.attentionBoundBy}-bound) + FFN ${usd(c.ffnUsdPer1M)} + other ${usd(c.otherUsdPer1M)}`,
        ),
        ...analysis.afdCost.map(
          (p) =>
            `- AFD at ${contextLength(p.context)}: attention on ${p.attentionOn}, FFN on ${p.ffnOn}: ${usd(p.usdPer1M)}`,
        ),
      ].join('\n'),
    );

  const { moe } = analysis;
  const experts = mainExperts(architecture);
  if (moe) {
    const least = Object.entries(moe.minimumSparsity).flatMap(([target, value]) =>
      value === null ? [] : [`${target} ${value.toFixed(3)}`],
    );
    add(
      experts?.origins.topK?.paths[0],
      `sparsity ${moe.sparsity.toFixed(3)}`,
      `MoE sparsity ${moe.sparsity.toFixed(4)} = (${moe.expertsPerToken} routed + ${moe.sharedExperts} shared) / ${moe.routedExperts} experts. The least that keeps FFN instances at their peak before the network is full (Step-3 report, section 5.4): ${least.join(', ')}.`,
    );
  }
  return hints;
}

/** The line that says what family this is. */
function familyPath({ match, config }: AnalyzedConfig): JsonPath | undefined {
  const candidates: JsonPath[] = [
    ['model_type'],
    ['architectures'],
    [...(match?.textPath ?? []), 'model_type'],
  ];
  return candidates.find((path) => exists(config.root, path));
}

const exists = (root: AnalyzedConfig['config']['root'], path: JsonPath): boolean => {
  const node = nodeAt(root, path);
  return node !== undefined && node !== nodeAt(root, path.slice(0, -1));
};

/** The key whose line decides the KV cache: what it is made of, the layer count last. */
function kvPath(perToken: Expression, textPath: JsonPath): JsonPath | undefined {
  const paths = pathsOf(perToken);
  const byKey = (key: string) => paths.find((path) => path.at(-1) === key);
  return (
    byKey('kv_lora_rank') ??
    byKey('num_attention_groups') ??
    byKey('num_key_value_heads') ??
    byKey('num_attention_heads') ??
    paths.find((path) => path.length > textPath.length)
  );
}

/** End of the line on which a value ends. */
function endOfLine({ config, document }: AnalyzedConfig, path: JsonPath): Position | null {
  if (!exists(config.root, path)) return null;
  const node = nodeAt(config.root, path);
  if (!node) return null;
  const { line } = document.positionAt(node.offset);
  const text = document.getText({ start: { line, character: 0 }, end: { line: line + 1, character: 0 } });
  return { line, character: text.trimEnd().length };
}
