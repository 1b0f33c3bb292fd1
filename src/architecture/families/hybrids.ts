import { denseFfn, endsOf, mamba2Mixer, moeFfn, type Mamba2Spec } from '../blocks';
import type { Expression } from '../expression';
import { given, groupLayers, type ConfigReader, type Field } from '../reader';
import type { FfnBlock, Layer } from '../types';
import { hiddenOf, layer, readModel, twoNorms, type Family, type FamilyReader } from './decoder';
import { attentionOf, JAMBA_ENDS, jambaNorms, readJamba } from './jamba';
import { autoSize, layerKinds, MAMBA_OR_ATTENTION, stateBytes } from './layer-kinds';
import { expanded } from './mamba';

/** Heads of a Mamba-2 block of this width under Bamba's keys, which must agree. */
function ssmHeads(text: ConfigReader, inner: Field<number>): Pick<Mamba2Spec, 'heads' | 'headDim'> {
  const heads = text.size('mamba_n_heads', 128);
  const headDim = autoSize(
    text,
    'mamba_d_head',
    given(Math.floor(inner.value / heads.value) || 1, {
      paths: [...inner.origin.paths, ...heads.origin.paths],
      note: 'width of the Mamba block / mamba_n_heads',
    }),
  );
  if (heads.value * headDim.value !== inner.value)
    text.problem(
      'error',
      'config/size',
      `${heads.value} Mamba heads of ${headDim.value} do not make up the Mamba block's width of ${inner.value}.`,
      ['mamba_n_heads'],
    );
  return { heads, headDim };
}

/** A Mamba-2 block under the keys that Bamba, Falcon-H1 and Granite 4 share. */
const mamba2Of = (
  text: ConfigReader,
  hidden: Expression,
  inner: Field<number>,
  own: Partial<Mamba2Spec> = {},
) =>
  mamba2Mixer(hidden, {
    ...ssmHeads(text, inner),
    groups: text.size('mamba_n_groups', 1),
    stateSize: text.size('mamba_d_state', 256),
    kernel: text.size('mamba_d_conv', 4),
    bias: text.flag('mamba_proj_bias', false).value,
    convBias: text.flag('mamba_conv_bias', true).value,
    stateBytesPerElement: stateBytes(text, 'mamba_ssm_cache_dtype', 'mamba_ssm_dtype'),
    prefix: 'mamba.',
    ...own,
  });

/** Bamba (transformers' bamba): Mamba-2 layers, attention in those of `attn_layer_indices`, a dense FFN in all. */
const readBamba: FamilyReader = (input) => {
  const { text } = input;
  const layers = text.layers('num_hidden_layers', 32);
  const model = readModel(input, layers, false, { vocab: 128_000 });
  const hidden = hiddenOf(model);
  const hasBias = text.flag('attention_bias', false).value;
  const attention = attentionOf(text, hidden, { queryHeads: 32, kvHeads: 8 }, hasBias);
  const mamba = mamba2Of(text, hidden, expanded(text, 'mamba_expand', 2));
  const ffn = denseFfn(hidden, {
    intermediate: text.size('intermediate_size', 14_336),
    bias: text.flag('mlp_bias', false).value,
    prefix: 'feed_forward',
  });
  const extra = jambaNorms(hidden);
  const [withMamba, withAttention] = [layer(mamba, ffn, extra), layer(attention, ffn, extra)];
  const kinds = layerKinds(text, 'layers_block_type', layers.value, MAMBA_OR_ATTENTION);
  const listed = new Set(text.list('attn_layer_indices') ?? []);
  const pattern = { attention: text.originOf(kinds ? 'layers_block_type' : 'attn_layer_indices') };
  const groups = groupLayers(layers, pattern, (i) =>
    (kinds ? kinds[i] === 'attention' : listed.has(i)) ? withAttention : withMamba,
  );
  return { model, groups, ends: endsOf(model, JAMBA_ENDS) };
};

/** Falcon-H1 (transformers' falcon_h1): attention beside Mamba-2 in every layer, on the same input. */
const readFalconH1: FamilyReader = (input) => {
  const { text } = input;
  const layers = text.layers('num_hidden_layers', 32);
  const model = readModel(input, layers, false, { vocab: 128_000 });
  const hidden = hiddenOf(model);
  const hasBias = text.flag('attention_bias', false).value;
  // Null is expand x hidden_size; the absent key has a default of its own.
  const inner =
    text.raw('mamba_d_ssm') === null ? expanded(text, 'mamba_expand', 2) : text.size('mamba_d_ssm', 1024);
  const mamba = mamba2Of(text, hidden, inner, {
    bias: {
      in: text.flag('mamba_proj_bias', false).value,
      out: text.flag('projectors_bias', false).value,
    },
    norm: text.flag('mamba_rms_norm', false).value,
  });
  const both: Layer = {
    attention: [attentionOf(text, hidden, { queryHeads: 32, kvHeads: 8 }, hasBias), mamba],
    ffn: [
      denseFfn(hidden, {
        intermediate: text.size('intermediate_size', 14_336),
        bias: text.flag('mlp_bias', false).value,
        prefix: 'feed_forward',
      }),
    ],
    extra: jambaNorms(hidden),
  };
  return { model, groups: groupLayers(layers, {}, () => both), ends: endsOf(model, JAMBA_ENDS) };
};

/**
 * Granite 4 (transformers' granitemoehybrid): Mamba-2 or attention after `layer_types`, and a shared FFN in every layer,
 * with routed experts beside it unless `num_local_experts` is 0.
 */
const readGraniteHybrid: FamilyReader = (input) => {
  const { text } = input;
  const layers = text.layers('num_hidden_layers', 32);
  const model = readModel(input, layers, false, { vocab: 32_000 });
  const hidden = hiddenOf(model);
  const hasBias = text.flag('attention_bias', false).value;
  const kinds = layerKinds(text, 'layer_types', layers.value, MAMBA_OR_ATTENTION);
  const ffn = graniteFfn(text, hidden);
  const extra = twoNorms(hidden);
  const attention = layer(attentionOf(text, hidden, { queryHeads: 32 }, hasBias), ffn, extra);
  // Sizes without Mamba layers may leave its keys at defaults that don't fit together.
  const anyMamba = kinds?.includes('mamba') ?? true;
  for (const key of ['mamba_d_state', 'mamba_n_heads']) text.has(key);
  const mamba = anyMamba
    ? layer(mamba2Of(text, hidden, expanded(text, 'mamba_expand', 2)), ffn, extra)
    : attention;
  const groups = groupLayers(layers, { attention: text.originOf('layer_types') }, (i) =>
    kinds?.[i] === 'attention' ? attention : mamba,
  );
  return { model, groups, ends: endsOf(model) };
};

function graniteFfn(text: ConfigReader, hidden: Expression): FfnBlock {
  const names = { gateUp: 'input_linear', down: 'output_linear' };
  const shared = text.size('shared_intermediate_size', 1024);
  const experts = text.size(['num_local_experts', 'num_experts'], 8, 0);
  text.has('intermediate_size');
  if (experts.value === 0) return denseFfn(hidden, { intermediate: shared, prefix: 'shared_mlp', names });
  return moeFfn(text, hidden, {
    experts,
    topK: text.size('num_experts_per_tok', 2),
    intermediate: text.size('intermediate_size', 11_008),
    sharedIntermediate: shared,
    sharedPath: 'shared_mlp',
    prefix: 'block_sparse_moe',
    routerName: 'router',
    names,
  });
}

/** The class default of all of these, for what is derived from it. */
const HIDDEN_4096 = { hidden_size: 4096 };

export const hybridFamilies: readonly Family[] = [
  {
    name: 'Jamba',
    types: ['jamba'],
    classes: ['JambaForCausalLM'],
    schema: 'hybrid',
    defaults: HIDDEN_4096,
    read: readJamba,
  },
  {
    name: 'Bamba',
    types: ['bamba'],
    classes: ['BambaForCausalLM'],
    schema: 'hybrid',
    defaults: HIDDEN_4096,
    read: readBamba,
  },
  {
    name: 'Falcon-H1',
    types: ['falcon_h1'],
    classes: ['FalconH1ForCausalLM'],
    schema: 'hybrid',
    defaults: HIDDEN_4096,
    read: readFalconH1,
  },
  {
    name: 'Granite 4 hybrid',
    types: ['granitemoehybrid'],
    classes: ['GraniteMoeHybridForCausalLM'],
    schema: 'hybrid',
    aliases: { layer_types: ['layers_block_type'] },
    defaults: HIDDEN_4096,
    read: readGraniteHybrid,
  },
];
