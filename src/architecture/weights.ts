import { constant, product, sum, variable, type Expression, type Origin } from './expression';
import type { Architecture, AttentionBlock, FfnBlock, LayerGroup } from './types';

/** Part of the model that a weight belongs to. */
export type WeightModule =
  | 'attention'
  | 'denseFfn'
  | 'routedFfn'
  | 'sharedFfn'
  | 'router'
  | 'norm'
  | 'embedding'
  | 'lmHead'
  | 'mtp'
  | 'vision';

/**
 * One weight array of a layer (or of the model's ends), as the modelling code has it.
 * `elements` is one copy's size; the counts of copies are kept apart, because a token is multiplied with
 * few of the routed experts' copies.
 */
export interface Weight {
  /** As in the Hugging Face modelling code where it has one: `self_attn.q_proj`. */
  readonly name: string;
  readonly module: WeightModule;
  readonly elements: Expression;
  /** How often it stands in the model: layers times experts. */
  readonly copies: Expression;
  /** How many of the copies one decoded token is multiplied with. */
  readonly activated: Expression;
  /** A matrix costs 2 FLOPs per element and token; a norm or bias is counted as a parameter only. */
  readonly matrix: boolean;
}

/** Reads a field of a block as a named input of a formula. */
export function field<T extends object>(
  block: T & { readonly origins: Readonly<Partial<Record<string, Origin>>> },
  key: keyof T & string,
  symbol: string,
): Expression {
  return variable(symbol, Number(block[key]), block.origins[key]);
}

interface Part {
  readonly name: string;
  readonly elements: Expression;
  readonly matrix: boolean;
}
const matrix = (name: string, rows: Expression, columns: Expression): Part => ({
  name,
  elements: product(rows, columns),
  matrix: true,
});
const vector = (name: string, elements: Expression): Part => ({ name, elements, matrix: false });

/**
 * Weights of one attention block.
 * Softmax: q, k, v, o (MFA: q in two steps with a norm between). MLA: q_a, q_b, kv_a, kv_b, o as stored; decoding
 * multiplies with kv_b once, absorbed as W_UK and W_UV (DeepSeek-V2 report, section 2.1). Lightning: qkv, output gate, o.
 */
export function attentionParts(a: AttentionBlock, hidden: Expression): Part[] {
  switch (a.kind) {
    case 'softmax': {
      const d = field(a, 'headDim', 'd');
      const queries = product(field(a, 'queryHeads', 'n_q'), d);
      const keys = product(field(a, 'kvHeads', 'n_kv'), d);
      const parts: Part[] = [];
      if (a.queryRank === null) parts.push(matrix('q_proj', hidden, queries));
      else {
        const rank = field(a, 'queryRank', 'r_q');
        parts.push(matrix('q_proj', hidden, rank), vector('inter_norm', rank), matrix('wq', rank, queries));
      }
      parts.push(
        matrix('k_proj', hidden, keys),
        matrix('v_proj', hidden, keys),
        matrix('o_proj', queries, hidden),
      );
      if (a.qkvBias) parts.push(vector('qkv bias', sum(queries, product(2, keys))));
      if (a.outputBias) parts.push(vector('o_proj bias', hidden));
      if (a.qkNorm) parts.push(vector('q_norm, k_norm', product(2, d)));
      return parts;
    }
    case 'latent': {
      const heads = field(a, 'queryHeads', 'n_q');
      const [rope, nope] = [field(a, 'ropeDim', 'd_rope'), field(a, 'nopeDim', 'd_nope')];
      const [rank, value] = [field(a, 'kvRank', 'r_kv'), field(a, 'valueDim', 'd_v')];
      const queryDim = product(heads, sum(nope, rope));
      const parts: Part[] = [];
      if (a.queryRank === null) parts.push(matrix('q_proj', hidden, queryDim));
      else {
        const queryRank = field(a, 'queryRank', 'r_q');
        parts.push(
          matrix('q_a_proj', hidden, queryRank),
          vector('q_a_layernorm', queryRank),
          matrix('q_b_proj', queryRank, queryDim),
        );
        if (a.bias) parts.push(vector('q_a_proj bias', queryRank));
      }
      parts.push(
        matrix('kv_a_proj_with_mqa', hidden, sum(rank, rope)),
        vector('kv_a_layernorm', rank),
        matrix('kv_b_proj', rank, product(heads, sum(nope, value))),
        matrix('o_proj', product(heads, value), hidden),
      );
      if (a.bias) parts.push(vector('kv_a and o bias', sum(rank, rope, hidden)));
      return parts;
    }
    case 'linear': {
      const inner = product(field(a, 'heads', 'n'), field(a, 'headDim', 'd'));
      return [
        matrix('qkv_proj', hidden, product(3, inner)),
        matrix('output_gate', hidden, inner),
        matrix('out_proj', inner, hidden),
        vector('norm', inner),
      ];
    }
  }
}

const gatedMlp = (hidden: Expression, width: Expression): Expression => product(3, hidden, width);

function ffnWeights(ffn: FfnBlock, hidden: Expression, layers: Expression, prefix = 'mlp'): Weight[] {
  const plain = { copies: layers, activated: layers };
  if (ffn.kind === 'dense') {
    const width = field(ffn, 'intermediate', 'I');
    const weights: Weight[] = [
      {
        name: `${prefix}.gate_proj, up_proj, down_proj`,
        module: 'denseFfn',
        elements: gatedMlp(hidden, width),
        matrix: true,
        ...plain,
      },
    ];
    if (ffn.bias)
      weights.push({
        name: `${prefix} bias`,
        module: 'denseFfn',
        elements: sum(product(2, width), hidden),
        matrix: false,
        ...plain,
      });
    return weights;
  }
  const experts = field(ffn, 'experts', 'E');
  const weights: Weight[] = [
    { name: `${prefix}.gate`, module: 'router', elements: product(experts, hidden), matrix: true, ...plain },
    {
      name: `${prefix}.experts`,
      module: 'routedFfn',
      elements: gatedMlp(hidden, field(ffn, 'intermediate', 'I_moe')),
      copies: product(experts, layers),
      activated: product(field(ffn, 'topK', 'k'), layers),
      matrix: true,
    },
  ];
  if (ffn.routerBias)
    weights.push({
      name: `${prefix}.gate.e_score_correction_bias`,
      module: 'router',
      elements: experts,
      matrix: false,
      ...plain,
    });
  if (ffn.sharedIntermediate > 0)
    weights.push({
      name: `${prefix}.shared_experts`,
      module: 'sharedFfn',
      elements: gatedMlp(hidden, field(ffn, 'sharedIntermediate', 'I_shared')),
      matrix: true,
      ...plain,
    });
  if (ffn.sharedGate)
    weights.push({
      name: `${prefix}.shared_expert_gate`,
      module: 'router',
      elements: hidden,
      matrix: true,
      ...plain,
    });
  return weights;
}

function layerWeights(
  block: { readonly attention: AttentionBlock; readonly ffn: FfnBlock },
  hidden: Expression,
  layers: Expression,
  ffnLayers: Expression,
): Weight[] {
  const plain = { copies: layers, activated: layers };
  return [
    ...attentionParts(block.attention, hidden).map((part): Weight => ({
      ...part,
      name: `self_attn.${part.name}`,
      module: 'attention',
      ...plain,
    })),
    ...ffnWeights(block.ffn, hidden, ffnLayers),
    {
      name: 'input_layernorm, post_attention_layernorm',
      module: 'norm',
      elements: product(2, hidden),
      matrix: false,
      ...plain,
    },
  ];
}

/** The number of layers in a group, as an input of formulas. */
export const layerCount = (group: LayerGroup, part: 'attention' | 'ffn'): Expression =>
  variable(group.label === '' ? 'L' : `L_${group.label}`, group.indices.length, group.origins[part]);

/** Weights of one layer group, in the order in which a token meets them. Made once a group: every context asks for them. */
export function groupWeights(architecture: Architecture, group: LayerGroup): readonly Weight[] {
  const known = weightsOfGroup.get(group);
  if (known) return known;
  const weights = layerWeights(
    group,
    field(architecture.model, 'hidden', 'H'),
    layerCount(group, 'attention'),
    layerCount(group, 'ffn'),
  );
  weightsOfGroup.set(group, weights);
  return weights;
}
const weightsOfGroup = new WeakMap<LayerGroup, readonly Weight[]>();

/** Embedding table, final norm and LM head. A tied head is a matrix of its own for a token's FLOPs, but not stored again. */
export function endWeights(model: Architecture['model']): Weight[] {
  const hidden = field(model, 'hidden', 'H');
  const table = product(field(model, 'vocab', 'V'), hidden);
  const one = constant(1);
  return [
    {
      name: 'embed_tokens',
      module: 'embedding',
      elements: table,
      copies: one,
      activated: constant(0),
      matrix: false,
    },
    { name: 'norm', module: 'norm', elements: hidden, copies: one, activated: one, matrix: false },
    {
      name: 'lm_head',
      module: 'lmHead',
      elements: table,
      copies: constant(model.tiedEmbeddings ? 0 : 1),
      activated: one,
      matrix: true,
    },
  ];
}

/** MTP layers: each a full layer, eh_proj and the three norms enorm, hnorm, shared_head.norm (DeepSeek-V3 report, section 2.2). */
export function mtpWeights(architecture: Architecture): Weight[] {
  const { mtp } = architecture;
  if (!mtp) return [];
  const hidden = field(architecture.model, 'hidden', 'H');
  const layers = variable('L_mtp', mtp.count, mtp.origin);
  const plain = { copies: layers, activated: constant(0), module: 'mtp' as const };
  return [
    ...layerWeights(mtp, hidden, layers, layers).map((w): Weight => ({
      ...w,
      name: `mtp.${w.name}`,
      module: 'mtp',
      activated: constant(0),
    })),
    { name: 'mtp.eh_proj', elements: product(2, hidden, hidden), matrix: true, ...plain },
    { name: 'mtp.enorm, hnorm, shared_head.norm', elements: product(3, hidden), matrix: false, ...plain },
  ];
}

/** Every weight of the model, the vision tower's included where it can be enumerated. */
export function modelWeights(architecture: Architecture): Weight[] {
  return [
    ...endWeights(architecture.model),
    ...architecture.groups.flatMap((group) => groupWeights(architecture, group)),
    ...mtpWeights(architecture),
    ...(architecture.vision ?? []).map((w): Weight => ({
      ...w,
      module: 'vision',
      copies: constant(1),
      activated: constant(0),
      matrix: false,
    })),
  ];
}
