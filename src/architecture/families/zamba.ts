import { denseFfn, endsOf, mamba2Mixer, mambaMixer, softmaxAttention, type SoftmaxSpec } from '../blocks';
import { constant, product, type Expression } from '../expression';
import { given, groupLayers, type ConfigReader, type Field } from '../reader';
import { field, matrix, norms, symbol } from '../tensors';
import type { AttentionBlock, DenseBlock, Layer, SoftmaxBlock, Tensor, WeightModule } from '../types';
import { checkSharing, hiddenOf, readModel, type Family, type FamilyReader } from './decoder';
import { layerKinds, stateBytes } from './layer-kinds';
import { expanded, timeStepRank } from './mamba';

/** `hybrid`: a shared transformer block before the layer's own Mamba block. */
const KINDS: Readonly<Record<string, 'mamba' | 'hybrid'>> = {
  mamba: 'mamba',
  m: 'mamba',
  linear_attention: 'mamba',
  hybrid: 'hybrid',
  g: 'hybrid',
};
type Kind = 'mamba' | 'hybrid';

/** The shared transformer block: its weights stand once, but every layer that uses it has its own KV cache. */
interface SharedBlock {
  readonly attention: SoftmaxBlock;
  readonly ffn: DenseBlock;
  readonly norms: readonly Tensor[];
}

/** The same weights once more: used again, and stored elsewhere. */
const reused = (tensors: readonly Tensor[]): Tensor[] =>
  tensors.map((t) => ({ ...t, copies: constant(0), activated: constant(1), reused: true as const }));

/** A layer that uses the shared block: stored in its first use, with `own` weights of each use. */
const hybridLayer = (
  shared: SharedBlock,
  mamba: AttentionBlock,
  own: {
    readonly attention: readonly Tensor[];
    readonly ffn: readonly Tensor[];
    readonly extra: readonly Tensor[];
  },
  isFirst: boolean,
): Layer => {
  const tensors = (of: readonly Tensor[]) => (isFirst ? of : reused(of));
  return {
    attention: [
      { ...shared.attention, tensors: [...tensors(shared.attention.tensors), ...own.attention] },
      mamba,
    ],
    ffn: [{ ...shared.ffn, tensors: [...tensors(shared.ffn.tensors), ...own.ffn] }],
    extra: [...tensors(shared.norms), ...own.extra],
  };
};

/** Attention over twice the hidden size, back to the hidden size. */
function sharedAttention(text: ConfigReader, hidden: Expression, defaultHeads: number): SoftmaxBlock {
  const queryHeads = text.size('num_attention_heads', defaultHeads);
  const kvHeads = text.size('num_key_value_heads', queryHeads);
  checkSharing(text, queryHeads, kvHeads);
  const width = wideInput(text, hidden);
  const spec: SoftmaxSpec = {
    queryHeads,
    kvHeads,
    headDim: text.size(
      'attention_head_dim',
      given(Math.max(1, Math.floor(width.value / queryHeads.value)), {
        paths: [...text.originOf('hidden_size').paths, ...queryHeads.origin.paths],
        note: '2 x hidden_size / num_attention_heads',
      }),
    ),
    inputDim: width,
    prefix: 'shared_transformer.self_attn.',
  };
  return softmaxAttention(hidden, spec);
}

/** Width of what the shared block reads: hidden state and embedding side by side. */
const wideInput = (text: ConfigReader, hidden: Expression): Expression =>
  text.has('attention_hidden_size')
    ? symbol('H_attn', text.size('attention_hidden_size'))
    : product(2, hidden);

/** Norms of the shared block: of its wide input, and before its FFN. */
const sharedNorms = (text: ConfigReader, hidden: Expression): Tensor[] => [
  ...norms(['shared_transformer.input_layernorm'], wideInput(text, hidden)),
  ...norms(['shared_transformer.pre_ff_layernorm'], hidden),
];

/**
 * Zamba (transformers' zamba): Mamba layers of several heads, whose counts are those of plain Mamba; one shared block and
 * a projection of its output in the third layer and every `attn_layer_period` after that.
 */
const readZamba: FamilyReader = (input) => {
  const { text } = input;
  const layers = text.layers('num_hidden_layers', 76);
  const model = readModel(input, layers, true, { vocab: 32_000 });
  const hidden = hiddenOf(model);
  text.size('n_mamba_heads', 2);
  const mamba = mambaMixer(hidden, {
    inner: expanded(text, 'mamba_expand', 2),
    stateSize: text.size('mamba_d_state', 16),
    rank: timeStepRank(text, 'mamba_dt_rank'),
    kernel: text.size('mamba_d_conv', 4),
    bias: text.flag('mamba_proj_bias', false).value,
    convBias: text.flag('mamba_conv_bias', true).value,
    prefix: 'mamba.',
  });
  const shared: SharedBlock = {
    attention: sharedAttention(text, hidden, 16),
    ffn: denseFfn(hidden, {
      intermediate: text.size('intermediate_size', 14_848),
      prefix: 'shared_transformer.feed_forward',
    }),
    norms: sharedNorms(text, hidden),
  };
  const [period, offset] = [text.size('attn_layer_period', 6), text.size('attn_layer_offset', 4, 0)];
  const listed = layerKinds(text, 'layers_block_type', layers.value, KINDS);
  const kindOf = (i: number): Kind =>
    listed?.[i] ?? (i === 2 || (i > 2 && (i - 3) % period.value === offset.value) ? 'hybrid' : 'mamba');
  const own = { attention: [], ffn: [], extra: useTensors(hidden) };
  const [first, later] = [true, false].map((isFirst) => hybridLayer(shared, mamba, own, isFirst));
  const plain: Layer = { attention: [mamba], ffn: [], extra: norms(['input_layernorm'], hidden) };
  const uses = countUses(layers, kindOf);
  const groups = groupLayers(layers, patternOf(text), (i) => {
    const use = uses[i];
    return (use === undefined ? plain : use === 0 ? first : later) ?? plain;
  });
  return { model, groups, ends: endsOf(model, { names: { norm: 'final_layernorm' } }) };
};

/** What every use of a shared block has beside it: its projection, and the norm of the layer's own Mamba block. */
const useTensors = (hidden: Expression): Tensor[] => [
  matrix('linear', 'other', hidden, hidden),
  ...norms(['mamba_decoder.input_layernorm'], hidden),
];

const patternOf = (text: ConfigReader) => {
  const origin = text.originOf('layers_block_type', 'attn_layer_period', 'attn_layer_offset');
  return { attention: origin, ffn: origin };
};

/** By layer: how many layers before it use a shared block; none where it does not. */
function countUses(layers: Field<number>, kindOf: (layer: number) => Kind): (number | undefined)[] {
  let uses = 0;
  return Array.from({ length: layers.value }, (_, i) => (kindOf(i) === 'hybrid' ? uses++ : undefined));
}

/** Class default of Zamba2's `layers_block_type`: 54 layers of which nine use a shared block. */
const ZAMBA2_HYBRID_LAYERS = new Set([6, 12, 18, 24, 30, 36, 42, 47, 51]);

/**
 * Zamba2 (transformers' zamba2): Mamba-2 layers, and `num_mem_blocks` shared transformer blocks used in turn. Each use
 * adds low-rank adapters of the FFN's input, with `use_shared_attention_adapter` also of queries, keys and values.
 */
const readZamba2: FamilyReader = (input) => {
  const { text } = input;
  const layers = text.layers('num_hidden_layers', 54);
  const model = readModel(input, layers, true, { vocab: 32_000 });
  const hidden = hiddenOf(model);
  const hasBias = text.flag('add_bias_linear', false).value;
  const mamba = zamba2Mamba(text, hidden, hasBias);
  const attention = sharedAttention(text, hidden, 32);
  const ffn = denseFfn(hidden, {
    intermediate: text.size('intermediate_size', given(4 * model.hidden, text.originOf('hidden_size'))),
    bias: hasBias,
    prefix: 'shared_transformer.feed_forward',
    names: { gateUp: 'gate_up_proj' },
  });
  const rank = symbol('r_lora', text.size('adapter_rank', 128));
  const adapter = (name: string, module: WeightModule, input: Expression, output: Expression): Tensor[] => [
    matrix(`shared_transformer.${name}.0`, module, rank, input),
    matrix(`shared_transformer.${name}.1`, module, output, rank),
  ];
  const wide = wideInput(text, hidden);
  const own = {
    attention: text.flag('use_shared_attention_adapter', false).value
      ? ['q', 'k', 'v'].flatMap((name) =>
          adapter(`self_attn.linear_${name}_adapter_list`, 'attention', wide, wide),
        )
      : [],
    ffn: adapter(
      'feed_forward.gate_up_proj_adapter_list',
      'denseFfn',
      hidden,
      product(2, field(ffn, 'intermediate', 'I')),
    ),
    extra: useTensors(hidden),
  };
  const blocks = text.size('num_mem_blocks', 1);
  const listed = layerKinds(text, 'layers_block_type', layers.value, KINDS);
  const kindOf = (i: number): Kind => listed?.[i] ?? (ZAMBA2_HYBRID_LAYERS.has(i) ? 'hybrid' : 'mamba');
  const shared: SharedBlock = { attention, ffn, norms: sharedNorms(text, hidden) };
  const [first, later] = [true, false].map((isFirst) => hybridLayer(shared, mamba, own, isFirst));
  const plain: Layer = { attention: [mamba], ffn: [], extra: norms(['input_layernorm'], hidden) };
  const uses = countUses(layers, kindOf);
  const groups = groupLayers(layers, patternOf(text), (i) => {
    const use = uses[i];
    // The blocks take turns, so the first uses of all of them come first.
    return (use === undefined ? plain : use < blocks.value ? first : later) ?? plain;
  });
  return { model, groups, ends: endsOf(model, { names: { norm: 'final_layernorm' } }) };
};

/** Zamba2's Mamba-2 block: `mamba_headdim`, where given without `n_mamba_heads`, tells the number of heads. */
function zamba2Mamba(text: ConfigReader, hidden: Expression, hasBias: boolean): AttentionBlock {
  const inner = expanded(text, 'mamba_expand', 2);
  const over = (of: Field<number>, note: string) =>
    given(Math.max(1, Math.floor(inner.value / of.value)), {
      paths: [...inner.origin.paths, ...of.origin.paths],
      note,
    });
  const stated = text.optionalSize('mamba_headdim');
  const heads =
    stated && !text.has('n_mamba_heads')
      ? over(stated, 'width of the Mamba block / mamba_headdim')
      : text.size('n_mamba_heads', 8);
  return mamba2Mixer(hidden, {
    heads,
    headDim: over(heads, 'width of the Mamba block / its heads'),
    groups: text.size('mamba_ngroups', 1),
    stateSize: text.size('mamba_d_state', 64),
    kernel: text.size('mamba_d_conv', 4),
    bias: hasBias,
    stateBytesPerElement: stateBytes(text, 'mamba_ssm_cache_dtype'),
    prefix: 'mamba.',
  });
}

export const zambaFamilies: readonly Family[] = [
  {
    name: 'Zamba',
    types: ['zamba'],
    classes: ['ZambaForCausalLM'],
    schema: 'hybrid',
    defaults: { hidden_size: 3712 },
    read: readZamba,
  },
  {
    name: 'Zamba2',
    types: ['zamba2'],
    classes: ['Zamba2ForCausalLM'],
    schema: 'hybrid',
    defaults: { hidden_size: 2560 },
    // Names of the first release.
    aliases: {
      mamba_d_conv: ['conv_dimension'],
      mamba_expand: ['expansion_factor'],
      mamba_d_state: ['state_size'],
      intermediate_size: ['ffn_hidden_size'],
      adapter_rank: ['lora_rank'],
      use_shared_attention_adapter: ['use_shared_attention_lora'],
    },
    read: readZamba2,
  },
];
