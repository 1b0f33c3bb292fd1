import { denseFfn, endsOf, moeFfn, softmaxAttention, type DenseSpec } from '../blocks';
import { constant, product, type Expression } from '../expression';
import { given, groupLayers, type ConfigReader, type Field } from '../reader';
import { matrix, norms } from '../tensors';
import type { FfnBlock, Layer, MtpLayers, Tensor } from '../types';
import {
  hiddenOf,
  layer,
  memo,
  readHeads,
  readModel,
  times,
  twoNorms,
  type Family,
  type FamilyReader,
} from './decoder';
import { expertLayers, type LayerChoice } from './layer-lists';

/** What differs between the generations of files. */
interface ErnieVariant {
  /** Files of before the release leave `tie_word_embeddings` out and store an LM head. */
  readonly tied: boolean;
  readonly sharedExperts: number;
  readonly correctionBias: (text: ConfigReader) => boolean;
  /** Experts of their own for image tokens, narrower than the text's: the numbers are lists of two. */
  readonly vision?: true;
}

/**
 * ERNIE 4.5 with experts (transformers' ernie4_5_moe and ernie4_5_vl_moe; vLLM's ernie_mtp): experts from
 * `moe_layer_start_index` to `moe_layer_end_index` at every `moe_layer_interval`.
 */
const readErnieMoe =
  (variant: ErnieVariant): FamilyReader =>
  (input) => {
    const { text } = input;
    const layers = text.layers();
    const model = readModel(input, layers, variant.tied);
    const hidden = hiddenOf(model);
    const bias = text.flag('use_bias', false).value;
    const attention = softmaxAttention(hidden, { ...readHeads(text), bias: { qkv: bias, o: bias } });
    const ffn = readFfn(text, hidden, layers.value, variant);
    const extra = twoNorms(hidden);
    const groups = groupLayers(layers, { ffn: ffn.origin }, (i) => layer(attention, ffn.of(i), extra));
    const mtp = readMtp(text, hidden, () => layer(attention, ffn.dense, extra));
    return { model, groups, ends: endsOf(model, { headBias: bias && !variant.vision }), mtp };
  };

function readFfn(text: ConfigReader, hidden: Expression, layers: number, variant: ErnieVariant) {
  const spec: DenseSpec = {
    intermediate: text.size('intermediate_size'),
    bias: text.flag('use_bias', false).value,
  };
  const dense = denseFfn(hidden, spec);
  const width = ofModality(text, 'moe_intermediate_size', 0);
  const shared = text.size('moe_num_shared_experts', variant.sharedExperts, 0);
  const correctionBias = variant.correctionBias(text);
  const experts = (extra: readonly Tensor[]): FfnBlock =>
    moeFfn(text, hidden, {
      experts: ofModality(text, 'moe_num_experts', 0),
      topK: ofModality(text, 'moe_k', 0),
      intermediate: width,
      sharedIntermediate: times(shared, width),
      sharedBias: spec.bias ?? false,
      correctionBias,
      extra,
    });
  const ofText = moeLayers(text, layers, 0);
  if (ofModality(text, 'moe_num_experts', 0, 0).value === 0)
    return { dense, of: () => dense, origin: ofText.origin };
  if (!variant.vision) {
    const sparse = experts([]);
    return { dense, of: (i: number) => (ofText.has(i) ? sparse : dense), origin: ofText.origin };
  }
  const ofVision = moeLayers(text, layers, 1);
  const forImages = moeFfn(text, hidden, {
    experts: ofModality(text, 'moe_num_experts', 1),
    topK: ofModality(text, 'moe_k', 1),
    intermediate: text.has('moe_intermediate_size')
      ? ofModality(text, 'moe_intermediate_size', 1)
      : given(VISION_WIDTH),
    correctionBias,
    prefix: 'mlp.vision_moe',
  });
  const block = memo((which: 'both' | 'text' | 'vision') =>
    which === 'vision'
      ? denseFfn(hidden, { ...spec, prefix: 'mlp.text_experts', extra: unused(forImages.tensors) })
      : experts(
          unused(
            which === 'both'
              ? forImages.tensors
              : denseFfn(hidden, { ...spec, prefix: 'mlp.vision_experts' }).tensors,
          ),
        ),
  );
  const of = (i: number): FfnBlock => {
    const [text, vision] = [ofText.has(i), ofVision.has(i)];
    return !text && !vision ? dense : block(text && vision ? 'both' : text ? 'text' : 'vision');
  };
  return { dense, of, origin: ofText.origin };
}

/** Weights that no text token meets. */
const unused = (tensors: readonly Tensor[]): Tensor[] =>
  tensors.map((t) => ({ ...t, activated: constant(0) }));

/** One number for both modalities, or a list: text, then vision. */
function ofModality(text: ConfigReader, key: string, modality: 0 | 1, least = 1): Field<number> {
  const value = text.raw(key);
  if (!Array.isArray(value)) return text.size(key, undefined, least);
  const item: unknown = value[modality];
  if (typeof item === 'number' && Number.isInteger(item) && item >= least)
    return given(item, text.originOf(key));
  text.problem('error', 'config/size', `"${key}" must hold whole numbers for text and vision.`, [
    key,
    modality,
  ]);
  return given(1, text.originOf(key));
}

/** `mlp_layer_types` as transformers writes it, or Baidu's keys. */
function moeLayers(text: ConfigReader, layers: number, modality: 0 | 1): LayerChoice {
  if (text.has('mlp_layer_types')) return expertLayers(text, layers);
  const first = ofModality(text, 'moe_layer_start_index', modality, 0).value;
  const last = ofModality(text, 'moe_layer_end_index', modality, -1).value;
  const end = last < 0 ? layers - 1 : last;
  const interval = text.size('moe_layer_interval', 1).value;
  return {
    has: (i) => i >= first && i <= end && (i + 1) % interval === 0,
    origin: text.originOf('moe_layer_start_index', 'moe_layer_end_index', 'moe_layer_interval'),
  };
}

function readMtp(text: ConfigReader, hidden: Expression, denseLayer: () => Layer): MtpLayers | null {
  const count = text.optionalSize('num_nextn_predict_layers', 0);
  if (!count || count.value === 0) return null;
  return {
    count: count.value,
    origin: count.origin,
    layer: denseLayer(),
    extra: [
      matrix('mtp_linear_proj', 'mtp', hidden, product(2, hidden)),
      ...norms(['mtp_emb_norm', 'mtp_hidden_norm'], hidden),
    ],
    once: [],
    storesEnds: false,
  };
}

/** Ernie4_5_VLMoeTextConfig's width of an expert for images. */
const VISION_WIDTH = 512;

const ALIASES = { moe_num_experts: ['num_experts'], moe_k: ['num_experts_per_tok'] };
/** Ernie4_5_MoeConfig and Ernie4_5_VLMoeTextConfig. */
const DEFAULTS = {
  vocab_size: 103_424,
  hidden_size: 2560,
  intermediate_size: 12_288,
  num_hidden_layers: 28,
  num_attention_heads: 20,
  num_key_value_heads: 4,
  moe_intermediate_size: 1536,
  moe_k: 6,
  moe_num_experts: 64,
  moe_num_shared_experts: 2,
  moe_layer_start_index: 1,
  moe_layer_end_index: -1,
};

export const ernieFamilies: readonly Family[] = [
  {
    name: 'ERNIE 4.5 MoE',
    types: ['ernie4_5_moe'],
    classes: ['Ernie4_5_MoeForCausalLM'],
    schema: 'ernie',
    aliases: ALIASES,
    defaults: DEFAULTS,
    read: readErnieMoe({ tied: true, sharedExperts: 0, correctionBias: () => true }),
  },
  {
    name: 'ERNIE 4.5 VL',
    types: ['ernie4_5_moe_vl', 'ernie4_5_vl_moe', 'ernie4_5_vl_moe_text'],
    classes: ['Ernie4_5_VLMoeForConditionalGeneration', 'Ernie4_5_VLMoeForCausalLM'],
    schema: 'ernie',
    aliases: ALIASES,
    defaults: DEFAULTS,
    read: readErnieMoe({ tied: true, sharedExperts: 0, correctionBias: () => true, vision: true }),
  },
  {
    name: 'ERNIE 4.5 MoE (pre-release)',
    types: ['ernie'],
    // transformers has a BERT-like encoder of the same name, without experts.
    sharedTypes: { ernie: 'moe_num_experts' },
    schema: 'ernie',
    aliases: ALIASES,
    defaults: { moe_layer_start_index: 1, moe_layer_end_index: -1 },
    read: readErnieMoe({
      tied: false,
      sharedExperts: 0,
      correctionBias: (text) => text.flag('moe_use_aux_free', false).value,
    }),
  },
];
