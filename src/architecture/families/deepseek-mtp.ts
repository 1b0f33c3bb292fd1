import { product, type Expression } from '../expression';
import type { ConfigReader } from '../reader';
import { matrix, norms } from '../tensors';
import type { Layer, MtpLayers } from '../types';

/**
 * DeepSeek's MTP modules: a full layer, eh_proj and the three norms enorm, hnorm, shared_head.norm (DeepSeek-V3 report,
 * section 2.2).
 */
export function deepseekMtp(
  text: ConfigReader,
  hidden: Expression,
  of: Layer,
  storesEnds: boolean,
  lastNorm = 'shared_head.norm',
): MtpLayers | null {
  const count = text.optionalSize('num_nextn_predict_layers', 0);
  if (!count || count.value === 0) return null;
  return {
    count: count.value,
    origin: count.origin,
    layer: of,
    extra: [
      matrix('eh_proj', 'mtp', hidden, product(2, hidden), { keepsDtype: true }),
      ...norms(['enorm', 'hnorm', lastNorm], hidden),
    ],
    once: [],
    storesEnds,
  };
}
