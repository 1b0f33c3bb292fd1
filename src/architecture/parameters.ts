import type { Parameters } from '../protocol';
import { product, sum, type Expression } from './expression';
import type { Architecture } from './types';
import { modelWeights, type Weight, type WeightModule } from './weights';

/** Elements of these weights that stand in the model. */
export const storedElements = (weights: readonly Weight[]): Expression =>
  sum(...weights.map((w) => product(w.elements, w.copies)));

/** Elements of these weights that one decoded token uses. */
export const activatedElements = (weights: readonly Weight[]): Expression =>
  sum(...weights.map((w) => product(w.elements, w.activated)));

const FFN: readonly WeightModule[] = ['denseFfn', 'routedFfn', 'sharedFfn', 'router'];
const APART: readonly WeightModule[] = ['mtp', 'vision'];

/** Exact parameter counts by enumeration of the weights. Routers count to the FFN. */
export function countParameters(architecture: Architecture): Parameters {
  const weights = modelWeights(architecture);
  const stored = (modules: readonly WeightModule[]) =>
    storedElements(weights.filter((w) => modules.includes(w.module))).value;
  const language = weights.filter((w) => !APART.includes(w.module));
  return {
    total: storedElements(language).value,
    activated: activatedElements(language).value,
    attention: stored(['attention']),
    ffn: stored(FFN),
    embedding: stored(['embedding']),
    lmHead: stored(['lmHead']),
    norm: stored(['norm']),
    mtp: stored(['mtp']),
    vision: architecture.vision === null ? null : stored(['vision']),
  };
}
