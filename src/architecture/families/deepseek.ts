import { denseFfn, endsOf, moeFfn, softmaxAttention, type SoftmaxSpec } from '../blocks';
import { constant, type Expression } from '../expression';
import { groupLayers, type ConfigReader, type Field } from '../reader';
import { norms, symbol, vector } from '../tensors';
import type { Architecture, AttentionBlock, FfnBlock, Tensor } from '../types';
import {
  hiddenOf,
  layer,
  memo,
  noteAssumedSizes,
  readHeads,
  readModel,
  refuseKeys,
  times,
  twoNorms,
  type FamilyReader,
} from './decoder';
import { readIndexers } from './deepseek-indexer';
import { deepseekMtp } from './deepseek-mtp';
import { readLatent } from './latent';

/** What has DeepSeek's keys and layout; a row for each model type is in `deepseek-families.ts`. */
export interface DeepSeekVariant {
  /** `plain`: K and V of each head, as in DeepSeek-MoE. Latent families have it too, by `use_mla` or null ranks. */
  readonly attention?: 'latent' | 'plain';
  readonly qkNorm?: SoftmaxSpec['qkNorm'];
  /**
   * The bias of the router that balances the experts' load (`e_score_correction_bias`): `by-method` where `topk_method`
   * is `noaux_tc`, `by-default-method` where it is that or absent, `by-flag` by `router_enable_expert_bias`.
   */
  readonly correctionBias: 'always' | 'never' | 'by-method' | 'by-default-method' | 'by-flag';
  /** Norms beside the two that each layer has. */
  readonly extraNorms?: (text: ConfigReader, hasExperts: boolean) => readonly string[];
  /** Queries and an output gate come from one matrix. */
  readonly queryGate?: true;
  /** Weights of a layer beside attention, FFN and norms. */
  readonly layerExtra?: (text: ConfigReader, hidden: Expression, hasExperts: boolean) => readonly Tensor[];
  readonly tied?: boolean;
  /** The published checkpoints hold embedding and LM head in the MTP layer again. */
  readonly mtpStoresEnds?: boolean;
  /** They hold the rotary frequencies of every layer, hidden / heads / 2 values. */
  readonly storesFrequencies?: boolean;
  /** Keys of this family's later versions that change what is counted. */
  readonly unsupported?: readonly string[];
}

/**
 * DeepSeek's models and what has their layout (transformers' deepseek_v2, deepseek_v3, glm_moe_dsa; DeepSeek's own
 * modelling files): latent or plain attention, `first_k_dense_replace` dense layers, then experts. In latent attention
 * `num_key_value_heads` and `head_dim` mean nothing: the cache holds one latent vector a token.
 */
export const readDeepSeek =
  (variant: DeepSeekVariant): FamilyReader =>
  (input) => {
    const { text } = input;
    refuseKeys(text, variant.unsupported ?? []);
    const layers = text.layers();
    const model = readModel(input, layers, variant.tied ?? false);
    const hidden = hiddenOf(model);
    noteAssumedSizes(text, SIZES);
    const ffn = readFfn(text, hidden, layers.value, variant.correctionBias);
    const indexers = readIndexers(text, hidden, layers.value);
    const queryGate = variant.queryGate ?? false;
    const latentOf = memo((owns: boolean) => readLatent(text, hidden, { queryGate, ...indexers?.of(owns) }));
    const attentionOf: (layer: number) => AttentionBlock =
      variant.attention === 'plain' || isPlain(text)
        ? plainAttention(text, hidden, layers, variant.qkNorm)
        : (i) => latentOf(indexers?.owns(i) ?? true);
    const extraOf = memo((hasExperts: boolean) => [
      ...twoNorms(hidden),
      ...norms(variant.extraNorms?.(text, hasExperts) ?? [], hidden),
      ...(variant.layerExtra?.(text, hidden, hasExperts) ?? []),
    ]);
    const layerOf = (attention: AttentionBlock, block: FfnBlock) =>
      layer(attention, block, extraOf(block.kind === 'moe'));
    const groups = groupLayers(
      layers,
      {
        attention: text.originOf('indexer_types', 'index_topk_pattern', 'index_topk_freq', 'layer_types'),
        ffn: text.originOf('mlp_layer_types', 'first_k_dense_replace', 'moe_layer_freq'),
      },
      (i) => layerOf(attentionOf(i), ffn.of(i)),
    );
    // An MTP layer has experts, and an indexer of its own, whatever the layers before it have.
    const last = layers.value - 1;
    const mtpLayer = layerOf(indexers ? latentOf(true) : attentionOf(last), ffn.experts ?? ffn.of(last));
    return {
      model,
      groups,
      ends: endsOf(model),
      mtp: deepseekMtp(text, hidden, mtpLayer, variant.mtpStoresEnds ?? true),
      storedOnly: variant.storesFrequencies ? frequencies(text, model) : [],
    };
  };

/** Without these a file has probably lost a line. */
const SIZES = ['hidden_size', 'vocab_size', 'num_hidden_layers'];

/** DeepSeek-VL2-Tiny and DeepSeek-OCR have DeepSeek-V2's keys and plain attention: no ranks, head dims of 0. */
function isPlain(text: ConfigReader): boolean {
  const rank = text.raw('kv_lora_rank');
  const headDim = [text.raw('qk_nope_head_dim'), text.raw('qk_rope_head_dim')];
  return text.raw('use_mla') === false || rank === null || headDim.every((dim) => dim === 0);
}

/** Plain attention, of a window in the layers that have one (dots.llm1). */
function plainAttention(
  text: ConfigReader,
  hidden: Expression,
  layers: Field<number>,
  qkNorm: SoftmaxSpec['qkNorm'],
): (layer: number) => AttentionBlock {
  const bias = text.flag('attention_bias', false).value;
  const heads = { ...readHeads(text), bias: { qkv: bias, o: bias }, qkNorm: qkNorm ?? ('none' as const) };
  const attentionOf = memo((slides: boolean) =>
    softmaxAttention(hidden, {
      ...heads,
      window: slides ? { kind: 'sliding', size: text.size('sliding_window') } : null,
    }),
  );
  const types = text.perLayer('layer_types', layers.value);
  const from = text.size('max_window_layers', layers, 0);
  const hasWindow = text.has('sliding_window');
  return (i) => attentionOf(types ? types[i] === 'sliding_attention' : hasWindow && i >= from.value);
}

/** Dense FFNs and experts of the layers. Null `n_routed_experts` makes all of them dense. */
function readFfn(
  text: ConfigReader,
  hidden: Expression,
  layers: number,
  correctionBias: DeepSeekVariant['correctionBias'],
): { readonly of: (layer: number) => FfnBlock; readonly experts: FfnBlock | null } {
  const bias = text.flag('mlp_bias', false).value;
  const denseOf = memo((hasBias: boolean) =>
    denseFfn(hidden, { intermediate: text.size('intermediate_size'), bias: hasBias }),
  );
  const keys = ['n_routed_experts', 'num_local_experts'];
  // Null says that there are none; absent beside their width it is missing.
  const isMissing = text.raw('n_routed_experts') === undefined && text.has('moe_intermediate_size');
  const count = isMissing ? text.size(keys, undefined, 0) : text.optionalSize(keys, 0);
  if (count === null || count.value === 0) {
    if (text.has('num_experts_per_tok') && text.has('moe_intermediate_size'))
      text.problem(
        'warning',
        'config/no-experts',
        'No experts are given, so every layer is read as dense, as the modelling code does; the other keys of experts stand without use.',
        ['n_routed_experts'],
      );
    return { of: () => denseOf(bias), experts: null };
  }
  const width = text.size('moe_intermediate_size');
  const experts = moeFfn(text, hidden, {
    experts: count,
    topK: text.size('num_experts_per_tok'),
    intermediate: width,
    sharedIntermediate: times(text.optionalSize('n_shared_experts', 0), width),
    sharedBias: bias,
    correctionBias: hasCorrectionBias(text, correctionBias),
  });
  const hasExperts = expertLayers(text, layers);
  return { of: (i) => (hasExperts(i) ? experts : denseOf(bias)), experts };
}

/** Which layers have experts: a list, or all from the first dense ones on, or every n-th of those. */
function expertLayers(text: ConfigReader, layers: number): (layer: number) => boolean {
  const types = text.perLayer('mlp_layer_types', layers);
  const first = text.size('first_k_dense_replace', 0, 0).value;
  const frequency = 'moe_layer_freq';
  const flags = Array.isArray(text.raw(frequency)) ? text.perLayer(frequency, layers) : null;
  const every = flags ? 1 : text.size(frequency, 1).value;
  if (types) return (i) => types[i] === 'sparse';
  return (i) => i >= first && (flags ? flags[i] === 1 : i % every === 0);
}

function hasCorrectionBias(text: ConfigReader, rule: DeepSeekVariant['correctionBias']): boolean {
  const method = text.text('topk_method');
  switch (rule) {
    case 'always':
    case 'never':
      return rule === 'always';
    case 'by-method':
    case 'by-default-method':
      return method === null ? rule === 'by-default-method' : method === 'noaux_tc';
    case 'by-flag':
      return text.flag('router_enable_expert_bias', false).value;
  }
}

/** Kimi-K2's FP8 checkpoints hold `rotary_emb.inv_freq` of every layer; those of K2.5 and K2.6 don't. */
function frequencies(text: ConfigReader, model: Architecture['model']): Tensor[] {
  if (text.nested('quantization_config').text('quant_method') !== 'fp8') return [];
  const width = Math.floor(model.hidden / text.size('num_attention_heads').value / 2);
  const copies = symbol('L', { value: model.layers, origin: model.origins.layers ?? { paths: [] } });
  return [vector('rotary frequencies of each layer', 'other', constant(width), { copies })];
}
