import { endsOf, mamba2Mixer, mambaMixer } from '../blocks';
import type { Expression } from '../expression';
import { given, groupLayers, type ConfigReader, type Field, type KeyAliases } from '../reader';
import { norms } from '../tensors';
import type { AttentionBlock } from '../types';
import { hiddenOf, readModel, type Family, type FamilyReader } from './decoder';
import { autoSize, stateBytes } from './layer-kinds';

/** Names of the state-spaces repository's own configs, which conversions often keep. */
const ALIASES: KeyAliases = { hidden_size: ['d_model'], num_hidden_layers: ['n_layer'] };

/** Channels of a state-space mixer: hidden size times `expand`, rounded down as the code does. */
export function expanded(text: ConfigReader, key: string, fallback: number): Field<number> {
  const [hidden, expand] = [text.size('hidden_size'), text.size(key, fallback)];
  return given(hidden.value * expand.value, {
    paths: [...hidden.origin.paths, ...expand.origin.paths],
    note: `${key} x hidden_size`,
  });
}

/** Rank of Mamba's time-step projection: `auto` is a sixteenth of the hidden size, rounded up. */
export function timeStepRank(text: ConfigReader, key: string): Field<number> {
  const hidden = text.size('hidden_size');
  return autoSize(
    text,
    key,
    given(Math.ceil(hidden.value / 16), { ...hidden.origin, note: 'hidden_size / 16' }),
  );
}

type MixerReader = (text: ConfigReader, hidden: Expression) => AttentionBlock;

/** `intermediate_size` counts where it is given: Falcon-Mamba's `expand` of 16 contradicts it. */
const readMambaMixer: MixerReader = (text, hidden) =>
  mambaMixer(hidden, {
    inner: text.size('intermediate_size', expanded(text, 'expand', 2)),
    stateSize: text.size('state_size', 16),
    rank: timeStepRank(text, 'time_step_rank'),
    kernel: text.size('conv_kernel', 4),
    bias: text.flag('use_bias', false).value,
    convBias: text.flag('use_conv_bias', true).value,
    stateBytesPerElement: stateBytes(text, 'mamba_ssm_dtype', 'mamba_ssm_cache_dtype'),
    prefix: 'mixer.',
  });

const readMamba2Mixer: MixerReader = (text, hidden) =>
  mamba2Mixer(hidden, {
    heads: text.size('num_heads', 128),
    headDim: text.size('head_dim', 64),
    groups: text.size('n_groups', 8),
    stateSize: text.size('state_size', 128),
    kernel: text.size('conv_kernel', 4),
    bias: text.flag('use_bias', false).value,
    convBias: text.flag('use_conv_bias', true).value,
    stateBytesPerElement: stateBytes(text, 'mamba_ssm_dtype', 'mamba_ssm_cache_dtype'),
    prefix: 'mixer.',
  });

/** Models of state-space mixers alone, one a layer with one norm, and no FFN (transformers' mamba, mamba2, falcon_mamba). */
const readMamba =
  (mixerOf: MixerReader, tied: boolean): FamilyReader =>
  (input) => {
    const { text } = input;
    const layers = text.layers();
    const model = readModel(input, layers, tied);
    const hidden = hiddenOf(model);
    const layer = { attention: [mixerOf(text, hidden)], ffn: [], extra: norms(['norm'], hidden) };
    return {
      model,
      groups: groupLayers(layers, {}, () => layer),
      ends: endsOf(model, { names: { embedding: 'embeddings', norm: 'norm_f' } }),
    };
  };

const MAMBA_DEFAULTS = { hidden_size: 768, vocab_size: 50_280, num_hidden_layers: 32 };
const MAMBA2_DEFAULTS = { hidden_size: 4096, vocab_size: 32_768, num_hidden_layers: 64 };

export const mambaFamilies: readonly Family[] = [
  {
    name: 'Mamba',
    types: ['mamba'],
    classes: ['MambaForCausalLM', 'MambaLMHeadModel'],
    schema: 'mamba',
    aliases: ALIASES,
    defaults: MAMBA_DEFAULTS,
    read: readMamba(readMambaMixer, true),
  },
  {
    name: 'Falcon-Mamba',
    types: ['falcon_mamba'],
    classes: ['FalconMambaForCausalLM'],
    schema: 'mamba',
    aliases: ALIASES,
    defaults: MAMBA_DEFAULTS,
    read: readMamba(readMambaMixer, true),
  },
  {
    name: 'Mamba-2',
    types: ['mamba2'],
    classes: ['Mamba2ForCausalLM'],
    schema: 'mamba',
    aliases: ALIASES,
    defaults: MAMBA2_DEFAULTS,
    read: readMamba(readMamba2Mixer, false),
  },
];
