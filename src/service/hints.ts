import { formulaText, nodeAt, type Architecture, type AttentionBlock, type Origin } from '../architecture';
import { kvBytesPerToken, mainExperts } from '../cost';
import type { JsonPath, Position } from '../protocol';
import type { AnalyzedConfig } from './analyze';
import { bytes, contextLength, usd, whole } from './format';
import { headlines } from './headlines';

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
  const labels = headlines(analyzed);
  if (!architecture || !counts || !kv || !labels) return [];
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

  add(
    familyPath(analyzed),
    labels.parameters,
    `${whole(counts.total)} parameters, ${whole(counts.activated)} activated by a token (top-k and shared experts and the LM head; no embedding table). Vision tower and MTP layers stand apart: hover for the breakdown.`,
  );

  const [ops] = opsByContext.values();
  if (ops) {
    const perToken = kvBytesPerToken(ops);
    add(
      kvPath(architecture),
      labels.kv,
      [
        `KV cache per token: \`${formulaText(perToken)}\` = ${whole(perToken.value)} bytes`,
        ...kv.atContext.map(
          (at) =>
            `- at ${contextLength(at.context)}: ${bytes(at.bytes)} a sequence, ${bytes(at.reservedBytes)} reserved in blocks of ${options.kvBlockSize} tokens`,
        ),
      ].join('\n\n'),
    );
  }

  if (labels.cost !== null)
    add(
      model.layers?.paths[0],
      labels.cost,
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

/** The key whose line decides the KV cache, or else the states. */
function kvPath({ groups }: Architecture): JsonPath | undefined {
  const blocks = groups.flatMap((group) => group.attention);
  const caching = blocks.filter((a) => a.kind !== 'recurrent');
  const paths = (caching.length > 0 ? caching : blocks).flatMap((a) =>
    cacheOrigins(a).flatMap((o) => o?.paths ?? []),
  );
  return paths[0];
}

/** Where the sizes of a block's cache were read, the deciding one first. */
function cacheOrigins(a: AttentionBlock): readonly (Origin | undefined)[] {
  switch (a.kind) {
    case 'latent':
      return [a.origins.kvRank];
    case 'softmax':
      return [a.origins.kvHeads, a.origins.queryHeads, a.origins.headDim];
    case 'compressed':
      return [a.origins.headDim, a.origins.ratio];
    case 'recurrent':
      return [a.origins.keyDim, a.origins.heads, a.origins.valueDim, a.origins.convChannels];
  }
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
