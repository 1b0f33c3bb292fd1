import { denseFfn, endsOf, softmaxAttention } from '../blocks';
import type { Expression } from '../expression';
import { ConfigReader, given, groupLayers, isObject, type Field } from '../reader';
import { matrix, norms } from '../tensors';
import type { Layer, Tensor, WeightModule } from '../types';
import {
  checkSharing,
  derivedHeadDim,
  hiddenOf,
  layer,
  memo,
  readModel,
  twoNorms,
  type Family,
  type FamilyReader,
} from './decoder';

/** What the blocks of all layers share. */
interface Shared {
  readonly text: ConfigReader;
  readonly hidden: Expression;
  readonly queryHeads: Field<number>;
  readonly headDim: Field<number>;
}

/** Attention with this many KV heads. */
function attentionOf(
  { text, hidden, queryHeads, headDim }: Shared,
  kvHeads: Field<number>,
  window: ConfigReader | null,
) {
  checkSharing(text, queryHeads, kvHeads);
  const hasBias = text.flag('attention_bias', text.flag('bias', false).value).value;
  return softmaxAttention(hidden, {
    queryHeads,
    kvHeads,
    headDim,
    window: window ? { kind: 'sliding', size: window.size('window_length') } : null,
    bias: { qkv: text.flag('qkv_bias', hasBias).value, o: hasBias },
  });
}

/** A part of a layer that a puzzle may leave out, or replace by one square matrix. */
const isLeftOut = (part: ConfigReader) => part.flag('no_op', false).value;
const isLinear = (part: ConfigReader) => part.flag('replace_with_linear', false).value;
const square = (hidden: Expression, name: string, module: WeightModule): Tensor =>
  matrix(name, module, hidden, hidden);

/** Width of an FFN: as stated, or two thirds of `ffn_mult` times the hidden size, rounded up to 256. */
function ffnWidth(part: ConfigReader, hidden: Expression): Field<number> {
  const multiplier = part.raw('ffn_mult');
  if (multiplier === undefined || multiplier === null) return part.size('intermediate_size');
  if (!(typeof multiplier === 'number' && multiplier > 0 && multiplier < 1e3)) {
    part.problem('error', 'config/size', '"ffn_mult" must be a positive number.', ['ffn_mult']);
    return given(1);
  }
  const width = Math.trunc((2 * multiplier * hidden.value) / 3);
  return given(Math.max(256, 256 * Math.ceil(width / 256)), {
    ...part.originOf('ffn_mult'),
    note: '2/3 x ffn_mult x hidden_size, rounded up to 256',
  });
}

/** One entry of `block_configs`. What is left out has neither weights nor norm nor cache. */
function puzzleLayer(shared: Shared, block: ConfigReader): Layer {
  const { text, hidden, queryHeads } = shared;
  const [attention, ffn] = [block.nested('attention'), block.nested('ffn')];
  for (const [part, key] of [
    [ffn, 'moe'],
    [attention, 'mamba'],
  ] as const)
    if (part.has(key))
      part.problem('error', 'config/unsupported', `Decode Lens does not read "${key}" in block_configs.`, [
        key,
      ]);
  const inGroup = () => attention.size('n_heads_in_group');
  const kvHeads = (): Field<number> =>
    attention.has('num_key_value_heads')
      ? attention.size('num_key_value_heads')
      : given(Math.max(1, Math.floor(queryHeads.value / inGroup().value)), {
          paths: [...queryHeads.origin.paths, ...inGroup().origin.paths],
          note: 'num_attention_heads / n_heads_in_group',
        });
  const hasMixer = !isLeftOut(attention) && !isLinear(attention);
  const hasFfn = !isLeftOut(ffn) && !isLinear(ffn);
  return {
    attention: hasMixer
      ? [attentionOf(shared, kvHeads(), attention.has('window_length') ? attention : null)]
      : [],
    ffn: hasFfn
      ? [
          denseFfn(hidden, {
            intermediate: ffnWidth(ffn, hidden),
            bias: text.flag('mlp_bias', false).value,
          }),
        ]
      : [],
    extra: [
      ...(isLeftOut(attention) ? [] : norms(['input_layernorm'], hidden)),
      ...(isLeftOut(ffn) ? [] : norms(['post_attention_layernorm'], hidden)),
      ...(isLinear(attention) ? [square(hidden, 'self_attn.linear_attn', 'attention')] : []),
      ...(isLinear(ffn) ? [square(hidden, 'mlp.linear_mlp', 'denseFfn')] : []),
    ],
  };
}

/**
 * DeciLM and Nemotron-NAS (vLLM's nemotron_nas, modeling_decilm.py): Llama layers searched one by one. DeciLM-7B varies
 * the KV heads (`num_key_value_heads_per_layer`); Nemotron 51B, 49B and 253B describe every layer in `block_configs`,
 * where a part may be missing or one square matrix.
 */
const readDeci: FamilyReader = (input) => {
  const { text } = input;
  const layers = text.layers();
  const model = readModel(input, layers, false);
  const hidden = hiddenOf(model);
  const queryHeads = text.size('num_attention_heads');
  const shared: Shared = {
    text,
    hidden,
    queryHeads,
    headDim: text.size('head_dim', derivedHeadDim(text, queryHeads)),
  };
  const ends = endsOf(model);
  const blocks = text.perLayer('block_configs', layers.value);
  if (blocks) {
    const made = new Map<string, Layer>();
    const layerOf = (i: number): Layer => {
      const block = blocks[i];
      const id = JSON.stringify(block ?? null);
      const known =
        made.get(id) ??
        puzzleLayer(
          shared,
          new ConfigReader(isObject(block) ? block : {}, [...text.pathOf('block_configs'), i], text.problems),
        );
      made.set(id, known);
      return known;
    };
    const origin = text.originOf('block_configs');
    return { model, groups: groupLayers(layers, { attention: origin, ffn: origin }, layerOf), ends };
  }
  const kvHeadsOf = text.has('num_key_value_heads_per_layer')
    ? text.sizePerLayer('num_key_value_heads_per_layer', layers.value)
    : text.sizePerLayer('num_key_value_heads', layers.value, queryHeads);
  const ffn = denseFfn(hidden, {
    intermediate: text.size('intermediate_size'),
    bias: text.flag('mlp_bias', false).value,
  });
  const extra = twoNorms(hidden);
  const layerWith = memo((kvHeads: number) =>
    layer(
      attentionOf(
        shared,
        given(kvHeads, text.originOf('num_key_value_heads_per_layer', 'num_key_value_heads')),
        null,
      ),
      ffn,
      extra,
    ),
  );
  const pattern = { attention: text.originOf('num_key_value_heads_per_layer') };
  return { model, groups: groupLayers(layers, pattern, (i) => layerWith(kvHeadsOf(i).value)), ends };
};

export const deciFamilies: readonly Family[] = [
  {
    name: 'Nemotron-NAS',
    types: ['nemotron-nas', 'deci', 'nemotron_nas'],
    classes: ['DeciLMForCausalLM', 'DeciForCausalLM'],
    schema: 'nemotron',
    // LlamaConfig's, which DeciLMConfig extends.
    defaults: {
      hidden_size: 4096,
      intermediate_size: 11_008,
      num_hidden_layers: 32,
      num_attention_heads: 32,
      vocab_size: 32_000,
    },
    read: readDeci,
  },
];
