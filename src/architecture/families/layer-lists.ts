import type { Origin } from '../expression';
import type { ConfigReader } from '../reader';

/** Which layers have something, and the keys that say so. */
export interface LayerChoice {
  readonly has: (layer: number) => boolean;
  readonly origin: Origin;
}

/** The first entries of a list that may go on for MTP layers; a shorter one is a problem. */
export function leadingPerLayer(text: ConfigReader, key: string, layers: number): readonly unknown[] | null {
  const list = text.list(key);
  return list && list.length > layers ? list.slice(0, layers) : text.perLayer(key, layers);
}

/**
 * Layers with routed experts, the others dense: `mlp_layer_types` ("sparse"), a list of flags under `moe_layer_freq` or
 * `is_moe_layer`, or all layers from `first_k_dense_replace` on.
 */
export function expertLayers(text: ConfigReader, layers: number): LayerChoice {
  const names = leadingPerLayer(text, 'mlp_layer_types', layers);
  if (names) {
    checkNames(text, 'mlp_layer_types', names, ['dense', 'sparse']);
    return { has: (i) => names[i] === 'sparse', origin: text.originOf('mlp_layer_types') };
  }
  for (const key of ['moe_layer_freq', 'is_moe_layer'])
    if (Array.isArray(text.raw(key))) {
      const flags = leadingPerLayer(text, key, layers) ?? [];
      return { has: (i) => flags[i] === 1 || flags[i] === true, origin: text.originOf(key) };
    }
  const firstDense = text.size('first_k_dense_replace', 0, 0);
  return { has: (i) => i >= firstDense.value, origin: text.originOf('first_k_dense_replace') };
}

const LAYER_TYPES = ['full_attention', 'sliding_attention'];

/** `layer_types`, each of them full or sliding; null where the file has none. */
export function readLayerTypes(text: ConfigReader, layers: number): readonly unknown[] | null {
  const types = leadingPerLayer(text, 'layer_types', layers);
  if (types) checkNames(text, 'layer_types', types, LAYER_TYPES);
  return types;
}

/**
 * Layers with a sliding window: `layer_types`, or `sliding_window_pattern`: a word such as "LLLG" (L slides) or the period
 * after which a layer attends to everything.
 */
export function windowLayers(text: ConfigReader, layers: number, defaultPeriod: number): LayerChoice {
  const key = 'sliding_window_pattern';
  // The pattern only makes the list; newer files keep it beside.
  const pattern = text.raw(key);
  const types = readLayerTypes(text, layers);
  if (types) return { has: (i) => types[i] === 'sliding_attention', origin: text.originOf('layer_types') };
  const origin = text.originOf(key);
  if (typeof pattern === 'string' && pattern !== '')
    return { has: (i) => pattern[i % pattern.length] === 'L', origin };
  const period = text.size(key, defaultPeriod, 0).value;
  return { has: (i) => period > 0 && (i + 1) % period !== 0, origin };
}

function checkNames(
  text: ConfigReader,
  key: string,
  list: readonly unknown[],
  allowed: readonly string[],
): void {
  const wrong = list.findIndex((item) => typeof item !== 'string' || !allowed.includes(item));
  if (wrong >= 0)
    text.problem(
      'error',
      'config/unsupported',
      `"${key}" entry ${wrong} must be one of ${allowed.join(', ')}.`,
      [key, wrong],
    );
}
