import type { FamilyReader } from '../families/decoder';
import { given, isObject, type ConfigReader, type KeyAliases, type KeyValues } from '../reader';
import { dialectFamily, hasAll, readAs, refuseUnreadWithin, type Dialect } from './dialect';
import { ATTENTION_KEYS, withFurtherParts } from './state-spaces-layers';

/**
 * The configs of the state-spaces repository (mamba_ssm's MambaConfig), as in state-spaces/mamba-2.8b and mamba2-2.7b: no
 * model_type, and the mixer's settings in `ssm_cfg`.
 */
const ssm = (key: string): readonly (readonly string[])[] => [['ssm_cfg', key]];
const ALIASES: KeyAliases = {
  hidden_size: ['d_model'],
  num_hidden_layers: ['n_layer'],
  tie_word_embeddings: ['tie_embeddings'],
  state_size: ssm('d_state'),
  conv_kernel: ssm('d_conv'),
  expand: ssm('expand'),
  head_dim: ssm('headdim'),
  n_groups: ssm('ngroups'),
  use_bias: ssm('bias'),
  use_conv_bias: ssm('conv_bias'),
  time_step_rank: ssm('dt_rank'),
};
const SSM_KEYS = [
  ...Object.values(ALIASES).flatMap((aliases) => aliases.map((alias) => alias[1] ?? '')),
  'layer',
  ...['dt_min', 'dt_max', 'dt_init', 'dt_scale', 'dt_init_floor', 'dt_limit', 'A_init_range'],
  ...['chunk_size', 'use_fast_path', 'use_mem_eff_path', 'rmsnorm'],
];
const COSTLESS = ['rms_norm', 'residual_in_fp32', 'fused_add_norm'];

const NAME = 'Mamba (state-spaces)';
const TELLING = ['d_model', 'n_layer', 'ssm_cfg'];

const isSecond = (text: ConfigReader): boolean => {
  const settings = text.raw('ssm_cfg');
  return isObject(settings) && settings.layer === 'Mamba2';
};

/** The embedding table's rows are rounded up to a multiple. */
function paddedVocab(text: ConfigReader): KeyValues {
  const vocab = text.size('vocab_size');
  const multiple = text.size('pad_vocab_size_multiple', 8);
  const rows = Math.ceil(vocab.value / multiple.value) * multiple.value;
  const paths = [...vocab.origin.paths, ...multiple.origin.paths];
  return { vocab_size: given(rows, { paths, note: 'vocab_size rounded up to pad_vocab_size_multiple' }) };
}

/** Heads fill the inner width, and B and C are common to all heads unless said otherwise. */
function secondMixer(text: ConfigReader): KeyValues {
  const [hidden, expand, headDim] = [
    text.size('hidden_size'),
    text.size('expand', 2),
    text.size('head_dim', 64),
  ];
  const paths = [hidden, expand, headDim].flatMap(({ origin }) => origin.paths);
  const heads = Math.floor((hidden.value * expand.value) / headDim.value);
  return {
    num_heads: given(heads, { paths, note: 'expand x d_model / headdim' }),
    n_groups: text.size('n_groups', 1),
  };
}

const read: FamilyReader = (input) => {
  const { text } = input;
  for (const key of COSTLESS) text.known.add(key);
  refuseUnreadWithin(text, 'ssm_cfg', NAME, SSM_KEYS);
  refuseUnreadWithin(text, 'attn_cfg', NAME, ATTENTION_KEYS);
  const second = isSecond(text);
  const tie = text.flag('tie_word_embeddings', true);
  const parts = readAs(second ? 'mamba2' : 'mamba', input, {
    ...paddedVocab(text),
    ...(second && secondMixer(text)),
    tie_word_embeddings: tie,
  });
  return withFurtherParts(text, parts);
};

export const stateSpacesDialect: Dialect = {
  family: dialectFamily(NAME, 'mamba', ALIASES, read, () => ({})),
  find: (file) =>
    hasAll(file, TELLING) && isObject(file.ssm_cfg) && file.model_type === undefined
      ? { path: [], keys: TELLING, modelType: 'mamba' }
      : null,
};
