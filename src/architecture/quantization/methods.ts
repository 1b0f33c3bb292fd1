import { isObject } from '../reader';
import type { Tensor } from '../types';
import { configGroups, modelopt, quark } from './compressed';
import {
  bitsAndBytes4,
  bitsAndBytes8,
  MXFP4,
  packed,
  packedInBytes,
  scaledBytes,
  type Format,
} from './formats';
import { nameList, type ListKind } from './names';
import type { Dtype } from './dtypes';
import type { Habits } from './publishers';
import {
  bitsOf,
  everywhere,
  isLinear,
  isLinearOrHead,
  list,
  lower,
  named,
  namedByFormat,
  objectOf,
  wholeNumber,
  type Config,
  type Method,
  type Rule,
  type Rules,
} from './rules';

/** Keys under which methods list the modules that stay as they are. */
const UNQUANTIZED_KEYS = [
  'modules_to_not_convert',
  'ignore',
  'ignored_layers',
  'exclude',
  'exclude_modules',
  'skip_modules',
  'llm_int8_skip_modules',
  'linear_weights_not_to_quantize',
];

/** `{"a": …}` as well as `["a"]`: some files keep a map by module name. */
const namesIn = (value: unknown): readonly unknown[] => (isObject(value) ? Object.keys(value) : list(value));

/** Reads a `quantization_config` (or its like) of a model whose unquantized weights are `dtype`. */
export function readMethod(config: Config, dtype: Dtype, habits: Habits): Method {
  const inner = isObject(config.quantization) ? config.quantization : config;
  const name = methodName(config, inner);
  const unquantized = nameList(
    UNQUANTIZED_KEYS.flatMap((key) => namesIn(inner[key])),
    LIST_KINDS[name],
  );
  const { rules, notes = [], isEstimate = false } = rulesOf(name, inner, dtype, habits);
  const { ignored } = unquantized;
  return {
    name,
    isEstimate,
    rules: [{ names: unquantized, formatOf: () => null }, ...rules],
    notes: [
      ...notes,
      ...(ignored.length > 0
        ? [`not understood in the list of unquantized modules: ${ignored.slice(0, 3).join(', ')}`]
        : []),
    ],
  };
}

/** AutoAWQ leaves out each module that has an entry anywhere in its name. */
const LIST_KINDS: Readonly<Partial<Record<string, ListKind>>> = {
  awq: 'substrings',
  'awq-marlin': 'substrings',
  'compressed-tensors': 'exact',
};

function methodName(config: Config, inner: Config): string {
  const stated = lower(config.quant_method) ?? lower(inner.quant_method);
  if (stated !== null) return stated.replaceAll('_', '-');
  if (isObject(inner.config_groups)) return 'compressed-tensors';
  if (inner.quant_algo !== undefined) return 'modelopt';
  return inner.group_size !== undefined && inner.bits !== undefined ? 'mlx' : 'unknown';
}

/** With underscores as hyphens: both spellings are in use. */
function rulesOf(name: string, config: Config, dtype: Dtype, habits: Habits): Rules {
  switch (name) {
    case 'fp8':
    case 'deepseek-v4-fp8':
    case 'w8a8-fp8':
      return eightBits('FP8', config, habits.scaleBytes ?? 4);
    case 'blockwise-int8':
    case 'w8a8-int8':
      return eightBits('INT8', config, 4);
    case 'mxfp8':
      return { rules: [everywhere(scaledBytes('MXFP8, groups of 32', { block: [1, 32], scaleBytes: 1 }))] };
    case 'fbgemm-fp8':
      return { rules: [everywhere(scaledBytes('FP8, a scale a row', { block: [1, 0], scaleBytes: 4 }))] };
    case 'mxfp4':
    case 'gpt-oss-mxfp4':
      // gpt-oss's experts, and nothing else whatever the list says.
      return {
        rules: [everywhere(MXFP4, ({ module, role }) => module === 'routedFfn' && role === 'matrix')],
      };
    case 'compressed-tensors':
      return configGroups(config, { ...habits, scaleBytes: habits.scaleBytes ?? dtype.bytes });
    case 'modelopt':
    case 'modelopt-fp4':
    case 'modelopt-mixed':
    case 'modelopt-mxfp8':
      return modelopt(config);
    case 'quark':
      return quark(config);
    case 'awq':
    case 'awq-marlin':
      return { rules: [everywhere(wordFormat(config, { hasIndex: false }))] };
    case 'gptq':
    case 'gptq-marlin':
      return gptq(config);
    case 'auto-round':
    case 'intel/auto-round':
      return autoRound(config);
    case 'bitsandbytes':
      return bitsAndBytes(config, dtype);
    case 'mlx':
    case 'metal':
      return mlx(config, dtype);
    case 'eetq':
      return { rules: [everywhere(scaledBytes('INT8, a scale a row', { block: [1, 0], scaleBytes: 2 }))] };
    case 'bitnet':
      return {
        rules: [
          everywhere(packedInBytes('ternary', { bits: 2, group: 0, globals: 1, globalBytes: dtype.bytes })),
        ],
      };
    default:
      return byWidth(name, config);
  }
}

/** 8 bits as DeepSeek publishes them (`weight_block_size`), a scale a row (`w8a8`), or one an array. */
function eightBits(kind: string, config: Config, scaleBytes: number): Rules {
  const [rows, columns] = list(config.weight_block_size).map(wholeNumber);
  if (rows && columns)
    return {
      rules: [
        everywhere(scaledBytes(`${kind}, ${rows}x${columns} blocks`, { block: [rows, columns], scaleBytes })),
      ],
    };
  if (lower(config.quant_method)?.startsWith('w8a8'))
    return { rules: [everywhere(scaledBytes(`${kind}, a scale a row`, { block: [1, 0], scaleBytes: 4 }))] };
  const inputScales = lower(config.activation_scheme) === 'static' ? 1 : 0;
  return {
    rules: [everywhere(scaledBytes(`${kind}, a scale an array`, { block: [0, 0], scaleBytes, inputScales }))],
  };
}

/** -1 stands for a whole row. */
const groupOf = (value: unknown, usual: number): number =>
  typeof value === 'number' && value < 0 ? 0 : (wholeNumber(value) ?? usual);

/** AWQ and GPTQ: packed integers with FP16 scales and packed zero points. */
const wordFormat = (config: Config, { hasIndex }: { readonly hasIndex: boolean }): Format =>
  packed({
    bits: bitsOf(config.bits) ?? bitsOf(config.w_bit) ?? 4,
    group: groupOf(config.group_size ?? config.q_group_size, 128),
    scaleBytes: 2,
    zeroPoints: config.zero_point === false ? 'none' : 'packed',
    groupIndex: hasIndex,
  });

/** GPTQ: linear layers of the blocks, or those named; `dynamic` has patterns with settings of their own, or none (`-:`). */
function gptq(config: Config): Rules {
  const isMarlin = config.is_marlin_format === true || lower(config.checkpoint_format) === 'marlin';
  const formatOf = (settings: Config): Format =>
    wordFormat(isMarlin ? { ...settings, zero_point: false } : settings, { hasIndex: !isMarlin });
  const format = formatOf(config);
  const dynamic = Object.entries(objectOf(config.dynamic)).map(([pattern, settings]): Rule => {
    const names = nameList([pattern.replace(/^[+-]:/, '')], 'patterns');
    const isLeftOut = pattern.startsWith('-:') || settings === false;
    return isLeftOut
      ? { names, formatOf: () => null }
      : named(names, formatOf({ ...config, ...objectOf(settings) }));
  });
  const inBlocks = list(config.modules_in_block_to_quantize).flatMap((group) =>
    Array.isArray(group) ? list(group) : [group],
  );
  const usual =
    inBlocks.length > 0
      ? named(nameList(inBlocks), format)
      : everywhere(format, config.lm_head === true ? isLinearOrHead : isLinear);
  return { rules: [...dynamic, usual] };
}

/** Intel's AutoRound: `extra_config` has modules with settings of their own, 16 bits for those left out. */
function autoRound(config: Config): Rules {
  const packing = lower(config.packing_format) ?? lower(config.backend) ?? '';
  const formatOf = (settings: Config): Format | null =>
    (bitsOf(settings.bits) ?? 4) >= 16
      ? null
      : wordFormat({ ...config, ...settings }, { hasIndex: packing === '' || !packing.includes('round') });
  const extra = namedByFormat(
    Object.entries(objectOf(config.extra_config)).map(([name, settings]) => [name, objectOf(settings)]),
    formatOf,
  );
  return {
    rules: [...extra, everywhere(formatOf(config), config.lm_head === true ? isLinearOrHead : isLinear)],
    isEstimate: true,
  };
}

function bitsAndBytes(config: Config, dtype: Dtype): Rules {
  if (config.load_in_4bit !== true && config._load_in_4bit !== true)
    return { rules: [everywhere(bitsAndBytes8)] };
  const kind = (lower(config.bnb_4bit_quant_type) ?? 'fp4').toUpperCase();
  const isNested = config.bnb_4bit_use_double_quant === true;
  const format = bitsAndBytes4(`${kind}, blocks of 64`, dtype.torch, isNested);
  // The offset that nested maxima are noted with has more or fewer digits.
  return { rules: [everywhere(format)], isEstimate: isNested };
}

/**
 * MLX quantizes whatever has a matrix whose rows are whole groups, embeddings, LM heads and routers too. Beside `bits` and
 * `group_size` stand modules by name, with settings of their own or false.
 */
function mlx(config: Config, dtype: Dtype): Rules {
  const formatOf = (settings: Config): Format | null => {
    if (settings.bits === undefined) return null;
    if (lower(settings.mode) === 'mxfp4') return MXFP4;
    const [bits, group] = [bitsOf(settings.bits) ?? 4, groupOf(settings.group_size, 64)];
    return packed({ bits, group, scaleBytes: dtype.bytes, zeroPoints: 'plain' });
  };
  const modules = Object.entries(config).filter(([name, value]) => name.includes('.') && isSetting(value));
  const overrides = namedByFormat(
    modules.map(([name, value]) => [name, objectOf(value)]),
    (settings) => formatOf(settings.bits === undefined ? {} : { ...config, ...settings }),
  );
  const columns = ({ shape }: Tensor) => shape.at(-1)?.value ?? 0;
  const group = groupOf(config.group_size, 64);
  const fits = (tensor: Tensor): boolean =>
    ['matrix', 'table'].includes(tensor.role) &&
    !['vision', 'audio'].includes(tensor.module) &&
    (group === 0 || columns(tensor) % group === 0);
  return { rules: [...overrides, everywhere(formatOf(config), fits)], isEstimate: true };
}
const isSetting = (value: unknown): boolean => value === false || isObject(value);

/** Methods of which only the width of a value is used; what lies beside the values is an estimate that says so. */
function byWidth(name: string, config: Config): Rules {
  const bits = widthIn(config);
  if (bits === null || bits >= 16)
    return {
      rules: [],
      notes: [`quant_method ${JSON.stringify(name)} is not known: counted unquantized`],
      isEstimate: true,
    };
  const { group_size: group } = { ...config, ...weightSettings(config) };
  const format = packed({ bits, group: groupOf(group, 0), scaleBytes: 2, zeroPoints: 'packed' });
  return {
    rules: [everywhere(format)],
    notes: [
      `quant_method ${JSON.stringify(name)} is counted by its ${bits} bits, with scales and zero points as GPTQ has them`,
    ],
    isEstimate: true,
  };
}

/** HQQ keeps them within `quant_config`. */
const weightSettings = (config: Config): Config =>
  objectOf(objectOf(config.quant_config).weight_quant_params);

function widthIn(config: Config): number | null {
  const stated = [config.bits, config.nbits, config.w_bit, weightSettings(config).nbits].map(bitsOf);
  const width = stated.find((bits) => bits !== null);
  if (width !== undefined) return width;
  // `int4`, `float8` of quanto; `int4_weight_only` and `Int4WeightOnlyConfig` of torchao.
  const { quant_type: type, weights } = config;
  const text = lower(weights) ?? lower(type) ?? lower(objectOf(objectOf(type).default)._type);
  return bitsOf(Number(/(?:int|float)(\d+)/.exec(text ?? '')?.[1]));
}
