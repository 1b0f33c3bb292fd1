import { isObject } from '../reader';
import type { Tensor } from '../types';
import { bitsAndBytes4, fp4, packed, scaledBytes, type Format } from './formats';
import { nameList, type NameList } from './names';

/** A quantization method as a config describes it. */
export interface Method {
  /** For the user: `fp8`, `compressed-tensors`. */
  readonly name: string;
  /** How a weight is stored in layers where no list leaves it out; null: unquantized. */
  readonly formatOf: (tensor: Tensor) => Format | null;
  /** Modules left unquantized. */
  readonly unquantized: NameList;
  /** What was assumed, or not understood. */
  readonly notes: readonly string[];
}

type Config = Readonly<Record<string, unknown>>;

const text = (value: unknown): string | null => (typeof value === 'string' ? value.toLowerCase() : null);
const size = (value: unknown): number | null =>
  typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= 1e9 ? value : null;
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as unknown[]) : []);
/** `{"a": …}` as well as `["a"]`: some files keep a map by module name. */
const namesIn = (value: unknown): readonly unknown[] => (isObject(value) ? Object.keys(value) : list(value));

/** Linear layers; routers and LM heads stay as they are unless a file names them. */
const isLinear = ({ role, module }: Tensor): boolean =>
  role === 'matrix' && !['router', 'lmHead', 'embedding', 'vision', 'audio'].includes(module);

const everyLinear =
  (format: Format) =>
  (tensor: Tensor): Format | null =>
    isLinear(tensor) ? format : null;

/** FP8 as DeepSeek publishes it (`weight_block_size`), or one scale an array. */
function fp8(config: Config): Pick<Method, 'formatOf' | 'notes'> {
  const [rows, columns] = list(config.weight_block_size).map(size);
  if (rows && columns)
    return {
      formatOf: everyLinear(scaledBytes(`FP8, ${rows}x${columns} blocks`, [rows, columns], 4)),
      notes: [],
    };
  const inputScales = text(config.activation_scheme) === 'static' ? 1 : 0;
  return { formatOf: everyLinear(scaledBytes('FP8, a scale an array', [0, 0], 4, inputScales)), notes: [] };
}

const MXFP4 = fp4('MXFP4, groups of 32', 32, 0);
/** The array's scale and its inputs'. */
const nvfp4 = (group: number, globals: number) => fp4(`NVFP4, groups of ${group}`, group, globals);

/** One group of compressed-tensors or modelopt: how its weights are stored. */
function groupFormat(weights: Config, format: string | null, scaleBytes: number): Format | null {
  const bits = size(weights.num_bits);
  if (bits === null) return null;
  const group = size(weights.group_size);
  const isFloat = text(weights.type) === 'float';
  const strategy = text(weights.strategy) ?? (group ? 'group' : 'tensor');
  if (isFloat && bits === 4)
    return format?.includes('mxfp4') || group === 32
      ? MXFP4
      : nvfp4(group ?? 16, format?.includes('pack') ? 1 : 2);
  if (bits === 8 && format !== 'pack-quantized') {
    const kind = isFloat ? 'FP8' : 'INT8';
    const [rows, columns] = list(weights.block_structure).map(size);
    switch (strategy) {
      case 'channel':
        return scaledBytes(`${kind}, a scale a row`, [1, 0], scaleBytes);
      case 'group':
        return scaledBytes(`${kind}, groups of ${group ?? 128}`, [1, group ?? 128], scaleBytes);
      case 'block':
        return scaledBytes(`${kind}, blocks`, [rows ?? 128, columns ?? 128], scaleBytes);
      default:
        return scaledBytes(`${kind}, a scale an array`, [0, 0], scaleBytes);
    }
  }
  const isSymmetric = weights.symmetric !== false;
  const groupSize = strategy === 'group' ? (group ?? 128) : 0;
  return packed(`INT${bits}, ${groupSize ? `groups of ${groupSize}` : 'a scale a row'}`, {
    bits,
    group: groupSize,
    scaleBytes,
    zeroPoints: !isSymmetric,
    shapeNote: true,
  });
}

/** `config_groups`, each with targets: `Linear`, a class or module name, or a pattern. The first that fits counts. */
function groups(config: Config, scaleBytes: number): Pick<Method, 'formatOf' | 'notes'> {
  const all = isObject(config.config_groups) ? Object.values(config.config_groups) : [];
  const notes: string[] = [];
  const read = all.filter(isObject).flatMap((group) => {
    const weights = isObject(group.weights) ? group.weights : null;
    const format = weights && groupFormat(weights, text(group.format) ?? text(config.format), scaleBytes);
    if (!format) notes.push('a group of config_groups without weights is left out');
    const targets = list(group.targets).map(String);
    return format ? [{ format, isForLinear: targets.includes('Linear'), named: nameList(targets) }] : [];
  });
  return {
    notes,
    formatOf: (tensor) => {
      const fits = read.find(
        ({ isForLinear, named }) =>
          (isForLinear && isLinear(tensor)) ||
          (tensor.role === 'matrix' && named.namedIn(tensor.name, [0]) > 0),
      );
      return fits?.format ?? null;
    },
  };
}

/** NVIDIA's ModelOpt: `quant_algo` for everything, or groups as in compressed-tensors. */
function modelopt(config: Config, scaleBytes: number): Pick<Method, 'formatOf' | 'notes'> {
  if (isObject(config.config_groups)) return groups(config, scaleBytes);
  const algorithm = text(config.quant_algo) ?? '';
  const group = size(config.group_size);
  if (algorithm.includes('nvfp4')) return { formatOf: everyLinear(nvfp4(group ?? 16, 2)), notes: [] };
  if (algorithm.includes('mxfp4')) return { formatOf: everyLinear(MXFP4), notes: [] };
  if (algorithm.includes('w4a16') || algorithm.includes('int4'))
    return { formatOf: everyLinear(awqFormat(4, group ?? 128, true)), notes: [] };
  if (algorithm.includes('fp8')) {
    const format = algorithm.includes('pc')
      ? scaledBytes('FP8, a scale a row', [1, 0], 4)
      : scaledBytes('FP8, a scale an array', [0, 0], 4, 1);
    return { formatOf: everyLinear(format), notes: [] };
  }
  if (algorithm === 'mixed_precision' && isObject(config.quantized_layers))
    return mixed(config.quantized_layers, scaleBytes);
  return {
    formatOf: () => null,
    notes: [`quant_algo ${JSON.stringify(config.quant_algo)} is not known: counted unquantized`],
  };
}

/** ModelOpt's map from module to algorithm. Layers of one tensor share it: the first named layer stands for all. */
function mixed(layers: Config, scaleBytes: number): Pick<Method, 'formatOf' | 'notes'> {
  const byName = Object.entries(layers).flatMap(([name, layer]) =>
    isObject(layer)
      ? [{ list: nameList([name.replace(/layers\.\d+\./, 'layers.*.')]), ...modelopt(layer, scaleBytes) }]
      : [],
  );
  return {
    notes: ['mixed precision: each kind of module is counted as its first named layer is'],
    formatOf: (tensor) =>
      byName.find((entry) => entry.list.namedIn(tensor.name, [0]) > 0)?.formatOf(tensor) ?? null,
  };
}

/** AWQ and GPTQ: packed integers with FP16 scales and packed zero points. */
const awqFormat = (bits: number, group: number, zeroPoints: boolean, groupIndex = false): Format =>
  packed(`INT${bits}, ${group > 0 ? `groups of ${group}` : 'a scale a row'}`, {
    bits,
    group,
    scaleBytes: 2,
    zeroPoints,
    groupIndex,
  });

function bitsAndBytes(config: Config): Pick<Method, 'formatOf' | 'notes'> {
  if (config.load_in_4bit === true || config._load_in_4bit === true) {
    const kind = (text(config.bnb_4bit_quant_type) ?? 'fp4').toUpperCase();
    return {
      formatOf: everyLinear(
        bitsAndBytes4(`${kind}, blocks of 64`, config.bnb_4bit_use_double_quant === true),
      ),
      notes: [],
    };
  }
  return { formatOf: everyLinear(scaledBytes('INT8, a scale a row', [1, 0], 4)), notes: [] };
}

/** Methods of which only the width of a value is used; what lies beside the values is an estimate that says so. */
function byBits(name: string, config: Config): Pick<Method, 'formatOf' | 'notes'> {
  const bits = size(config.bits) ?? size(config.nbits) ?? size(config.w_bit) ?? null;
  if (bits === null || bits > 16)
    return {
      formatOf: () => null,
      notes: [`quant_method ${JSON.stringify(name)} is not known: counted unquantized`],
    };
  const group = size(config.group_size) ?? 0;
  return {
    formatOf: everyLinear(awqFormat(bits, group, true)),
    notes: [
      `quant_method ${JSON.stringify(name)} is counted by its ${bits} bits, with scales and zero points as GPTQ has them`,
    ],
  };
}

/** Keys under which methods list the modules that stay as they are. */
const UNQUANTIZED_KEYS = [
  'modules_to_not_convert',
  'ignore',
  'ignored_layers',
  'exclude',
  'exclude_modules',
  'skip_modules',
  'llm_int8_skip_modules',
];

/** Reads a `quantization_config` (or its like), of a model whose scales are kept at `scaleBytes` where nothing says otherwise. */
export function readMethod(config: Config, scaleBytes: number): Method {
  const inner = isObject(config.quantization) ? config.quantization : config;
  const isMlx =
    config.quant_method === undefined &&
    inner.group_size !== undefined &&
    inner.bits !== undefined &&
    inner.quant_algo === undefined;
  const name =
    text(config.quant_method) ??
    text(inner.quant_method) ??
    (isMlx
      ? 'mlx'
      : isObject(inner.config_groups)
        ? 'compressed-tensors'
        : inner.quant_algo !== undefined
          ? 'modelopt'
          : 'unknown');
  const unquantized = nameList(UNQUANTIZED_KEYS.flatMap((key) => namesIn(inner[key])));
  return { name, unquantized, ...formats(name, inner, scaleBytes) };
}

function formats(name: string, config: Config, scaleBytes: number): Pick<Method, 'formatOf' | 'notes'> {
  const bits = size(config.bits) ?? 4;
  const group =
    typeof config.group_size === 'number' && config.group_size < 0 ? 0 : (size(config.group_size) ?? 128);
  switch (name) {
    case 'fp8':
    case 'deepseek_v4_fp8':
      return fp8(config);
    case 'fbgemm_fp8':
      return { formatOf: everyLinear(scaledBytes('FP8, a scale a row', [1, 0], 4)), notes: [] };
    case 'mxfp4':
    case 'gpt_oss_mxfp4':
      // gpt-oss quantizes its experts only: everything else is in its list.
      return { formatOf: everyLinear(MXFP4), notes: [] };
    case 'compressed-tensors':
    case 'compressed_tensors':
      return groups(config, scaleBytes);
    case 'modelopt':
    case 'modelopt_fp4':
    case 'modelopt_mixed':
      return modelopt(config, scaleBytes);
    case 'awq':
      return { formatOf: everyLinear(awqFormat(bits, group, config.zero_point !== false)), notes: [] };
    case 'gptq':
    case 'gptq_marlin':
    case 'auto-round':
    case 'auto_round':
    case 'intel/auto-round':
      return { formatOf: everyLinear(awqFormat(bits, group, true, true)), notes: [] };
    case 'bitsandbytes':
      return bitsAndBytes(config);
    case 'mlx':
      return {
        formatOf: everyLinear(
          packed(`INT${bits}, groups of ${group}`, {
            bits,
            group,
            scaleBytes: 2,
            zeroPoints: true,
            plainZeroPoints: true,
          }),
        ),
        notes: [],
      };
    default:
      return byBits(name, config);
  }
}

/** Bytes of the dtypes that checkpoints are kept in. */
export const DTYPES: Readonly<Record<string, { readonly name: string; readonly bytes: number }>> = {
  float32: { name: 'FP32', bytes: 4 },
  float: { name: 'FP32', bytes: 4 },
  fp32: { name: 'FP32', bytes: 4 },
  float16: { name: 'FP16', bytes: 2 },
  half: { name: 'FP16', bytes: 2 },
  fp16: { name: 'FP16', bytes: 2 },
  bfloat16: { name: 'BF16', bytes: 2 },
  bf16: { name: 'BF16', bytes: 2 },
  float8_e4m3fn: { name: 'FP8', bytes: 1 },
  fp8: { name: 'FP8', bytes: 1 },
};
