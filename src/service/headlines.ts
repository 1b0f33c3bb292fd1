import { kvPrecisions } from '../cost';
import type { AnalyzedConfig } from './analyze';
import { bytes, contextLength, parameters, usd } from './format';

/** The numbers that decide, each in a few words: for hints on their lines and for the lens at the top. */
export interface Headlines {
  readonly parameters: string;
  readonly kv: string;
  /** At the first context; null where no target has a price. */
  readonly cost: string | null;
}

/** Null where no architecture could be read. */
export function headlines({ analysis, opsByContext }: AnalyzedConfig): Headlines | null {
  const { parameters: counts, kv, options, cost, afdCost } = analysis;
  const [ops] = opsByContext.values();
  if (!counts || !kv || !ops) return null;
  const state = kv.stateBytesPerSequence > 0 ? `, state ${bytes(kv.stateBytesPerSequence)}/sequence` : '';
  const [context] = options.contexts;
  const costs = cost.filter((c) => c.context === context);
  const afd = afdCost.find((pair) => pair.context === context);
  return {
    parameters: `${parameters(counts.total)} parameters, ${parameters(counts.activated)} activated`,
    kv: `${kv.bytesPerToken > 0 ? `KV ${bytes(kv.bytesPerToken)}/token at ${kvPrecisions(ops)}` : 'no KV cache'}${state}`,
    cost:
      context === undefined || costs.length === 0
        ? null
        : `$/1M at ${contextLength(context)}: ${costs.map((c) => `${c.target} ${usd(c.totalUsdPer1M)}`).join(', ')}${afd ? `, AFD ${usd(afd.usdPer1M)}` : ''}`,
  };
}
