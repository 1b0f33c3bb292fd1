import { isObject } from '../reader';
import { MXFP4, nvfp4, packed, packedInBytes, scaledBytes, type Format } from './formats';
import { nameList } from './names';
import type { Habits } from './publishers';
import {
  bitsOf,
  everywhere,
  isLinearOrHead,
  list,
  lower,
  named,
  namedByFormat,
  objectOf,
  wholeNumber,
  type Config,
  type Rule,
  type Rules,
} from './rules';

/** Bytes of what compressed-tensors keeps beside the values. */
type Widths = Pick<Habits, 'shapeBytes'> & { readonly scaleBytes: number };

const MXFP8 = scaledBytes('MXFP8, groups of 32', { block: [1, 32], scaleBytes: 1 });

/** One group of `config_groups`: how its weights are stored. `inputs`: `input_activations`. */
function groupFormat(weights: Config, inputs: unknown, format: string, widths: Widths): Format | null {
  const bits = bitsOf(weights.num_bits);
  if (bits === null) return null;
  const { scaleBytes } = widths;
  const group = wholeNumber(weights.group_size);
  const isFloat = lower(weights.type) === 'float';
  const strategy = lower(weights.strategy) ?? (group ? 'group' : 'tensor');
  if (isFloat && bits === 4) {
    if (format.includes('mxfp4') || group === 32) return MXFP4;
    // Inputs of 4 bits have a scale of the whole array as the weights do.
    return nvfp4(group ?? 16, bitsOf(objectOf(inputs).num_bits) === 4 ? 2 : 1);
  }
  if (bits === 8 && !format.includes('pack')) {
    if (isFloat && (format.includes('mxfp8') || group === 32)) return MXFP8;
    const kind = isFloat ? 'FP8' : 'INT8';
    const inputScales = isObject(inputs) && inputs.dynamic === false ? 1 : 0;
    const [rows, columns] = list(weights.block_structure).map(wholeNumber);
    const byStrategy: Readonly<Record<string, [name: string, block: readonly [number, number]]>> = {
      channel: ['a scale a row', [1, 0]],
      group: [`groups of ${group ?? 128}`, [1, group ?? 128]],
      block: ['blocks', [rows ?? 128, columns ?? 128]],
    };
    const [name, block] = byStrategy[strategy] ?? ['a scale an array', [0, 0]];
    return scaledBytes(`${kind}, ${name}`, { block, scaleBytes, inputScales });
  }
  return packed({
    bits,
    group: strategy === 'group' ? (group ?? 128) : 0,
    scaleBytes,
    zeroPoints: weights.symmetric === false ? 'packed' : 'none',
    groupIndex: lower(weights.actorder) === 'group',
    shapeBytes: widths.shapeBytes ?? 8,
  });
}

/** `config_groups`, each with targets: `Linear`, a module's name, or a pattern. Also what ModelOpt writes. */
export function configGroups(config: Config, widths: Widths): Rules {
  const notes: string[] = [];
  const rules = Object.values(objectOf(config.config_groups)).flatMap((group): Rule[] => {
    const { weights, input_activations, format, targets } = objectOf(group);
    const stored = groupFormat(
      objectOf(weights),
      input_activations,
      lower(format) ?? lower(config.format) ?? '',
      widths,
    );
    if (!stored) {
      notes.push('a group of config_groups without weights is left out');
      return [];
    }
    const names = list(targets).filter((target) => target !== 'Linear');
    return [
      ...(names.length < list(targets).length ? [everywhere(stored, isLinearOrHead)] : []),
      ...(names.length > 0 ? [named(nameList(names), stored)] : []),
    ];
  });
  // A group that names a module goes before one for all.
  return { rules: [...rules.filter((rule) => rule.names), ...rules.filter((rule) => !rule.names)], notes };
}

/** NVIDIA's ModelOpt: `quant_algo` for everything, groups as in compressed-tensors, or an algorithm for each module. */
export function modelopt(config: Config): Rules {
  if (isObject(config.config_groups)) return configGroups(config, { scaleBytes: 4 });
  const algorithm = lower(config.quant_algo) ?? '';
  if (algorithm === 'mixed_precision' && isObject(config.quantized_layers))
    return {
      rules: namedByFormat(
        Object.entries(config.quantized_layers).map(([name, layer]) => [name, objectOf(layer)]),
        (layer) => algorithmFormat(lower(layer.quant_algo) ?? '', layer),
      ),
    };
  const format = algorithmFormat(algorithm, config);
  return {
    rules: [everywhere(format)],
    notes: format
      ? []
      : [`quant_algo ${JSON.stringify(config.quant_algo)} is not known: counted unquantized`],
    // Scales that smooth the inputs lie beside AWQ's and SmoothQuant's.
    isEstimate: /awq|sq|w4a8/.test(algorithm),
  };
}

function algorithmFormat(algorithm: string, config: Config): Format | null {
  const group = wholeNumber(config.group_size);
  if (algorithm.includes('nvfp4')) return nvfp4(group ?? 16, algorithm.includes('a16') ? 1 : 2);
  if (algorithm.includes('mxfp4')) return MXFP4;
  if (algorithm.includes('mxfp8')) return MXFP8;
  if (algorithm.includes('w4a16') || algorithm.includes('w4a8') || algorithm.includes('int4'))
    return packed({ bits: 4, group: group ?? 128, scaleBytes: 2, zeroPoints: 'none' });
  const inputScales = 1;
  if (algorithm.includes('fp8')) {
    if (algorithm.includes('pb'))
      return scaledBytes('FP8, 128x128 blocks', { block: [128, 128], scaleBytes: 4 });
    if (algorithm.includes('pc') || algorithm.includes('channel'))
      return scaledBytes('FP8, a scale a row', { block: [1, 0], scaleBytes: 4 });
    return scaledBytes('FP8, a scale an array', { block: [0, 0], scaleBytes: 4, inputScales });
  }
  if (algorithm.includes('int8') || algorithm.includes('w8a8'))
    return scaledBytes('INT8, a scale a row', { block: [1, 0], scaleBytes: 4, inputScales });
  return null;
}

/** AMD's Quark: a setting for all weights, others for modules by glob. */
export function quark(config: Config): Rules {
  const perLayer = namedByFormat(
    Object.entries(objectOf(config.layer_quant_config)).map(([name, layer]) => [name, objectOf(layer)]),
    quarkFormat,
  );
  const format = quarkFormat(objectOf(config.global_quant_config));
  return {
    rules: [...perLayer, everywhere(format, isLinearOrHead)],
    notes: format ? [] : ['global_quant_config is not understood: counted unquantized'],
    isEstimate: true,
  };
}

function quarkFormat(config: Config): Format | null {
  const weight = objectOf(Array.isArray(config.weight) ? list(config.weight)[0] : config.weight);
  const dtype = lower(weight.dtype) ?? '';
  const group = wholeNumber(weight.group_size);
  const inputs = objectOf(config.input_tensors);
  const inputScales = 'dtype' in inputs && inputs.is_dynamic !== true ? 1 : 0;
  const isPerRow = lower(weight.qscheme) === 'per_channel';
  if (dtype === 'fp4' || dtype === 'mxfp4') return MXFP4;
  const bits = bitsOf(Number(/\d+/.exec(dtype)?.[0]));
  if (bits === null) return null;
  if (bits === 8)
    return scaledBytes(
      `${dtype.startsWith('fp') ? 'FP8' : 'INT8'}, ${isPerRow ? 'a scale a row' : 'a scale an array'}`,
      { block: [isPerRow ? 1 : 0, 0], scaleBytes: 4, inputScales },
    );
  if (dtype.startsWith('fp'))
    return packedInBytes(`FP${bits}, groups of 32`, { bits, group: 32, globals: 0, globalBytes: 0 });
  return packed({
    bits,
    group: group ?? 0,
    scaleBytes: 2,
    zeroPoints: dtype.startsWith('u') ? 'packed' : 'none',
  });
}
