import { given, type ConfigReader, type Field } from '../reader';

/**
 * A list of layer kinds under the names that a family's configs use; transformers has renamed some over time, so that a
 * kind has several. Null where the key is absent.
 */
export function layerKinds<Kind extends string>(
  text: ConfigReader,
  key: string,
  layers: number,
  names: Readonly<Record<string, Kind>>,
): readonly Kind[] | null {
  const list = text.perLayer(key, layers);
  if (!list) return null;
  return list.flatMap((name, i) => {
    const kind = typeof name === 'string' && Object.hasOwn(names, name) ? names[name] : undefined;
    if (kind !== undefined) return [kind];
    const known = Object.keys(names)
      .map((known) => JSON.stringify(known))
      .join(', ');
    text.problem('error', 'config/unsupported', `"${key}" may hold ${known}, not ${JSON.stringify(name)}.`, [
      key,
      i,
    ]);
    return [];
  });
}

/** Names of the two kinds of layers that most hybrids have, by transformers' version. */
export const MAMBA_OR_ATTENTION: Readonly<Record<string, 'mamba' | 'attention'>> = {
  mamba: 'mamba',
  mamba2: 'mamba',
  linear_attention: 'mamba',
  attention: 'attention',
  full_attention: 'attention',
};

/** A size that the config may leave to the code: absent, null or `auto`. */
export const autoSize = (text: ConfigReader, key: string, derived: Field<number>): Field<number> =>
  text.raw(key) === 'auto'
    ? given(derived.value, { ...derived.origin, note: `${key} is "auto"` })
    : text.size(key, derived);

/**
 * Bytes of one number of a recurrent state: FP32 unless a key says otherwise. Engines keep it so whatever the model's
 * dtype is, since its errors add up over the sequence.
 */
export function stateBytes(text: ConfigReader, ...keys: readonly string[]): Field<number> {
  const key = keys.find((name) => text.has(name));
  if (key === undefined) return given(4);
  const dtype = text.text(key);
  return given(dtype === 'bfloat16' || dtype === 'float16' ? 2 : 4, text.originOf(key));
}
