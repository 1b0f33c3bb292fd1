import type { SoftmaxSpec } from '../blocks';
import { product, type Expression } from '../expression';
import type { ConfigReader, Field } from '../reader';
import { matrix, symbol } from '../tensors';

/** The gate of the attention's output: one number a head, one an element, or none. */
export type OutputGate = 'head' | 'element' | 'none';

/** `gating`: one number a head if absent, true or "per-head"; transformers takes all else for one an element. */
export function gateOf(text: ConfigReader): OutputGate {
  const gating = text.raw('gating');
  return gating === undefined || gating === null || gating === true || gating === 'per-head'
    ? 'head'
    : 'element';
}

/** What an attention with `g_proj` as its gate has. */
export const outputGate = (
  gate: OutputGate,
  hidden: Expression,
  queryHeads: Field<number>,
  headDim: Field<number>,
): Pick<SoftmaxSpec, 'gate' | 'extra'> =>
  gate === 'element'
    ? {
        extra: [
          matrix(
            'self_attn.g_proj',
            'attention',
            product(symbol('n_q', queryHeads), symbol('d', headDim)),
            hidden,
          ),
        ],
      }
    : { gate: gate === 'head' ? 'headwise' : 'none' };
