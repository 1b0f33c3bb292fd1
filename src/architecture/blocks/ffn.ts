import { replace } from '../fixes';
import { constant, product, quotient, sum, type Expression } from '../expression';
import { given, sourced, type ConfigReader, type Field } from '../reader';
import { field, linear, matrix, symbol, vector } from '../tensors';
import type { DenseBlock, DenseFfn, MoeBlock, MoeFfn, Tensor, WeightModule } from '../types';

/** Names of the matrices of an FFN where they are not gate_proj, up_proj, down_proj. */
export interface FfnNames {
  readonly gate?: string;
  readonly up?: string;
  readonly down?: string;
  /** One matrix for gate and up. */
  readonly gateUp?: string;
}

interface FfnBias {
  readonly up: boolean;
  readonly down: boolean;
}
const biasOf = (bias: boolean | FfnBias | undefined): FfnBias =>
  typeof bias === 'object' ? bias : { up: bias ?? false, down: bias ?? false };

/** Gate, up and down of one FFN, or of `copies` of them. */
function mlp(
  prefix: string,
  module: WeightModule,
  input: Expression,
  width: Expression,
  gated: boolean,
  bias: FfnBias,
  names: FfnNames,
  copies: { readonly copies?: Expression; readonly activated?: Expression } = {},
): Tensor[] {
  const at = (name: string | undefined, usual: string) =>
    `${prefix === '' ? '' : `${prefix}.`}${name ?? usual}`;
  const inputs =
    gated && names.gateUp !== undefined
      ? linear(at(names.gateUp, ''), module, product(2, width), input, bias.up, copies)
      : [
          ...(gated ? linear(at(names.gate, 'gate_proj'), module, width, input, bias.up, copies) : []),
          ...linear(at(names.up, 'up_proj'), module, width, input, bias.up, copies),
        ];
  return [...inputs, ...linear(at(names.down, 'down_proj'), module, input, width, bias.down, copies)];
}

export interface DenseSpec {
  readonly intermediate: Field<number>;
  /** True unless the family's activation has no gate (GELU, ReLU squared). */
  readonly gated?: boolean;
  readonly bias?: boolean | FfnBias;
  /** Its module, `mlp` unless given; empty where the matrices stand in the layer itself. */
  readonly prefix?: string;
  readonly names?: FfnNames;
  readonly extra?: readonly Tensor[];
}

/** A dense feed-forward block with its weights. */
export function denseFfn(hidden: Expression, spec: DenseSpec): DenseBlock {
  const block = sourced<DenseFfn>({
    kind: given('dense'),
    intermediate: spec.intermediate,
    gated: given(spec.gated ?? true),
  });
  const width = field(block, 'intermediate', 'I');
  return {
    ...block,
    tensors: [
      ...mlp(
        spec.prefix ?? 'mlp',
        'denseFfn',
        hidden,
        width,
        block.gated,
        biasOf(spec.bias),
        spec.names ?? {},
      ),
      ...(spec.extra ?? []),
    ],
  };
}

export interface MoeSpec {
  readonly experts: Field<number>;
  readonly topK: Field<number>;
  readonly intermediate: Field<number>;
  readonly gated?: boolean;
  readonly expertBias?: boolean | FfnBias;
  /** Width of all shared experts together. */
  readonly sharedIntermediate?: Field<number>;
  readonly sharedBias?: boolean | FfnBias;
  /** A sigmoid gate on the shared experts, H weights (Qwen2-MoE). */
  readonly sharedGate?: boolean;
  /** A bias a routed expert for load balancing, stored with the router (`e_score_correction_bias`). */
  readonly correctionBias?: boolean;
  /** The router is a linear layer with a bias. */
  readonly routerBias?: boolean;
  /** Width of what the routed experts read and write, where that is not the hidden size. */
  readonly inputDim?: Field<number>;
  readonly zeroExperts?: Field<number>;
  /** Module of router and experts, `mlp` unless given; empty where they stand in the layer itself. */
  readonly prefix?: string;
  readonly routerName?: string;
  /** `experts.*` unless given; without the star where all experts are one array. */
  readonly expertsName?: string;
  readonly sharedName?: string;
  /** Module of the shared experts where it is no part of the one of router and experts. */
  readonly sharedPath?: string;
  readonly names?: FfnNames;
  readonly sharedNames?: FfnNames;
  /** Latent projections, gates and norms of the family's own. */
  readonly extra?: readonly Tensor[];
}

/** A block of routed experts with its weights; checks that the router can pick as many as it should. */
export function moeFfn(text: ConfigReader, hidden: Expression, spec: MoeSpec): MoeBlock {
  const { experts, topK } = spec;
  if (topK.value > experts.value + (spec.zeroExperts?.value ?? 0)) {
    const path = topK.origin.paths[0] ?? experts.origin.paths[0];
    const fixes = [
      ...(topK.origin.paths[0]
        ? [
            replace({
              path: topK.origin.paths[0],
              from: topK.value,
              to: experts.value,
              because: 'all experts',
            }),
          ]
        : []),
      ...(experts.origin.paths[0]
        ? [replace({ path: experts.origin.paths[0], from: experts.value, to: topK.value })]
        : []),
    ];
    text.problem(
      'error',
      'config/top-k',
      `A token can't be routed to ${topK.value} of ${experts.value} experts.`,
      path ? path.slice(text.path.length) : [],
      fixes,
    );
  }
  const block = sourced<MoeFfn>({
    kind: given('moe'),
    experts,
    topK,
    intermediate: spec.intermediate,
    gated: given(spec.gated ?? true),
    sharedIntermediate: spec.sharedIntermediate ?? given(0),
    inputDim: spec.inputDim ?? given(hidden.value),
    zeroExperts: spec.zeroExperts ?? given(0),
  });
  const at = (name: string) => (spec.prefix === '' ? name : `${spec.prefix ?? 'mlp'}.${name}`);
  const router = at(spec.routerName ?? 'gate');
  const [count, k] = [field(block, 'experts', 'E'), field(block, 'topK', 'k')];
  const input = spec.inputDim ? symbol('H_latent', spec.inputDim) : hidden;
  const routed = block.zeroExperts > 0 ? sum(count, field(block, 'zeroExperts', 'E_zero')) : count;
  // With experts that do nothing a token meets a share of its top-k, on average and with a balanced router.
  const activated = block.zeroExperts > 0 ? product(k, quotient(count, routed)) : k;
  const tensors: Tensor[] = [
    ...linear(router, 'router', routed, hidden, spec.routerBias ?? false),
    ...(spec.correctionBias ? [vector(`${router}.e_score_correction_bias`, 'router', routed)] : []),
    ...mlp(
      at(spec.expertsName ?? 'experts.*'),
      'routedFfn',
      input,
      field(block, 'intermediate', 'I_moe'),
      block.gated,
      biasOf(spec.expertBias),
      spec.names ?? {},
      { copies: count, activated },
    ),
  ];
  if (block.sharedIntermediate > 0) {
    const shared = spec.sharedPath ?? at(spec.sharedName ?? 'shared_experts');
    const width = field(block, 'sharedIntermediate', 'I_shared');
    tensors.push(
      ...mlp(
        shared,
        'sharedFfn',
        hidden,
        width,
        block.gated,
        biasOf(spec.sharedBias),
        spec.sharedNames ?? spec.names ?? {},
      ),
    );
    if (spec.sharedGate) tensors.push(matrix(at('shared_expert_gate'), 'router', constant(1), hidden));
  }
  return { ...block, tensors: [...tensors, ...(spec.extra ?? [])] };
}
