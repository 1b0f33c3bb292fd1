import type { ParameterBreakdown, Parameters } from '../protocol';
import { product, sum, type Expression } from './expression';
import type { Architecture, WeightModule } from './types';
import { modelWeights, type Weight } from './weights';

/** Elements of these weights that stand in the model. */
export const storedElements = (weights: readonly Weight[]): Expression =>
  sum(...weights.map((w) => product(w.elements, w.copies)));

/** Elements of these weights that one decoded token uses. */
export const activatedElements = (weights: readonly Weight[]): Expression =>
  sum(...weights.map((w) => product(w.elements, w.activated)));

const APART: readonly WeightModule[] = ['mtp', 'vision', 'audio'];

/** The weights of the language model proper: no MTP layers, no towers. */
export const languageWeights = (architecture: Architecture): Weight[] =>
  modelWeights(architecture).filter((w) => !APART.includes(w.module));

/** Exact parameter counts by enumeration of the weights. Routers count to the FFN. */
export function countParameters(architecture: Architecture): Parameters {
  const count: Record<WeightModule, number> = {
    attention: 0,
    denseFfn: 0,
    routedFfn: 0,
    sharedFfn: 0,
    router: 0,
    norm: 0,
    embedding: 0,
    lmHead: 0,
    other: 0,
    mtp: 0,
    vision: 0,
    audio: 0,
  };
  let activated = 0;
  for (const w of modelWeights(architecture)) {
    count[w.module] += w.elements.value * w.copies.value;
    activated += w.elements.value * w.activated.value;
  }
  const ffn = count.denseFfn + count.routedFfn + count.sharedFfn + count.router;
  const { attention, embedding, lmHead, norm, other, mtp } = count;
  const tower = (kind: 'vision' | 'audio') =>
    architecture.towers.some((t) => t.kind === kind && t.tensors === null) ? null : count[kind];
  return {
    total: attention + ffn + embedding + lmHead + norm + other,
    activated,
    attention,
    ffn,
    embedding,
    lmHead,
    norm,
    other,
    mtp,
    vision: tower('vision'),
    audio: tower('audio'),
  };
}

/** Every weight array with its shape and how often it stands: what the counts are sums of. */
export const parameterBreakdown = (architecture: Architecture): ParameterBreakdown[] =>
  modelWeights(architecture).map((w) => ({
    name: w.name,
    module: w.module,
    layers: w.group ? (w.group.label === '' ? 'all' : w.group.label) : null,
    shape: w.tensor.shape.map((e) => e.value),
    copies: w.copies.value,
    elements: w.elements.value * w.copies.value,
  }));
