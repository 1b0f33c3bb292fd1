import { constant, quotient, type Expression } from '../../expression';
import { isObject, type ConfigReader, type Field } from '../../reader';
import { matrix, symbol, vector } from '../../tensors';
import type { Tensor } from '../../types';
import type { FamilyInput } from '../decoder';

/**
 * Rotary frequencies, half a head's width a layer: until 4.32 transformers registered them as buffers that are saved, so
 * that published totals of Llama 2 and its kin count them.
 */
export function rotaryFrequencies(
  { root, text }: FamilyInput,
  headDim: Field<number>,
  layers: Field<number>,
): Tensor[] {
  const version = /^(\d+)\.(\d+)/.exec(
    text.text('transformers_version') ?? root.text('transformers_version') ?? '',
  );
  const isOld =
    version !== null && (Number(version[1]) < 4 || (version[1] === '4' && Number(version[2]) < 32));
  if (!isOld) return [];
  return [
    vector('self_attn.rotary_emb.inv_freq', 'other', quotient(symbol('d', headDim), 2), {
      copies: symbol('L', layers),
    }),
  ];
}

/** A reward model or classifier has a head of one row a label in place of the LM head. */
export function scoreHead(root: ConfigReader, hidden: Expression): Tensor[] {
  const classes = root.list('architectures') ?? [];
  if (!classes.some((name) => typeof name === 'string' && name.endsWith('ForSequenceClassification')))
    return [];
  const labels = root.raw('id2label');
  const count = isObject(labels) ? Object.keys(labels).length : 2;
  return [matrix('score', 'other', constant(count), hidden)];
}
