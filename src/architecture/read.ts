import type { JsonPath } from '../protocol';
import { UNKNOWN_FAMILY } from './by-keys/family';
import { findDialect } from './dialects';
import { CLASSES, FAMILIES, type Family } from './families';
import { ConfigReader, isObject, type ReadProblem } from './reader';
import { readStorage, storedWeights, type StoredWeight } from './quantization';
import { readTowers } from './towers';
import type { Architecture } from './types';
import { enumerateWeights, type ModelWeights } from './weights';

/** Which reader a config goes to, and why. */
export interface FamilyMatch {
  readonly family: Family;
  readonly modelType: string;
  readonly matchedBy: string;
  /** Path of the object that holds the language model: the root, or `text_config` and its like. */
  readonly textPath: JsonPath;
}

export interface ReadResult {
  /** Null when any problem is an error. */
  readonly architecture: Architecture | null;
  readonly problems: readonly ReadProblem[];
  /** Keys of the language model's object that the reader looked at. */
  readonly readKeys: ReadonlySet<string>;
  /** The language model's object as its family spells and defaults it, for whoever asks on; what is wrong is not noted again. */
  readonly text: ConfigReader;
}

/** Keys that only a language model's config has; three of them make a file one even without `model_type`. */
const DIMENSION_KEYS = [
  'hidden_size',
  'num_hidden_layers',
  'num_attention_heads',
  'num_key_value_heads',
  'intermediate_size',
  'moe_intermediate_size',
  'max_position_embeddings',
  'vocab_size',
  'n_embd',
  'n_layer',
  'n_head',
  'd_model',
  'n_layers',
];
/** Where wrappers keep their language model's config. */
const NESTED_TEXT_PATHS: readonly (readonly string[])[] = [
  ['text_config'],
  ['llm_config'],
  ['language_config'],
  ['llm_cfg'],
  ['language_model_config'],
  ['lm_config'],
  ['text_model_config'],
  ['thinker_config', 'text_config'],
  ['thinker_config'],
  ['language_model'],
  ['llm'],
];

/** The object at a path, if there is one. */
export const objectAt = (
  value: Readonly<Record<string, unknown>>,
  path: JsonPath,
): Record<string, unknown> | null => {
  const found = path.reduce<unknown>((at, step) => (isObject(at) ? at[step] : undefined), value);
  return isObject(found) ? found : null;
};

/** The nested object that describes a language model, if there is one. */
function nestedText(
  value: Record<string, unknown>,
): { readonly path: readonly string[]; readonly config: Record<string, unknown> } | null {
  for (const path of NESTED_TEXT_PATHS) {
    const config = objectAt(value, path);
    if (config) return { path, config };
  }
  return null;
}

const dimensionKeys = (config: Record<string, unknown>) => DIMENSION_KEYS.filter((key) => key in config);

const LAYER_KEYS = ['num_hidden_layers', 'num_layers', 'n_layer', 'n_layers'];
const countsLayers = (config: Record<string, unknown>) => LAYER_KEYS.some((key) => key in config);

/** A file opts out with `"$decodeLens": false`. */
export const FILE_KEY = '$decodeLens';

/**
 * Is this parsed JSON a language model's config? By content, never by file name. Gives the reason when it is,
 * null when it isn't.
 */
export function recognize(value: unknown): string | null {
  if (!isObject(value) || value[FILE_KEY] === false) return null;
  const dialect = findDialect(value);
  if (dialect) return dialect.match.keys.join(', ');
  const nested = nestedText(value)?.config;
  const dimensions = [...dimensionKeys(value), ...(nested ? dimensionKeys(nested) : [])];
  if (
    typeof value.model_type === 'string' &&
    (dimensions.length > 0 || nested || FAMILIES.has(value.model_type))
  )
    return 'model_type';
  if (Array.isArray(value.architectures) && dimensions.length > 0) return 'architectures';
  return dimensions.length >= 3 ? dimensions.slice(0, 3).join(', ') : null;
}

/** Finds the family of a recognized config; where it is not known, the keys have to do. */
export function matchFamily(value: Readonly<Record<string, unknown>>): FamilyMatch {
  const found = findDialect(value);
  if (found) {
    const { family } = found.dialect;
    const { path, keys, modelType } = found.match;
    const named = keys.map((key) => `"${key}"`).join(', ');
    return { family, modelType, matchedBy: `${keys.length > 1 ? 'keys' : 'key'} ${named}`, textPath: path };
  }
  const nested = nestedText(value);
  // Some files repeat the language model's keys at the root, or leave the nested ones to class defaults.
  const isNested = nested !== null && (countsLayers(nested.config) || !countsLayers(value));
  const textPath = isNested ? nested.path : [];
  const classes: unknown = value.architectures;
  const className: unknown = Array.isArray(classes) ? classes[0] : undefined;
  const nestedType = isNested ? nested.config.model_type : undefined;
  // Not yet told from junk: an object from a file has no text form.
  const named = (type: unknown) => `model_type "${typeof type === 'string' ? type : ''}"`;
  const candidates: [unknown, string][] = [
    [nestedType, `${textPath.join('.')}.${named(nestedType)}`],
    [value.model_type, named(value.model_type)],
  ];
  // A class name counts only where no model_type contradicts it.
  if (typeof className === 'string' && candidates.every(([type]) => typeof type !== 'string'))
    candidates.push([CLASSES.get(className), `architectures "${className}"`]);
  for (const [modelType, matchedBy] of candidates) {
    if (typeof modelType !== 'string') continue;
    const family = FAMILIES.get(modelType);
    const ownKey = family?.sharedTypes?.[modelType];
    if (family && (ownKey === undefined || ownKey in value))
      return { family, modelType, matchedBy, textPath };
  }
  const stated = candidates.find(([type]) => typeof type === 'string');
  if (stated) return { family: UNKNOWN_FAMILY, modelType: String(stated[0]), matchedBy: stated[1], textPath };
  return typeof className === 'string'
    ? {
        family: UNKNOWN_FAMILY,
        modelType: className,
        matchedBy: `architectures "${className}"`,
        textPath,
      }
    : { family: UNKNOWN_FAMILY, modelType: '', matchedBy: 'its keys', textPath };
}

/**
 * Keys that change what is counted. One that is given and that the family's reader never looked at means that this is
 * no plain config of the family: reading on would be a silent guess, such as an MoE read as dense.
 */
const DECIDING_KEYS = [
  'num_experts',
  'num_local_experts',
  'n_routed_experts',
  'moe_num_experts',
  'kv_lora_rank',
  'index_topk',
  'attn_type_list',
  'attention_chunk_size',
  'linear_num_value_heads',
  'linear_attn_config',
  'mamba_d_state',
  'ssm_state_size',
  'hybrid_override_pattern',
  'block_configs',
  'compress_ratios',
  'num_kv_shared_layers',
  'cross_attention_layers',
  'full_attention_interval',
  'index_n_heads',
  'hybrid_layer_pattern',
  'layers_block_type',
  'altup_num_inputs',
  'hc_mult',
  'o_lora_rank',
  'num_hash_layers',
  'routed_expert_hidden_size',
  'attn_res_block_size',
  'zero_expert_num',
  'ngram_vocab_size_ratio',
  'layer_group_size',
  'mhc_num_residual_streams',
  'attn_config',
  'ffn_config',
  'multi_query_group_num',
  'new_decoder_architecture',
  'residual_moe',
  'mamba_n_heads',
  'mamba_num_heads',
  'n_mamba_heads',
  'mamba_d_ssm',
  'num_mem_blocks',
  'attn_layer_indices',
  'conv_L_cache',
  'mb_per_layer',
  'moe_latent_size',
  'num_key_value_heads_per_layer',
  'num_attention_heads_per_layer',
  'attention_other_setting',
  'swa_num_key_value_heads',
  'use_cla',
  'qk_nope_dim',
  'linear_num_heads',
  'gated_norm_rank',
];
/** Lists with a kind for each layer. They change nothing where all kinds are the same. */
const LAYER_KIND_KEYS = ['layer_types', 'mlp_layer_types'];
const isMixed = (value: unknown): boolean => Array.isArray(value) && new Set<unknown>(value).size > 1;

function checkDecidingKeys(text: ConfigReader, familyName: string): void {
  const mixed = LAYER_KIND_KEYS.filter((key) => isMixed(text.config[key]));
  for (const key of [...DECIDING_KEYS, ...mixed]) {
    const value = text.config[key];
    // One expert is none; 0 and false switch a feature off.
    const isGiven =
      isObject(value) ||
      Array.isArray(value) ||
      typeof value === 'string' ||
      Number(value) > (key.includes('experts') ? 1 : 0);
    if (isGiven && !text.known.has(key))
      text.problem(
        'error',
        'config/unread-key',
        `"${key}" changes the architecture, and ${familyName} configs have no such key: nothing was computed, rather than something wrong.`,
        [key],
      );
  }
}

/** Problems of these codes leave placeholders; what follows from those is noise. */
const UNREAD_CODES = ['config/missing', 'config/size', 'config/flag', 'config/list', 'config/unsupported'];

/**
 * Reads a config into an architecture. Never throws, whatever the values are. `quantization`: what a file beside the config
 * says of how the weights are quantized, for configs that don't.
 */
export function readArchitecture(
  value: Readonly<Record<string, unknown>>,
  match: FamilyMatch,
  quantization: Readonly<Record<string, unknown>> | null = null,
): ReadResult {
  const noted: ReadProblem[] = [];
  const root = new ConfigReader(value, [], noted);
  const { family, modelType, matchedBy } = match;
  const aliases = family.aliases ?? {};
  const text = match.textPath
    .reduce<ConfigReader>((reader, step) => reader.nested(String(step)), root)
    .withAliases(aliases)
    .withDefaults(family.defaults ?? {});
  const parts = family.read({ root, text, modelType });
  if (!family.refusesUnread) checkDecidingKeys(text, family.name);
  const unread = noted.filter((p) => UNREAD_CODES.includes(p.code));
  const problems = unread.length > 0 ? unread : noted;
  const towers = parts.towers ?? readTowers(root, parts.model);
  const statedName = root.text('_name_or_path') ?? root.text('name');
  const described = {
    ...parts,
    mtp: parts.mtp ?? null,
    storedOnly: parts.storedOnly ?? [],
    towers,
    storage: readStorage(
      root,
      family.storage ? text.withValues(family.storage(text)) : text,
      modelType,
      quantization,
    ),
  };
  return {
    problems,
    readKeys: text.known,
    text: text.aside(),
    architecture: problems.some((p) => p.severity === 'error')
      ? null
      : new ReadArchitecture(described, { family: family.name, modelType, matchedBy, statedName }),
  };
}

type Identity = Pick<Architecture, 'family' | 'modelType' | 'matchedBy' | 'statedName'>;
type Described = Omit<Architecture, keyof Identity | 'weights' | 'stored'>;

/**
 * An architecture whose weights are enumerated when first asked for. A class, since a getter made anew for each object
 * gives each a hidden class of its own, which the young generation's collector then keeps alive with all it refers to.
 */
class ReadArchitecture implements Architecture {
  readonly family: string;
  readonly modelType: string;
  readonly matchedBy: string;
  readonly statedName: string | null;
  readonly model: Described['model'];
  readonly groups: Described['groups'];
  readonly ends: Described['ends'];
  readonly mtp: Described['mtp'];
  readonly towers: Described['towers'];
  readonly storedOnly: Described['storedOnly'];
  readonly storage: Described['storage'];
  private enumerated: ModelWeights | undefined;
  private laid: readonly StoredWeight[] | undefined;

  constructor(described: Described, identity: Identity) {
    this.family = identity.family;
    this.modelType = identity.modelType;
    this.matchedBy = identity.matchedBy;
    this.statedName = identity.statedName;
    this.model = described.model;
    this.groups = described.groups;
    this.ends = described.ends;
    this.mtp = described.mtp;
    this.towers = described.towers;
    this.storedOnly = described.storedOnly;
    this.storage = described.storage;
  }

  get weights(): ModelWeights {
    return (this.enumerated ??= enumerateWeights(this));
  }

  get stored(): readonly StoredWeight[] {
    return (this.laid ??= storedWeights(this.storage, this.weights.all, {
      layers: this.model.layers,
      mtp: this.mtp?.count ?? 0,
    }));
  }
}
