import type { Expression } from '../expression';
import { given, type ConfigReader, type Field } from '../reader';
import { vector } from '../tensors';
import type { Tensor } from '../types';

/** A layer remembers the last token's input of its mixer and of its FFN (token shift). */
export const TOKEN_SHIFTS = given(2, { paths: [], note: 'token shifts of mixer and FFN' });

export const vectors = (
  prefix: string,
  module: Tensor['module'],
  names: readonly string[],
  size: Expression,
) => names.map((name) => vector(prefix + name, module, size));

export const hiddenField = (text: ConfigReader, hidden: Expression): Field<number> =>
  given(hidden.value, text.originOf('hidden_size'));
