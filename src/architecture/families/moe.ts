import { denseFfn, endsOf, moeFfn, softmaxAttention, type MoeSpec, type SoftmaxSpec } from '../blocks';
import { product, type Expression } from '../expression';
import { groupLayers, type ConfigReader } from '../reader';
import { matrix, norms, symbol } from '../tensors';
import type { AttentionBlock, Layer, MtpLayers } from '../types';
import { hiddenOf, layer, memo, readHeads, readModel, times, type FamilyReader } from './decoder';
import { deepseekMtp } from './deepseek-mtp';
import { expertLayers, windowLayers } from './layer-lists';

/**
 * Decoders with softmax attention and routed experts, under DeepSeek's keys or aliases of them. Sources: configuration
 * and modelling files of Hugging Face transformers for each model type; for MTP layers those of vLLM.
 */
export interface MoeVariant {
  /** Projections that have a bias where `attention_bias` is true. */
  readonly bias: 'none' | 'qkv' | 'qkvo';
  readonly qkNorm: 'head' | 'by-key' | 'none';
  /** An output gate as wide as all heads, with a matrix of its own. */
  readonly gateProj?: true;
  readonly sinks?: true;
  /** Every `period`-th layer attends to everything, the others to a window; absent: none has a window. */
  readonly period?: number;
  readonly norms: readonly string[];
  /** Dense and shared FFNs have biases where `mlp_bias` is true. */
  readonly mlpBias?: true;
  readonly experts: Partial<MoeSpec>;
  readonly mtp?: (parts: MtpParts) => MtpLayers | null;
}

interface MtpParts {
  readonly text: ConfigReader;
  readonly hidden: Expression;
  readonly layerWith: (hasExperts: boolean) => Layer;
}

export const readMoe =
  (variant: MoeVariant): FamilyReader =>
  (input) => {
    const { text } = input;
    const layers = text.layers();
    const model = readModel(input, layers, false);
    const hidden = hiddenOf(model);
    const attentionOf = readAttention(text, hidden, variant);
    const slides = variant.period === undefined ? null : windowLayers(text, layers.value, variant.period);
    const bias = variant.mlpBias ? text.flag('mlp_bias', false).value : false;
    const width = text.size('moe_intermediate_size');
    const experts = moeFfn(text, hidden, {
      experts: text.size('n_routed_experts'),
      topK: text.size('num_experts_per_tok'),
      intermediate: width,
      sharedIntermediate: times(text.optionalSize('n_shared_experts', 0), width),
      sharedBias: bias,
      ...variant.experts,
    });
    const sparse = expertLayers(text, layers.value);
    const ffnOf = memo((hasExperts: boolean) =>
      hasExperts ? experts : denseFfn(hidden, { intermediate: text.size('intermediate_size'), bias }),
    );
    const extra = norms(variant.norms, hidden);
    const pattern = { ffn: sparse.origin, ...(slides && { attention: slides.origin }) };
    const groups = groupLayers(layers, pattern, (i) =>
      layer(attentionOf(slides?.has(i) ?? false), ffnOf(sparse.has(i)), extra),
    );
    const layerWith = (hasExperts: boolean) => layer(attentionOf(false), ffnOf(hasExperts), extra);
    const mtp = variant.mtp?.({ text, hidden, layerWith }) ?? null;
    return { model, groups, ends: endsOf(model), mtp };
  };

/** The attention of layers with a window and of those without. */
function readAttention(
  text: ConfigReader,
  hidden: Expression,
  variant: MoeVariant,
): (isSliding: boolean) => AttentionBlock {
  const hasBias = variant.bias !== 'none' && text.flag('attention_bias', false).value;
  const heads = readHeads(text);
  const hasNorm =
    variant.qkNorm === 'by-key' ? text.flag('use_qk_norm', false).value : variant.qkNorm === 'head';
  const width = product(symbol('n_q', heads.queryHeads), symbol('d', heads.headDim));
  const spec: SoftmaxSpec = {
    ...heads,
    bias: { qkv: hasBias, o: hasBias && variant.bias === 'qkvo' },
    qkNorm: hasNorm ? 'head' : 'none',
    sinks: variant.sinks ?? false,
    extra: variant.gateProj ? [matrix('self_attn.gate_proj', 'attention', width, hidden)] : [],
  };
  // Null switches the window off.
  const size = variant.period === undefined ? null : text.optionalSize('sliding_window');
  return memo((isSliding: boolean) =>
    softmaxAttention(hidden, { ...spec, window: isSliding && size ? { kind: 'sliding', size } : null }),
  );
}

const mtpCount = (text: ConfigReader) => {
  const count = text.optionalSize('num_nextn_predict_layers', 0);
  return count && count.value > 0 ? count : null;
};

/** GLM-4.5's: as DeepSeek-V3's, copies of embedding and LM head included. */
export const glmMtp = ({ text, hidden, layerWith }: MtpParts) =>
  deepseekMtp(text, hidden, layerWith(true), true);

/** K-EXAONE's (vLLM's exaone_moe_mtp): dense layers, and one projection for all of them. */
export function exaoneMtp({ text, hidden, layerWith }: MtpParts): MtpLayers | null {
  const count = mtpCount(text);
  return (
    count && {
      count: count.value,
      origin: count.origin,
      layer: layerWith(false),
      extra: [],
      once: [
        matrix('fc', 'mtp', hidden, product(2, hidden)),
        ...norms(['norm', 'pre_fc_norm_hidden', 'pre_fc_norm_embedding'], hidden),
      ],
      storesEnds: false,
    }
  );
}

/** Hy3's (vLLM's hy_v3_mtp): layers with experts, embedding and head being the model's own. */
export function hyMtp({ text, hidden, layerWith }: MtpParts): MtpLayers | null {
  const count = mtpCount(text);
  return (
    count && {
      count: count.value,
      origin: count.origin,
      layer: layerWith(true),
      extra: [
        matrix('eh_proj', 'mtp', hidden, product(2, hidden), { keepsDtype: true }),
        ...norms(['enorm', 'hnorm', 'final_layernorm'], hidden),
      ],
      once: [],
      storesEnds: false,
    }
  );
}
