import { constant, product, variable, type Expression } from './expression';
import { elementsOf } from './tensors';
import type { Architecture, AttentionBlock, FfnBlock, LayerGroup, Tensor, WeightModule } from './types';

/** A weight array of the model, with how often it stands in it. */
export interface Weight {
  readonly tensor: Tensor;
  readonly name: string;
  /** Of the whole model: a tensor of an MTP layer counts to `mtp`, whatever it does there. */
  readonly module: WeightModule;
  /** One copy. */
  readonly elements: Expression;
  /** How often it stands in the model: layers times experts. */
  readonly copies: Expression;
  /** How many of the copies one decoded token is multiplied with. */
  readonly activated: Expression;
  /** The layers it stands in; null for what stands once. */
  readonly group: LayerGroup | null;
}

const ONE = constant(1);

/** The number of layers in a group, as an input of formulas. */
export const layerCount = (group: LayerGroup, part: 'attention' | 'ffn'): Expression =>
  variable(group.label === '' ? 'L' : `L_${group.label}`, group.indices.length, group.origins[part]);

/** A tensor with how often it stands in the model. */
export const weightOf = (tensor: Tensor, layers: Expression, group: LayerGroup | null): Weight => ({
  tensor,
  name: tensor.name,
  module: tensor.module,
  elements: elementsOf(tensor),
  copies: product(tensor.copies, layers),
  activated: product(tensor.activated, layers),
  group,
});

/** The weights of one layer group, by the part of the layer they belong to. */
export interface GroupWeights {
  readonly group: LayerGroup;
  readonly attention: readonly { readonly block: AttentionBlock; readonly weights: readonly Weight[] }[];
  readonly ffn: readonly { readonly block: FfnBlock; readonly weights: readonly Weight[] }[];
  readonly extra: readonly Weight[];
}

/** Every weight of a model. */
export interface ModelWeights {
  /** What stands once: embedding, final norm, LM head. */
  readonly ends: readonly Weight[];
  /** In the order of the architecture's groups. */
  readonly groups: readonly GroupWeights[];
  /** All of them, those of MTP layers and towers last. */
  readonly all: readonly Weight[];
}

function groupWeights(group: LayerGroup): GroupWeights {
  const [ofAttention, ofFfn] = [layerCount(group, 'attention'), layerCount(group, 'ffn')];
  return {
    group,
    attention: group.attention.map((block) => ({
      block,
      weights: block.tensors.map((t) => weightOf(t, ofAttention, group)),
    })),
    ffn: group.ffn.map((block) => ({ block, weights: block.tensors.map((t) => weightOf(t, ofFfn, group)) })),
    extra: group.extra.map((t) => weightOf(t, ofAttention, group)),
  };
}

const NONE = constant(0);

/** MTP layers: each a full layer with projections and norms of its own. A token of the main model meets none of them. */
function mtpWeights({ mtp }: Enumerable): Weight[] {
  if (!mtp) return [];
  const layers = variable('L_mtp', mtp.count, mtp.origin);
  const { attention, ffn, extra } = mtp.layer;
  const each = [
    ...attention.flatMap((b) => b.tensors),
    ...ffn.flatMap((b) => b.tensors),
    ...extra,
    ...mtp.extra,
  ];
  const counted = (tensor: Tensor, count: Expression): Weight => ({
    ...weightOf(tensor, count, null),
    name: `mtp.${tensor.name}`,
    module: 'mtp',
    activated: NONE,
  });
  return [...each.map((t) => counted(t, layers)), ...mtp.once.map((t) => counted(t, ONE))];
}

/** Weights of vision and audio towers, as far as they can be enumerated. */
const towerWeights = ({ towers }: Enumerable): Weight[] =>
  towers.flatMap(({ kind, tensors }) =>
    (tensors ?? []).map((t): Weight => ({ ...weightOf(t, ONE, null), module: kind, activated: NONE })),
  );

type Enumerable = Pick<Architecture, 'ends' | 'groups' | 'mtp' | 'towers'>;

/** Enumerates every weight of a model, in the order in which a token meets them. An architecture does it once, when asked. */
export function enumerateWeights(parts: Enumerable): ModelWeights {
  const ends = parts.ends.map((t) => weightOf(t, ONE, null));
  const groups = parts.groups.map(groupWeights);
  const all = [
    ...ends,
    ...groups.flatMap(({ attention, ffn, extra }) => [
      ...attention.flatMap((b) => b.weights),
      ...ffn.flatMap((b) => b.weights),
      ...extra,
    ]),
    ...mtpWeights(parts),
    ...towerWeights(parts),
  ];
  return { ends, groups, all };
}

/** Every weight of the model. */
export const modelWeights = ({ weights }: Architecture): readonly Weight[] => weights.all;
