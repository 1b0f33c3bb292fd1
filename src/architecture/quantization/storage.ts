import type { JsonPath } from '../../protocol';
import { isObject, type ConfigReader } from '../reader';
import type { Tensor, WeightModule } from '../types';
import type { Weight } from '../weights';
import { fp4, plain, type Format } from './formats';
import { DTYPES, readMethod, type Method } from './methods';

/** How a model's checkpoint stores its weights, as the config says. */
export interface Storage {
  readonly dtype: { readonly name: string; readonly bytes: number };
  readonly method: Method | null;
  /** Where the method stands in the file. */
  readonly path: JsonPath | null;
  /** Routed experts in a format of their own (DeepSeek-V4's `expert_dtype`). */
  readonly expertFormat: Format | null;
  /** The checkpoint brings scales for an 8-bit KV cache. */
  readonly calibratesKv: boolean;
  /** What was assumed, or not understood. */
  readonly notes: readonly string[];
}

const METHOD_KEYS = ['quantization_config', 'compression_config', 'quantization'];

/** Reads dtype and quantization of a config, of the language model's object or of the root. Never an error. */
export function readStorage(root: ConfigReader, text: ConfigReader): Storage {
  const holders = [...new Set([text, root])];
  const stated = holders
    .flatMap((holder) => ['torch_dtype', 'dtype', 'params_dtype'].map((key) => holder.raw(key)))
    .find((value): value is string => typeof value === 'string');
  const known = stated === undefined ? undefined : DTYPES[stated.replace(/^torch\./, '').toLowerCase()];
  const notes: string[] = [];
  if (!known)
    notes.push(
      stated === undefined
        ? 'no dtype is given: unquantized weights are counted at BF16'
        : `dtype ${JSON.stringify(stated)} is not known: unquantized weights are counted at BF16`,
    );
  // FP8 as a dtype is the quantized part; what stays is BF16.
  const dtype = known && known.bytes > 1 ? known : { name: 'BF16', bytes: 2 };
  const place = holders
    .flatMap((holder) => METHOD_KEYS.map((key) => ({ holder, key })))
    .find(({ holder, key }) => isObject(holder.raw(key)));
  const config = place?.holder.raw(place.key);
  const method = isObject(config) ? readMethod(config, dtype.bytes) : null;
  const experts = text.raw('expert_dtype');
  return {
    dtype,
    method,
    path: place ? place.holder.pathOf(place.key) : null,
    expertFormat: experts === 'fp4' ? fp4('FP4, groups of 32', 32, 0) : null,
    calibratesKv:
      isObject(config) &&
      (isObject(config.kv_cache_scheme) || typeof config.kv_cache_quant_algo === 'string'),
    notes: [...notes, ...(method?.notes ?? []), ...(method ? notUnderstood(method) : [])],
  };
}

const notUnderstood = ({ unquantized }: Method): string[] =>
  unquantized.ignored.length === 0
    ? []
    : [`not understood in the list of unquantized modules: ${unquantized.ignored.slice(0, 3).join(', ')}`];

/** Part of a weight's copies in one format. */
export interface StoredWeight {
  readonly weight: Weight;
  readonly module: WeightModule;
  readonly format: string;
  readonly copies: number;
  /** Weights, as the model counts them. */
  readonly elements: number;
  /** As the checkpoint's own tensors count them, scales apart. */
  readonly storedElements: number;
  readonly bytes: number;
  readonly scaleElements: number;
  readonly scaleBytes: number;
}

/** How every weight lies in the checkpoint. A weight whose layers differ is told in parts. */
export function storedWeights(storage: Storage, weights: readonly Weight[], layers: number): StoredWeight[] {
  const dtype = plain(storage.dtype.name, storage.dtype.bytes);
  const formats = new Map<number, Format>();
  const fixed = (bytes: number): Format => {
    const known =
      formats.get(bytes) ?? plain(bytes === 8 ? 'INT64' : bytes === 4 ? 'FP32' : `${bytes} bytes`, bytes);
    formats.set(bytes, known);
    return known;
  };
  return weights.flatMap((weight) => {
    const { tensor } = weight;
    const usual = tensor.fixedBytes === undefined ? dtype : fixed(tensor.fixedBytes);
    const quantized = quantizedFormat(storage, tensor);
    const copies = weight.copies.value;
    if (!quantized || copies === 0) return [storedAs(weight, usual, copies)];
    const places = weight.group?.indices ?? (weight.module === 'mtp' ? [layers] : [null]);
    const kept = storage.method?.unquantized.namedIn(tensor.name, places) ?? 0;
    const keptCopies = (copies * kept) / Math.max(1, places.length);
    return [
      ...(keptCopies > 0 ? [storedAs(weight, usual, keptCopies)] : []),
      ...(keptCopies < copies ? [storedAs(weight, quantized, copies - keptCopies)] : []),
    ];
  });
}

function quantizedFormat({ method, expertFormat }: Storage, tensor: Tensor): Format | null {
  if (tensor.fixedBytes !== undefined || tensor.keepsDtype) return null;
  if (expertFormat && tensor.module === 'routedFfn') return expertFormat;
  return method?.formatOf(tensor) ?? null;
}

function storedAs(weight: Weight, format: Format, copies: number): StoredWeight {
  const size = format.size(weight.tensor.shape.map((e) => e.value));
  return {
    weight,
    module: weight.module,
    format: format.name,
    copies,
    elements: weight.elements.value * copies,
    storedElements: size.elements * copies,
    bytes: size.bytes * copies,
    scaleElements: size.scaleElements * copies,
    scaleBytes: size.scaleBytes * copies,
  };
}
