/** What the analyses say of decoding and training on a target. */
import type { ComparedModel } from '../../../src/protocol';

export interface CostPair {
  readonly model: ComparedModel;
  /** US dollars per 1M tokens. */
  readonly decode: number;
  readonly training: number;
  /** Tokens of context that training is counted at. */
  readonly trainingContext: number;
  /** Dollars of decoding per dollar of training. */
  readonly ratio: number;
}

/** What of a view's context decides these costs. */
interface Shown {
  readonly shown: readonly ComparedModel[];
  readonly context: number;
}

/** The active model first, then by the cost of decoding. Models without both costs are left out. */
export function pairsOf({ shown, context }: Shown, target: string): CostPair[] {
  return shown
    .flatMap((model): CostPair[] => {
      const { cost, trainingCost } = model.analysis;
      const decode = cost.find((c) => c.target === target && c.context === context)?.totalUsdPer1M;
      const training = trainingCost.find((c) => c.target === target);
      if (decode === undefined || training === undefined) return [];
      return [
        {
          model,
          decode,
          training: training.usdPer1M,
          trainingContext: training.context,
          ratio: decode / training.usdPer1M,
        },
      ];
    })
    .sort((a, b) => Number(b.model.active) - Number(a.model.active) || a.decode - b.decode);
}

/** Targets that some model has both costs on. */
export const targetsOf = (context: Shown, targets: readonly string[]): string[] =>
  targets.filter((target) => pairsOf(context, target).length > 0);
