import { denseFfn, endsOf, gatedDeltaMixer, moeFfn, softmaxAttention, type GatedDeltaSpec } from '../blocks';
import { product, type Expression } from '../expression';
import { given, groupLayers, type ConfigReader, type Field } from '../reader';
import { field, matrix, norms, table } from '../tensors';
import type { Architecture, AttentionBlock, FfnBlock, Layer, MtpLayers } from '../types';
import {
  hiddenOf,
  layer,
  memo,
  readHeads,
  readModel,
  twoNorms,
  type Family,
  type FamilyReader,
} from './decoder';
import { layerKinds, stateBytes } from './layer-kinds';

/** What differs between Qwen3-Next and Qwen3.5, dense and with experts. Defaults are those of the config classes. */
interface Variant {
  readonly layout: GatedDeltaSpec['layout'];
  readonly defaults: {
    readonly hidden: number;
    readonly vocab: number;
    readonly layers: number;
    readonly kvHeads: number;
    readonly intermediate: number;
  };
  readonly experts: { readonly count: number; readonly topK: number } | null;
  /** Where no key tells how many MTP layers the checkpoint holds. */
  readonly mtpLayers: Field<number>;
}

const KINDS = { linear_attention: 'linear', full_attention: 'full' } as const;

/**
 * Three layers of gated DeltaNet to one of softmax attention whose output is gated (transformers' qwen3_next, qwen3_5,
 * qwen3_5_moe). `layer_types` says which; else every `full_attention_interval`th layer is softmax attention.
 */
const readQwenNext =
  (variant: Variant): FamilyReader =>
  (input) => {
    const { text } = input;
    const { defaults } = variant;
    const layers = text.layers('num_hidden_layers', defaults.layers);
    const model = readModel(input, layers, false, defaults);
    const hidden = hiddenOf(model);
    const hasBias = text.flag('attention_bias', false).value;
    const full = softmaxAttention(hidden, {
      ...readHeads(text, { queryHeads: 16, kvHeads: defaults.kvHeads, headDim: 256 }),
      bias: { qkv: hasBias, o: hasBias },
      qkNorm: 'head',
      gate: text.flag('attn_output_gate', true).value ? 'elementwise' : 'none',
    });
    const linear = gatedDeltaMixer(hidden, {
      keyHeads: text.size('linear_num_key_heads', 16),
      valueHeads: text.size('linear_num_value_heads', 32),
      keyDim: text.size('linear_key_head_dim', 128),
      valueDim: text.size('linear_value_head_dim', 128),
      kernel: text.size('linear_conv_kernel_dim', 4),
      stateBytesPerElement: stateBytes(text, 'mamba_ssm_dtype'),
      layout: variant.layout,
    });
    const ffnOf = readFfn(text, hidden, variant);
    const types = layerKinds(text, 'layer_types', layers.value, KINDS);
    const interval = text.size('full_attention_interval', 4);
    const isFull = (i: number) => (types ? types[i] === 'full' : (i + 1) % interval.value === 0);
    const extra = twoNorms(hidden);
    const layerOf = memo((attention: AttentionBlock) =>
      memo((ffn: FfnBlock) => layer(attention, ffn, extra)),
    );
    const groups = groupLayers(
      layers,
      {
        attention: text.originOf(types ? 'layer_types' : 'full_attention_interval'),
        ffn: text.originOf('decoder_sparse_step', 'mlp_only_layers'),
      },
      (i) => layerOf(isFull(i) ? full : linear)(ffnOf(i)),
    );
    // vLLM builds the MTP layer as layer 0 of its own stack, always with softmax attention.
    const mtpLayer = layer(full, ffnOf(0), extra);
    return {
      model,
      groups,
      ends: endsOf(model),
      mtp: readMtp(text, model, mtpLayer, variant.mtpLayers),
    };
  };

/** Experts with one gated shared expert, or dense layers (`decoder_sparse_step`, `mlp_only_layers`). */
function readFfn(text: ConfigReader, hidden: Expression, variant: Variant): (layer: number) => FfnBlock {
  const dense = denseFfn(hidden, {
    intermediate: text.size('intermediate_size', variant.defaults.intermediate),
  });
  if (!variant.experts) return () => dense;
  const count = text.size(['num_experts', 'num_local_experts'], variant.experts.count, 0);
  if (count.value === 0) return () => dense;
  const experts = moeFfn(text, hidden, {
    experts: count,
    topK: text.size('num_experts_per_tok', variant.experts.topK),
    intermediate: text.size('moe_intermediate_size', 512),
    sharedIntermediate: text.size('shared_expert_intermediate_size', 512, 0),
    sharedGate: true,
    sharedName: 'shared_expert',
  });
  const step = text.size('decoder_sparse_step', 1);
  const denseLayers = new Set(text.list('mlp_only_layers') ?? []);
  return (i) => (denseLayers.has(i) || (i + 1) % step.value !== 0 ? dense : experts);
}

/**
 * MTP layers as vLLM's qwen3_next_mtp and qwen3_5_mtp have them: full layers, and once for all of them a projection of
 * embedding and hidden state with its norms, and a final norm.
 */
function readMtp(
  text: ConfigReader,
  model: Architecture['model'],
  of: Layer,
  fallback: Field<number>,
): MtpLayers | null {
  const count = text.size(['mtp_num_hidden_layers', 'num_nextn_predict_layers'], fallback, 0);
  if (count.value === 0) return null;
  const [hidden, vocab] = [hiddenOf(model), field(model, 'vocab', 'V')];
  const ownEnds = text.flag('mtp_use_dedicated_embeddings', false).value
    ? [table('embed_tokens', 'mtp', vocab, hidden), matrix('lm_head', 'mtp', vocab, hidden)]
    : [];
  return {
    count: count.value,
    origin: count.origin,
    layer: of,
    extra: [],
    once: [
      matrix('fc', 'mtp', hidden, product(2, hidden)),
      ...norms(['pre_fc_norm_embedding', 'pre_fc_norm_hidden', 'norm'], hidden),
      ...ownEnds,
    ],
    storesEnds: false,
  };
}

const NO_MTP = given(0, { paths: [], note: 'no key of MTP layers is given' });

/**
 * OLMo hybrid (transformers' olmo_hybrid): gated DeltaNet with separate projections, as many heads as the attention has,
 * and ungated MHA with norms over all heads together. Its last of every four layers is attention.
 */
const readOlmoHybrid: FamilyReader = (input) => {
  const { text } = input;
  const layers = text.layers('num_hidden_layers', 32);
  const model = readModel(input, layers, false, { vocab: 100_352 });
  const hidden = hiddenOf(model);
  const heads = readHeads(text, { queryHeads: 30 });
  const hasBias = text.flag('attention_bias', false).value;
  const full = softmaxAttention(hidden, { ...heads, bias: { qkv: hasBias, o: hasBias }, qkNorm: 'full' });
  const keyHeads = text.size('linear_num_key_heads', heads.queryHeads);
  const keyDim = text.size(
    'linear_key_head_dim',
    given(Math.max(1, Math.trunc((0.75 * model.hidden) / keyHeads.value)), {
      paths: [...text.originOf('hidden_size').paths, ...keyHeads.origin.paths],
      note: '3/4 hidden_size / linear_num_key_heads',
    }),
  );
  const linear = gatedDeltaMixer(hidden, {
    keyHeads,
    valueHeads: text.size('linear_num_value_heads', heads.queryHeads),
    keyDim,
    valueDim: text.size('linear_value_head_dim', given(2 * keyDim.value, keyDim.origin)),
    kernel: text.size('linear_conv_kernel_dim', 4),
    layout: 'separate',
  });
  const types = layerKinds(text, 'layer_types', layers.value, KINDS);
  const lastOfFour = (i: number) => i % 4 === 3 || (layers.value < 4 && i === layers.value - 1);
  const ffn = denseFfn(hidden, { intermediate: text.size('intermediate_size', 11_008) });
  const [withLinear, withFull] = [
    layer(linear, ffn, twoNorms(hidden)),
    layer(full, ffn, norms(['post_attention_layernorm', 'post_feedforward_layernorm'], hidden)),
  ];
  const groups = groupLayers(layers, { attention: text.originOf('layer_types') }, (i) =>
    (types ? types[i] === 'full' : lastOfFour(i)) ? withFull : withLinear,
  );
  return { model, groups, ends: endsOf(model) };
};

export const qwenNextFamilies: readonly Family[] = [
  {
    name: 'Qwen3-Next',
    types: ['qwen3_next'],
    classes: ['Qwen3NextForCausalLM'],
    schema: 'qwennext',
    read: readQwenNext({
      layout: 'fused',
      defaults: { hidden: 2048, vocab: 151_936, layers: 48, kvHeads: 2, intermediate: 5632 },
      experts: { count: 512, topK: 10 },
      mtpLayers: given(1, {
        paths: [],
        note: 'every Qwen3-Next checkpoint holds one MTP layer, which no key tells',
      }),
    }),
  },
  {
    name: 'Qwen3.5',
    types: ['qwen3_5_text', 'qwen3_5'],
    classes: ['Qwen3_5ForCausalLM', 'Qwen3_5ForConditionalGeneration'],
    schema: 'qwennext',
    read: readQwenNext({
      layout: 'split',
      defaults: { hidden: 4096, vocab: 248_320, layers: 32, kvHeads: 4, intermediate: 12_288 },
      experts: null,
      mtpLayers: NO_MTP,
    }),
  },
  {
    name: 'Qwen3.5-MoE',
    types: ['qwen3_5_moe_text', 'qwen3_5_moe'],
    classes: ['Qwen3_5MoeForCausalLM', 'Qwen3_5MoeForConditionalGeneration'],
    schema: 'qwennext',
    read: readQwenNext({
      layout: 'split',
      defaults: { hidden: 2048, vocab: 248_320, layers: 40, kvHeads: 2, intermediate: 5632 },
      experts: { count: 256, topK: 8 },
      mtpLayers: NO_MTP,
    }),
  },
  {
    name: 'OLMo hybrid',
    types: ['olmo_hybrid'],
    classes: ['OlmoHybridForCausalLM'],
    schema: 'qwennext',
    defaults: { hidden_size: 3840 },
    read: readOlmoHybrid,
  },
];
