import { denseFfn, moeFfn } from '../blocks';
import type { Expression } from '../expression';
import { times } from '../families/decoder';
import type { ConfigReader, Field } from '../reader';
import type { FfnBlock } from '../types';

/** Activations of FFNs without a gate. GELU has one in models with RMSNorm (Gemma and its kin) and none in older ones. */
const PLAIN = /relu|tanh$/i;
const GATED = /silu|swish|glu$/i;

interface Circumstances {
  readonly isLayerNorm: boolean;
  readonly assume: (what: string) => void;
}

/** Has the FFN three matrices or two? By a switch, or by the activation's name. */
function isGated(text: ConfigReader, { isLayerNorm, assume }: Circumstances): boolean {
  if (text.has('gated_mlp')) return text.flag('gated_mlp', true).value;
  const act = text.text('hidden_act');
  const isPlain = (name: string) =>
    !GATED.test(name) && (/gelu/i.test(name) ? isLayerNorm : PLAIN.test(name));
  const gated = act === null || !isPlain(act);
  assume(
    gated
      ? `FFNs of three matrices, one a gate (${act ?? 'no activation is named'})`
      : `FFNs of two matrices (${act})`,
  );
  return gated;
}

/** The FFN of each layer by whatever keys there are. Any key that names experts makes it an MoE. */
export function ffnByKeys(
  text: ConfigReader,
  hidden: Expression,
  layers: Field<number>,
  circumstances: Circumstances,
): (layer: number) => FfnBlock {
  const { assume } = circumstances;
  const gated = isGated(text, circumstances);
  const all = text.flag('use_bias', false).value;
  const bias = text.flag('mlp_bias', all).value;
  const dense = () => denseFfn(hidden, { intermediate: text.size('intermediate_size'), gated, bias });
  const experts = text.optionalSize('num_experts', 0);
  if (experts === null || experts.value <= 1) {
    const block = dense();
    return () => block;
  }
  const width = text.optionalSize('moe_intermediate_size') ?? text.size('intermediate_size');
  const shared =
    text.optionalSize('shared_expert_intermediate_size', 0) ??
    times(text.optionalSize('n_shared_experts', 0), width);
  const routed = moeFfn(text, hidden, {
    experts,
    topK: text.size('num_experts_per_tok'),
    intermediate: width,
    gated,
    sharedIntermediate: shared,
    sharedGate: text.flag('shared_expert_gate', false).value,
    correctionBias: hasCorrectionBias(text),
  });
  const isExpertLayer = expertLayers(text, layers.value, assume);
  if (Array.from({ length: layers.value }, (_, i) => i).every(isExpertLayer)) {
    // Given beside the experts' width, and used by no layer.
    text.has('intermediate_size');
    return () => routed;
  }
  const plain = dense();
  return (i) => (isExpertLayer(i) ? routed : plain);
}

/** A bias an expert that only balances load: DeepSeek's, by the ways in which it is named. */
const hasCorrectionBias = (text: ConfigReader): boolean =>
  text.has('router_bias')
    ? text.flag('router_bias', false).value
    : text.text('topk_method') === 'noaux_tc' ||
      (text.text('topk_method') === null && text.text('scoring_func') === 'sigmoid');

/** Which layers have experts: a list, the first ones dense, every so many, or all. */
function expertLayers(
  text: ConfigReader,
  layers: number,
  assume: (what: string) => void,
): (layer: number) => boolean {
  const dense = new Set(text.list('mlp_only_layers') ?? []);
  const first = text.optionalSize('first_k_dense_replace', 0);
  const step = text.size(['decoder_sparse_step', 'interleave_moe_layer_step', 'moe_layer_interval'], 1);
  if (Array.isArray(text.raw('moe_layer_freq'))) {
    const list = text.perLayer('moe_layer_freq', layers) ?? [];
    return (i) => list[i] === 1 && !dense.has(i);
  }
  const freq = text.size('moe_layer_freq', 1);
  if (first === null && dense.size === 0 && step.value * freq.value === 1)
    assume('routed experts in every layer');
  return (i) =>
    i >= (first?.value ?? 0) && i % freq.value === 0 && (i + 1) % step.value === 0 && !dense.has(i);
}
