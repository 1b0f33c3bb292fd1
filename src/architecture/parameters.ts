import type { ParameterBreakdown, Parameters, WeightsSummary } from '../protocol';
import { product, sum, type Expression } from './expression';
import type { Architecture, WeightModule } from './types';
import { modelWeights, type Weight } from './weights';

/** Elements of these weights that stand in the model. */
export const storedElements = (weights: readonly Weight[]): Expression =>
  sum(...weights.map((w) => product(w.elements, w.copies)));

/** Elements of these weights that one decoded token uses, each counted once. */
export const activatedElements = (weights: readonly Weight[]): Expression =>
  sum(...weights.filter((w) => !w.tensor.reused).map((w) => product(w.elements, w.activated)));

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
    if (!w.tensor.reused) activated += w.elements.value * w.activated.value;
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

/** Every weight array with its shape, how often it stands and what it takes in the checkpoint: what the counts are sums of. */
export function parameterBreakdown(architecture: Architecture): ParameterBreakdown[] {
  const bytes = new Map<Weight, number>();
  for (const w of architecture.stored)
    bytes.set(w.weight, (bytes.get(w.weight) ?? 0) + w.bytes + w.scaleBytes);
  return modelWeights(architecture).map((w) => ({
    name: w.name,
    module: w.module,
    layers: w.group ? (w.group.label === '' ? 'all' : w.group.label) : null,
    shape: w.tensor.shape.map((e) => e.value),
    copies: w.copies.value,
    elements: w.elements.value * w.copies.value,
    bytes: bytes.get(w) ?? 0,
  }));
}

/** What the weights take, by the way they are stored. */
export function weightsSummary({ stored, storage }: Architecture): WeightsSummary {
  const byFormat = new Map<string, { elements: number; bytes: number; scaleBytes: number }>();
  let [bytes, storedCount] = [0, 0];
  for (const w of stored) {
    if (w.copies === 0) continue;
    const sums = byFormat.get(w.format) ?? { elements: 0, bytes: 0, scaleBytes: 0 };
    sums.elements += w.elements;
    sums.bytes += w.bytes + w.scaleBytes;
    sums.scaleBytes += w.scaleBytes;
    byFormat.set(w.format, sums);
    bytes += w.bytes + w.scaleBytes;
    storedCount += w.storedElements + w.scaleElements;
  }
  return {
    bytes,
    storedElements: storedCount,
    dtype: storage.dtype.name,
    quantization: storage.method?.name ?? null,
    byFormat: [...byFormat].map(([format, sums]) => ({ format, ...sums })).sort((a, b) => b.bytes - a.bytes),
    notes: storage.notes,
  };
}
