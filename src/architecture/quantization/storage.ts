import type { JsonPath } from '../../protocol';
import { isObject, type ConfigReader } from '../reader';
import type { Tensor, WeightModule } from '../types';
import type { Weight } from '../weights';
import { BF16, DTYPES, type Dtype } from './dtypes';
import { packedInBytes, plain, type Format } from './formats';
import { readMethod } from './methods';
import type { Place } from './names';
import { habitsOf, keptBytes, type Habits } from './publishers';
import type { Config, Method } from './rules';

/** How a model's checkpoint stores its weights, as the config says. */
export interface Storage {
  readonly dtype: Dtype;
  readonly method: Method | null;
  /** Where the method stands in the file. */
  readonly path: JsonPath | null;
  /** Routed experts in a format of their own (DeepSeek-V4's `expert_dtype`). */
  readonly expertFormat: Format | null;
  /** What this model's publisher is known to do beside it. */
  readonly habits: Habits;
  /** Bytes of a scale of an 8-bit KV cache, one for K and one for V in each layer; 0 where the checkpoint has none. */
  readonly kvScaleBytes: number;
  /** What was assumed, or not understood. */
  readonly notes: readonly string[];
}

const METHOD_KEYS = ['quantization_config', 'compression_config', 'quantization'];
const DTYPE_KEYS = ['torch_dtype', 'dtype', 'params_dtype'];

const FP4 = packedInBytes('FP4, groups of 32', { bits: 4, group: 32, globals: 0, globalBytes: 0 });

/**
 * Reads dtype and quantization of a config, of the language model's object or of the root, or the quantization from a
 * file beside it. Never an error.
 */
export function readStorage(
  root: ConfigReader,
  text: ConfigReader,
  modelType: string,
  beside: Config | null = null,
): Storage {
  // What saves a wrapper states the dtype at the root; that of a part may be older than its weights.
  const stated = [root, text]
    .flatMap((holder) => DTYPE_KEYS.map((key) => holder.raw(key)))
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
  const dtype = known && known.bytes > 1 ? known : BF16;
  const types = [modelType, root.raw('model_type'), text.raw('model_type')];
  const habits = habitsOf(types.filter((type): type is string => typeof type === 'string'));
  const place = [text, root]
    .flatMap((holder) => METHOD_KEYS.map((key) => ({ holder, key, config: holder.raw(key) })))
    .find(({ config }) => isObject(config) && Object.keys(config).length > 0);
  const config = place ? place.config : beside;
  if (!place && beside) notes.push('the config names no quantization, hf_quant_config.json beside it does');
  const method = isObject(config) ? readMethod(config, dtype, habits) : null;
  return {
    dtype,
    method,
    path: place ? place.holder.pathOf(place.key) : null,
    expertFormat: text.raw('expert_dtype') === 'fp4' ? FP4 : null,
    habits,
    kvScaleBytes:
      isObject(config) && calibratesKv(config) ? (method?.name === 'modelopt' ? 4 : dtype.bytes) : 0,
    notes: [...notes, ...(method?.notes ?? [])],
  };
}

/** ModelOpt and compressed-tensors calibrate an 8-bit KV cache. */
function calibratesKv(config: Config): boolean {
  const inner = isObject(config.quantization) ? config.quantization : config;
  const scheme = isObject(inner.kv_cache_scheme) ? inner.kv_cache_scheme : {};
  return (scheme.num_bits === 8 && scheme.dynamic !== true) || inner.kv_cache_quant_algo === 'FP8';
}

/** Part of a weight's copies in one format. */
export interface StoredWeight {
  readonly weight: Weight;
  readonly module: WeightModule;
  readonly format: string;
  /** Rows and columns that share a scale, where the format has such blocks. */
  readonly block: readonly [number, number] | null;
  readonly copies: number;
  /** Weights, as the model counts them. */
  readonly elements: number;
  /** As the checkpoint's own tensors count them, scales apart. */
  readonly storedElements: number;
  readonly bytes: number;
  readonly scaleElements: number;
  readonly scaleBytes: number;
}

/** Layers of the model; MTP layers are numbered after them. */
export interface LayerNumbers {
  readonly layers: number;
  readonly mtp: number;
}

/** How every weight lies in the checkpoint. A weight whose layers differ is told in parts. */
export function storedWeights(
  storage: Storage,
  weights: readonly Weight[],
  { layers, mtp }: LayerNumbers,
): StoredWeight[] {
  const { dtype, habits } = storage;
  const unquantized = plain(dtype.name, dtype.bytes);
  const ofMtp = Array.from({ length: Math.min(mtp, MAX_MTP_LAYERS) }, (_, i) => layers + i);
  return weights.flatMap((weight) => {
    const { tensor, module, group } = weight;
    const copies = weight.copies.value;
    const kept = keptBytes(habits, tensor);
    if (kept !== undefined) return [storedAs(weight, keptFormat(kept, dtype), copies)];
    const places = group?.indices ?? (module === 'mtp' ? ofMtp : ONCE);
    const parts = copies === 0 || places.length === 0 ? [] : formatsOf(storage, tensor, places, layers);
    if (parts.length === 0) return [storedAs(weight, unquantized, copies)];
    return parts.map(({ format, count }) =>
      storedAs(weight, format ?? unquantized, (copies * count) / places.length),
    );
  });
}
const ONCE: readonly Place[] = [null];
const MAX_MTP_LAYERS = 100;

const keptFormat = (bytes: number, dtype: Storage['dtype']): Format => {
  if (bytes === dtype.bytes) return plain(dtype.name, bytes);
  return plain(KEPT_NAMES[bytes] ?? `${bytes} bytes`, bytes);
};
const KEPT_NAMES: Readonly<Record<number, string>> = { 2: 'BF16', 4: 'FP32', 8: 'INT64' };

/** One copy of a weight that stands in this layer. */
export function storedAlone(storage: Storage, weight: Weight, layer: number): StoredWeight {
  const { dtype, habits } = storage;
  const kept = keptBytes(habits, weight.tensor);
  const format = kept === undefined ? formatsOf(storage, weight.tensor, [layer], layer)[0]?.format : null;
  const usual = kept === undefined ? plain(dtype.name, dtype.bytes) : keptFormat(kept, dtype);
  return storedAs(weight, format ?? usual, weight.tensor.copies.value);
}

interface Share {
  /** Null: unquantized. */
  readonly format: Format | null;
  readonly count: number;
}

/** In how many of its layers a tensor has which format; the first rule that names a layer decides. */
function formatsOf(
  { method, expertFormat }: Storage,
  tensor: Tensor,
  places: readonly Place[],
  mtpFrom: number,
): readonly Share[] {
  if (tensor.keepsDtype || (!method && !expertFormat)) return [];
  const own = tensor.module === 'routedFfn' && tensor.role === 'matrix' ? expertFormat : null;
  const shares: Share[] = [];
  let rest = places;
  for (const { names, formatOf } of method?.rules ?? []) {
    const format = formatOf(tensor);
    // A rule for all is for those that fit it; a rule by names may say that they stay as they are.
    if (!format && !names) continue;
    const taken = names ? names.namedIn(tensor.name, rest, mtpFrom) : rest;
    if (taken.length === 0) continue;
    shares.push({ format: format && (own ?? format), count: taken.length });
    const gone = taken.length < rest.length ? new Set(taken) : null;
    rest = gone ? rest.filter((place) => !gone.has(place)) : [];
    if (rest.length === 0) return shares;
  }
  return [...shares, { format: own, count: rest.length }];
}

function storedAs(weight: Weight, format: Format, copies: number): StoredWeight {
  const size = format.size(weight.tensor.shape.map((e) => e.value));
  return {
    weight,
    module: weight.module,
    format: format.name,
    block: format.block ?? null,
    copies,
    elements: weight.elements.value * copies,
    storedElements: size.elements * copies,
    bytes: size.bytes * copies,
    scaleElements: size.scaleElements * copies,
    scaleBytes: size.scaleBytes * copies,
  };
}
