import { named, sum, type Expression } from '../architecture';
import type { DollarCost } from './dollars';
import type { AfdCost } from '../protocol';

/**
 * The cheapest accelerator for attention and the cheapest for FFN (report, section 4.1): attention instances also hold
 * embeddings, routers and LM head (section 3), network time is assumed hidden. Null without any priced target.
 */
export function bestAfdPair(
  costs: ReadonlyMap<string, DollarCost>,
  context: number,
): { readonly pair: AfdCost; readonly total: Expression } | null {
  const cheapest = (of: (cost: DollarCost) => number) =>
    [...costs].reduce<readonly [string, DollarCost] | null>(
      (best, entry) => (best === null || of(entry[1]) < of(best[1]) ? entry : best),
      null,
    );
  const attention = cheapest((cost) => cost.attention.value + cost.other.value);
  const ffn = cheapest((cost) => cost.ffn.value);
  if (!attention || !ffn) return null;
  const [attentionOn, onA] = attention;
  const [ffnOn, onF] = ffn;
  const total = sum(
    named(`attention(${attentionOn})`, onA.attention),
    named(`other(${attentionOn})`, onA.other),
    named(`FFN(${ffnOn})`, onF.ffn),
  );
  return {
    total,
    pair: {
      context,
      attentionOn,
      ffnOn,
      attentionUsdPer1M: onA.attention.value,
      ffnUsdPer1M: onF.ffn.value,
      otherUsdPer1M: onA.other.value,
      usdPer1M: total.value,
    },
  };
}
