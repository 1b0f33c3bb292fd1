import { denseFfn, endsOf, moeFfn } from '../blocks';
import { constant, product, type Expression } from '../expression';
import { groupLayers, isObject, type ConfigReader } from '../reader';
import { matrix, norms, symbol, vector } from '../tensors';
import type { FfnBlock, Tensor } from '../types';
import { hiddenOf, layer, memo, readModel, times, twoNorms, type Family, type FamilyReader } from './decoder';
import { deepseekMtp } from './deepseek-mtp';
import { kimiDeltaAttention } from './kda';
import { layerKinds } from './layer-kinds';
import { expertLayers } from './layer-lists';
import { readLatent } from './latent';

/**
 * Kimi Linear and the language model of Kimi K3 (Moonshot's modeling_kimi.py and modeling_kimi_linear.py; vLLM's
 * kimi_linear and kimi_k3): KDA in the layers that `linear_attn_config` lists, counted from 1, MLA without rotary
 * positions in the others. K3 adds an output gate, experts in a narrower space and attention over earlier blocks'
 * outputs in place of plain residuals.
 */
const readKimiLinear: FamilyReader = (input) => {
  const { text } = input;
  const layers = text.layers();
  const model = readModel(input, layers, false);
  const hidden = hiddenOf(model);
  const linear = text.nested('linear_attn_config');
  const isLinear = linearLayers(text, linear, layers.value);
  const isFullRank = linear.flag('use_full_rank_gate', false).value;
  const deltaOf = memo((prefix: string) =>
    kimiDeltaAttention(hidden, {
      // Files of transformers 5 have these beside the other keys.
      heads: linear.size('num_heads', text.optionalSize('linear_num_heads') ?? undefined),
      headDim: linear.size('head_dim', text.optionalSize('linear_head_dim') ?? undefined),
      kernel: linear.size('short_conv_kernel_size', text.optionalSize('linear_conv_kernel_dim') ?? undefined),
      forgetGate: 'low-rank',
      outputGate: isFullRank ? 'full-rank' : 'low-rank',
      inFp32: isFullRank,
      prefix,
    }),
  );
  const latent = readLatent(text, hidden, { extra: outputGate(text, hidden) });
  const ffn = readFfn(text, hidden, layers.value);
  const hasResiduals = text.has('attn_res_block_size');
  const extra = [
    ...twoNorms(hidden),
    ...(hasResiduals ? ['self_attention', 'mlp'].flatMap((name) => residual(name, hidden)) : []),
  ];
  const groups = groupLayers(
    layers,
    {
      attention: text.originOf('linear_attn_config', 'layer_types'),
      ffn: text.originOf('first_k_dense_replace', 'moe_layer_freq', 'mlp_layer_types'),
    },
    (i) => layer(isLinear(i) ? deltaOf('self_attn.') : latent, ffn.of(i), extra),
  );
  return {
    model,
    groups,
    ends: endsOf(model, { extra: hasResiduals ? residual('output_attn', hidden) : [] }),
    mtp: deepseekMtp(text, hidden, layer(latent, ffn.of(layers.value - 1), extra), true),
    storedOnly: isFullRank ? paddedDecay(linear, layers.value, isLinear) : [],
  };
};

const ATTENTION_KINDS = { linear_attention: 'linear', full_attention: 'full' } as const;

/** Layers of KDA: numbers from 1, or `layer_types` as transformers 5 writes it. Without a list, or with an empty one, all layers are full attention. */
function linearLayers(text: ConfigReader, linear: ConfigReader, layers: number): (layer: number) => boolean {
  const isGiven = isObject(text.raw('linear_attn_config'));
  const kinds = layerKinds(text, 'layer_types', layers, ATTENTION_KINDS);
  if (!isGiven && kinds) return (i) => kinds[i] === 'linear';
  const listed = isGiven ? (linear.list('kda_layers') ?? []) : [];
  const full = isGiven ? (linear.list('full_attn_layers') ?? []) : [];
  const wrong = [...listed, ...full].find((x) => !Number.isInteger(x) || Number(x) < 1 || Number(x) > layers);
  if (wrong !== undefined)
    text.problem(
      'error',
      'config/layer-list',
      `"linear_attn_config" lists layer ${JSON.stringify(wrong)}: layers are counted from 1 to ${layers} there.`,
      ['linear_attn_config'],
    );
  const kda = new Set(listed);
  return (i) => kda.has(i + 1);
}

/** K3's MLA layers multiply their output with a gate of all heads' width. */
function outputGate(text: ConfigReader, hidden: Expression): Tensor[] {
  if (!text.flag('mla_use_output_gate', false).value) return [];
  const width = product(
    symbol('n_q', text.size('num_attention_heads')),
    symbol('d_v', text.size('v_head_dim')),
  );
  return [matrix('self_attn.g_proj', 'attention', width, hidden)];
}

/** K3's checkpoint quantizes the routed experts alone, whatever its list leaves out. */
const KEPT = { keepsDtype: true } as const;

/** Attention residuals (K3 report, section 2.2): a query and a norm over the outputs of earlier blocks. */
const residual = (name: string, hidden: Expression): Tensor[] => [
  ...norms([`${name}_res_norm`], hidden),
  matrix(`${name}_res_proj`, 'other', constant(1), hidden, KEPT),
];

function readFfn(
  text: ConfigReader,
  hidden: Expression,
  layers: number,
): { readonly of: (layer: number) => FfnBlock } {
  const dense = memo((prefix: string) =>
    denseFfn(hidden, { intermediate: text.size('intermediate_size'), prefix }),
  );
  const count = text.optionalSize('num_experts', 0);
  if (count === null || count.value === 0) return { of: () => dense('mlp') };
  const width = text.size('moe_intermediate_size');
  const latent = text.optionalSize('routed_expert_hidden_size');
  const prefix = 'block_sparse_moe';
  const experts = moeFfn(text, hidden, {
    experts: count,
    topK: text.size(['num_experts_per_token', 'num_experts_per_tok']),
    intermediate: width,
    sharedIntermediate: times(text.optionalSize('num_shared_experts', 0), width),
    correctionBias: true,
    ...(latent && { inputDim: latent }),
    prefix,
    names: { gate: 'w1', up: 'w3', down: 'w2' },
    sharedNames: {},
    extra: latent ? latentProjections(prefix, text, hidden, symbol('H_latent', latent)) : [],
  });
  if (text.has('mlp_layer_types')) {
    const sparse = expertLayers(text, layers);
    return { of: (i) => (sparse.has(i) ? experts : dense('mlp')) };
  }
  const first = text.size('first_k_dense_replace', 0, 0).value;
  const every = text.size('moe_layer_freq', 1).value;
  return { of: (i) => (i >= first && i % every === 0 ? experts : dense('mlp')) };
}

/** K3's routed experts work in a space of half the width: one projection into it and one out of it a layer. */
const latentProjections = (
  prefix: string,
  text: ConfigReader,
  hidden: Expression,
  latent: Expression,
): Tensor[] => [
  matrix(`${prefix}.routed_expert_down_proj`, 'sharedFfn', latent, hidden, KEPT),
  ...(text.flag('latent_moe_use_norm', false).value
    ? [vector(`${prefix}.routed_expert_norm`, 'norm', latent)]
    : []),
  matrix(`${prefix}.routed_expert_up_proj`, 'sharedFfn', hidden, latent, KEPT),
];

/** K3's checkpoint holds A_log with 128 entries for 96 heads; vLLM loads the first 96. */
function paddedDecay(
  linear: ConfigReader,
  layers: number,
  isLinear: (layer: number) => boolean,
): readonly Tensor[] {
  const heads = linear.size('num_heads').value;
  const padding = 2 ** Math.ceil(Math.log2(heads)) - heads;
  const count = Array.from({ length: layers }, (_, i) => i).filter(isLinear).length;
  return [vector('padding of A_log', 'other', constant(padding), { copies: constant(count), fixedBytes: 4 })];
}

export const kimiLinearFamilies: readonly Family[] = [
  {
    name: 'Kimi Linear',
    // The wrapper of Kimi K3 says so; its language model is a `kimi_linear`.
    types: ['kimi_linear', 'kimi_k3'],
    classes: ['KimiLinearForCausalLM', 'KimiK3ForConditionalGeneration'],
    schema: 'kimi',
    read: readKimiLinear,
  },
];
