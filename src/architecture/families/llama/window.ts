import type { Window } from '../../blocks';
import type { Origin } from '../../expression';
import type { ConfigReader, Field } from '../../reader';
import { readLayerTypes, windowLayers } from '../layer-lists';

/** Which layers look back on a window only, and what says so. */
export interface LayerWindows {
  readonly of: (layer: number) => Window | null;
  readonly pattern: Origin;
}
export type WindowRule = (text: ConfigReader, layers: Field<number>) => LayerWindows;

const NO_ORIGIN: Origin = { paths: [] };
const NO_WINDOWS: LayerWindows = { of: () => null, pattern: NO_ORIGIN };

export const noWindow: WindowRule = () => NO_WINDOWS;

const sliding = (size: Field<number>): Window => ({ kind: 'sliding', size });

/** Null and 0 switch the window off; the absent key has the class default. */
function readSize(text: ConfigReader): Field<number> | null {
  const size = text.optionalSize('sliding_window', 0);
  return size && size.value > 0 ? size : null;
}

/** One window for the layers that `isSliding` picks. */
function windowFor(
  size: Field<number>,
  pattern: Origin,
  isSliding: (layer: number) => boolean,
): LayerWindows {
  const window = sliding(size);
  return { of: (i) => (isSliding(i) ? window : null), pattern };
}

function byTypes(text: ConfigReader, types: readonly unknown[]): LayerWindows {
  if (!types.includes('sliding_attention')) return NO_WINDOWS;
  // Null leaves the sliding layers without a size, which the modelling code refuses.
  const size = readSize(text) ?? text.withDefaults({}).size('sliding_window');
  return windowFor(size, text.originOf('layer_types'), (i) => types[i] === 'sliding_attention');
}

/**
 * Mistral: all layers slide where a window is given. With `layer_types` the config is read as Ministral's (AutoConfig of
 * transformers), and those decide.
 */
export const slidingEverywhere: WindowRule = (text, layers) => {
  const types = readLayerTypes(text, layers.value);
  const size = readSize(text);
  if (types) return byTypes(text, types);
  return size === null ? NO_WINDOWS : windowFor(size, NO_ORIGIN, () => true);
};

/** The window by `layer_types`, or by a rule where there are none. */
export const slidingByTypes =
  (isSliding: (layer: number, layers: number) => boolean): WindowRule =>
  (text, layers) => {
    const types = readLayerTypes(text, layers.value);
    const size = readSize(text);
    if (types) return byTypes(text, types);
    return size === null ? NO_WINDOWS : windowFor(size, NO_ORIGIN, (i) => isSliding(i, layers.value));
  };

/** Qwen's modelling code drops the window unless `use_sliding_window` says otherwise, whatever else stands there. */
const qwenSwitch =
  (rule: WindowRule): WindowRule =>
  (text, layers) => {
    const isOn = text.flag('use_sliding_window', false).value;
    for (const key of ['sliding_window', 'max_window_layers', 'layer_types']) text.has(key);
    return isOn ? rule(text, layers) : NO_WINDOWS;
  };

/** Qwen2, Qwen3: layers from `max_window_layers` on. */
export const qwenUpperLayers: WindowRule = qwenSwitch((text, layers) => {
  const types = readLayerTypes(text, layers.value);
  if (types) return byTypes(text, types);
  const size = readSize(text);
  const from = text.size('max_window_layers', undefined, 0).value;
  return size === null ? NO_WINDOWS : windowFor(size, text.originOf('max_window_layers'), (i) => i >= from);
});

/** Qwen2-MoE: every other layer below `max_window_layers` (Qwen2MoeConfig). */
export const qwenOtherLayers: WindowRule = qwenSwitch((text, layers) => {
  const types = readLayerTypes(text, layers.value);
  if (types) return byTypes(text, types);
  const size = readSize(text);
  const below = text.size('max_window_layers', undefined, 0).value;
  return size === null
    ? NO_WINDOWS
    : windowFor(size, text.originOf('max_window_layers'), (i) => i % 2 === 0 && i < below);
});

/** Qwen3-MoE: all layers. */
export const qwenAllLayers: WindowRule = qwenSwitch((text) => {
  const size = readSize(text);
  return size === null ? NO_WINDOWS : windowFor(size, NO_ORIGIN, () => true);
});

/** SmolLM3: the layers without rotary positions, every fourth as released, if `use_sliding_window`. */
export const smolWindow: WindowRule = (text, layers) => {
  const isOn = text.flag('use_sliding_window', false).value;
  const interval = text.size('no_rope_layer_interval').value;
  const noRope = text.perLayer('no_rope_layers', layers.value);
  const types = readLayerTypes(text, layers.value);
  const size = readSize(text);
  if (!isOn || size === null) return NO_WINDOWS;
  if (types) return byTypes(text, types);
  return windowFor(size, text.originOf('no_rope_layers', 'no_rope_layer_interval'), (i) =>
    noRope ? noRope[i] === 0 : (i + 1) % interval === 0,
  );
};

/** EXAONE 4: by `layer_types` or `sliding_window_pattern`; a null window means full attention everywhere. */
export const exaoneWindow: WindowRule = (text, layers) => {
  const slides = windowLayers(text, layers.value, 4);
  const size = readSize(text);
  return size === null ? NO_WINDOWS : windowFor(size, slides.origin, slides.has);
};
