import { constant } from './expression';
import { storedAlone, type StoredWeight } from './quantization';
import { matrix, table } from './tensors';
import type { Architecture, AttentionBlock, Tensor } from './types';
import { weightOf } from './weights';

/**
 * What checkpoints hold beside or instead of the language model's weights. Published totals and the user's own files
 * differ from the count in a few known ways; each is a part of its own, so that a difference can be explained.
 */
export interface StoredPart {
  readonly what: string;
  /** In elements or bytes. Negative where the checkpoint lacks something. */
  readonly size: number;
}

/** One way to store a model: the language model, and the parts that may stand beside it, most usual first. */
interface Variant {
  readonly base: StoredPart;
  readonly parts: readonly StoredPart[];
}

/** What a weight takes, in elements or bytes. */
type SizeOf = (w: StoredWeight) => number;

const APART = ['mtp', 'vision', 'audio'] as const;

/** Elements of FP32 weights in a model of a narrower dtype: other checkpoints keep them in that. */
const FP32_ELEMENTS: SizeOf = (w) => (w.format === 'FP32' ? w.elements : 0);

function variant(architecture: Architecture, what: string, sizeOf: SizeOf): Variant {
  const { model, storage, stored, storedOnly, mtp } = architecture;
  const sums = { model: 0, head: 0, mtp: 0, vision: 0, audio: 0 };
  const sumOf = (weights: readonly StoredWeight[], size: SizeOf) =>
    weights.reduce((sum, w) => sum + size(w), 0);
  for (const w of stored) {
    const size = sizeOf(w);
    sums[APART.find((module) => module === w.module) ?? 'model'] += size;
    if (w.module === 'lmHead') sums.head += size;
  }
  const [embedding, head] = endsOf(architecture);
  const ends = sizeOf(embedding) + sizeOf(head);
  const parts: StoredPart[] = [
    { what: 'MTP layers', size: sums.mtp },
    { what: 'copies of embedding and LM head in each MTP layer', size: ends * (mtp?.count ?? 0) },
    { what: 'vision tower', size: sums.vision },
    { what: 'audio tower', size: sums.audio },
    ...storedOnly.map((t) => ({ what: t.name, size: sizeOf(storedTensor(architecture, t)) })),
    { what: 'a second copy of the tied LM head', size: model.tiedEmbeddings ? sizeOf(embedding) : 0 },
    { what: 'no LM head', size: -sums.head },
    ...(sizeOf === BYTES
      ? [
          { what: 'no scales of the KV cache', size: -kvScales(architecture) },
          { what: 'biases of zero that AutoGPTQ gave every quantized layer', size: zeroBiases(architecture) },
        ]
      : []),
    ...(sizeOf === BYTES && storage.dtype.bytes === 2
      ? [{ what: 'nothing in FP32', size: -2 * sumOf(stored, FP32_ELEMENTS) }]
      : []),
  ];
  const base = { what, size: sums.model + (sizeOf === BYTES ? kvScales(architecture) : 0) };
  return { base, parts: parts.filter((part) => part.size !== 0) };
}

const ELEMENTS: SizeOf = (w) => w.elements;
const STORED_ELEMENTS: SizeOf = (w) => w.storedElements + w.scaleElements;
const BYTES: SizeOf = (w) => w.bytes + w.scaleBytes;

/**
 * Which parts make up a published number of elements exactly: weights as the model counts them, or as a quantized
 * checkpoint's tensors do (scales counted, packed values by their words). Null if none do.
 */
export function explainElements(architecture: Architecture, total: number): StoredPart[] | null {
  const { method } = architecture.storage;
  const logical = variant(architecture, 'language model', ELEMENTS);
  const what = `language model as stored (${method?.name ?? 'quantized experts'}, scales counted)`;
  const asStored = variant(architecture, what, STORED_ELEMENTS);
  return explain(total, asStored.base.size === logical.base.size ? [logical] : [asStored, logical]);
}

/** The same for a checkpoint's bytes; also as if all weights were kept in another dtype than the config says. */
export function explainBytes(architecture: Architecture, total: number): StoredPart[] | null {
  const inAll = (bytes: number, of: string, sizeOf: SizeOf): Variant =>
    variant(
      architecture,
      `language model with ${bytes} ${bytes === 1 ? 'byte' : 'bytes'} for every ${of}, which is not what the config says`,
      (w) => sizeOf(w) * bytes,
    );
  const variants = [
    variant(architecture, 'language model', BYTES),
    inAll(2, 'weight', ELEMENTS),
    inAll(4, 'weight', ELEMENTS),
    inAll(1, 'weight', ELEMENTS),
    // DeepSeek-V3's index counts so, scales as well as FP8 values.
    inAll(2, 'stored value', STORED_ELEMENTS),
  ];
  return explain(total, variants, tolerance(architecture, total));
}

/** Bytes that a checkpoint may differ by without a reason: what some methods keep beside the values is an estimate. */
export const tolerance = ({ storage }: Architecture, total: number): number =>
  storage.method?.isEstimate ? 0.005 * total : 0;

/**
 * Bytes of the checkpoint that this family's publishers would make: everything the config describes, and the copies and
 * buffers that they are known to store.
 */
export function expectedBytes(architecture: Architecture): number {
  const { mtp, storedOnly, stored } = architecture;
  const ends = mtp?.storesEnds ? endsOf(architecture).reduce((sum, w) => sum + BYTES(w), 0) * mtp.count : 0;
  const buffers = storedOnly.reduce((sum, t) => sum + BYTES(storedTensor(architecture, t)), 0);
  return stored.reduce((sum, w) => sum + BYTES(w), ends + buffers + kvScales(architecture));
}

/** Scales of an 8-bit KV cache: of K and of V, in each layer that caches them. */
function kvScales({ groups, storage }: Architecture): number {
  const caches = (attention: AttentionBlock) => attention.kind === 'softmax' && attention.cache === 'own';
  const layers = groups.reduce((n, g) => n + g.indices.length * g.attention.filter(caches).length, 0);
  return 2 * layers * storage.kvScaleBytes;
}

/** AutoGPTQ's first versions stored an FP16 bias for layers that have none. */
function zeroBiases({ stored, storage }: Architecture): number {
  if (storage.method?.name !== 'gptq') return 0;
  const biased = new Set(stored.map((w) => w.weight.name));
  const isQuantized = (w: StoredWeight) => w.scaleBytes > 0 && !biased.has(`${w.weight.name}.bias`);
  return stored
    .filter(isQuantized)
    .reduce((sum, w) => sum + 2 * w.copies * (w.weight.tensor.shape[0]?.value ?? 0), 0);
}

/** Embedding and LM head as an MTP layer holds them: a method may quantize that head, though a list keeps the model's own. */
function endsOf(architecture: Architecture): readonly [StoredWeight, StoredWeight] {
  const { hidden, vocab } = architecture.model;
  const [rows, width] = [constant(vocab), constant(hidden)];
  return [
    storedTensor(architecture, table('embed_tokens', 'embedding', rows, width)),
    storedTensor(architecture, matrix('shared_head.head', 'lmHead', rows, width)),
  ];
}

/** A tensor of the first MTP layer, or one that is no weight of the model. */
const storedTensor = ({ storage, model }: Architecture, tensor: Tensor): StoredWeight =>
  storedAlone(storage, weightOf(tensor, constant(1), null), model.layers);

function explain(total: number, variants: readonly Variant[], allowed = 0): StoredPart[] | null {
  for (const { base, parts } of variants) {
    const found = combination(total - base.size, parts, allowed);
    if (found) return [base, ...found];
  }
  return null;
}

/** The smallest set of parts with this sum, give or take what is allowed; null if none has. Parts are few: a dozen at most. */
export function combination(sum: number, parts: readonly StoredPart[], allowed = 0): StoredPart[] | null {
  const search = (rest: number, from: number, left: number): StoredPart[] | null => {
    if (Math.abs(rest) <= allowed) return [];
    if (left === 0) return null;
    for (let i = from; i < parts.length; i++) {
      const part = parts[i];
      const found = part && search(rest - part.size, i + 1, left - 1);
      if (part && found) return [part, ...found];
    }
    return null;
  };
  for (let size = 0; size <= Math.min(MAX_PARTS, parts.length); size++) {
    const found = search(sum, 0, size);
    if (found) return found;
  }
  return null;
}
const MAX_PARTS = 6;
