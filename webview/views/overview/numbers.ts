/** The numbers of a model that stand at the top of its overview, each with the formula that it comes from. */
import type { Formula, ModelAnalysis } from '../../../src/protocol';
import { formatBytes, formatContext, formatCount, formatUsd } from '../../format';

export interface ShownNumber {
  readonly key: string;
  readonly label: string;
  readonly text: string;
  /** What else there is to know, in few words. */
  readonly detail: string;
  /** Null where nothing is computed: weights that don't fit leave no room for a sequence. */
  readonly formula: Formula | null;
}

export interface NumberGroup {
  readonly key: string;
  readonly title: string;
  readonly numbers: readonly ShownNumber[];
}

export function numbersOf(analysis: ModelAnalysis, context: number): NumberGroup[] {
  // As the labels of formulas say it.
  const at = `at ${formatContext(context).replaceAll(',', '')}`;
  const number = (
    label: string,
    text: string | undefined,
    detail: string,
    formula: string,
  ): readonly ShownNumber[] =>
    text === undefined
      ? []
      : [
          {
            key: label,
            label,
            text,
            detail,
            formula: analysis.formulas.find((f) => f.label === formula) ?? null,
          },
        ];
  const { parameters, kv, attention, moe } = analysis;
  const held = kv?.atContext.find((each) => each.context === context);
  const afd = analysis.afdCost.find((cost) => cost.context === context);
  const groups: NumberGroup[] = [
    {
      key: 'architecture',
      title: 'Architecture',
      numbers: [
        ...number(
          'Parameters',
          parameters ? formatCount(parameters.total) : undefined,
          'total',
          'Parameters',
        ),
        ...number(
          'Activated',
          parameters ? formatCount(parameters.activated) : undefined,
          'parameters a token',
          'Activated parameters',
        ),
        ...number(
          'KV per token',
          kv ? formatBytes(kv.bytesPerToken) : undefined,
          'all layers',
          'KV cache per token',
        ),
        ...number(
          `KV ${at}`,
          held ? formatBytes(held.bytes) : undefined,
          'a sequence',
          `KV cache of a sequence ${at}`,
        ),
        ...number(
          'State',
          kv && kv.stateBytesPerSequence > 0 ? formatBytes(kv.stateBytesPerSequence) : undefined,
          'a sequence',
          'State per sequence',
        ),
        ...number(
          'Attention intensity',
          attention ? String(Number(attention.arithmeticIntensity.toPrecision(3))) : undefined,
          'FLOPs per byte',
          'Arithmetic intensity of attention',
        ),
        ...number(
          'Effective rank',
          attention ? grouped(attention.effectiveRank) : undefined,
          attention?.kinds.join(', ') ?? '',
          'Effective rank of attention',
        ),
        ...number(
          'MoE sparsity',
          moe ? String(Number(moe.sparsity.toPrecision(3))) : undefined,
          moe ? expertsText(moe) : '',
          'MoE sparsity',
        ),
      ],
    },
    {
      key: 'cost',
      title: `Decode cost per 1M tokens ${at}`,
      numbers: [
        ...analysis.cost
          .filter((cost) => cost.context === context)
          .flatMap(({ target, totalUsdPer1M, attentionBoundBy }) =>
            number(
              target,
              formatUsd(totalUsdPer1M),
              `attention ${attentionBoundBy}-bound`,
              `Cost on ${target} ${at}`,
            ),
          ),
        ...number(
          'AFD',
          afd ? formatUsd(afd.usdPer1M) : undefined,
          afd ? `${afd.attentionOn} + ${afd.ffnOn}` : '',
          `AFD cost ${at}`,
        ),
      ],
    },
    {
      key: 'batch',
      title: `Largest batch in memory ${at}`,
      numbers: analysis.memory
        .filter((fit) => fit.context === context)
        .flatMap((fit) =>
          number(
            `${fit.gpus} × ${fit.target}`,
            fit.largestBatch === null ? 'no limit' : grouped(fit.largestBatch),
            fit.weightsBytes > fit.usableBytes
              ? `${formatBytes(fit.weightsBytes)} of weights don’t fit in ${formatBytes(fit.usableBytes)}`
              : `weights ${formatBytes(fit.weightsBytes)} of ${formatBytes(fit.usableBytes)}`,
            `Sequences that fit on ${fit.target} ${at}`,
          ),
        ),
    },
  ];
  return groups.filter(({ numbers }) => numbers.length > 0);
}

/** Numbers of different groups may be named alike: a target has a cost and a batch. */
export const keyOf = (group: NumberGroup, number: ShownNumber): string => `${group.key}/${number.key}`;

const grouped = (value: number): string => String(value).replace(/\B(?=(\d{3})+$)/g, ',');

function expertsText(moe: NonNullable<ModelAnalysis['moe']>): string {
  const shared = moe.sharedExperts > 0 ? ` + ${Number(moe.sharedExperts.toFixed(2))} shared` : '';
  return `${moe.expertsPerToken}${shared} of ${moe.routedExperts} experts`;
}
