import type { StoredWeight } from './quantization';
import { elementsOf } from './tensors';
import type { Architecture } from './types';

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

type SizeOf = (w: Pick<StoredWeight, 'elements'> & Partial<StoredWeight>) => number;

const APART = ['mtp', 'vision', 'audio'] as const;

function variant(architecture: Architecture, what: string, sizeOf: SizeOf, elementSize: number): Variant {
  const sums = { model: 0, head: 0, mtp: 0, vision: 0, audio: 0 };
  for (const w of architecture.stored) {
    const size = sizeOf(w);
    const apart = APART.find((module) => module === w.module);
    sums[apart ?? 'model'] += size;
    if (w.module === 'lmHead') sums.head += size;
  }
  const { hidden, vocab, tiedEmbeddings } = architecture.model;
  const table = hidden * vocab * elementSize;
  const parts: StoredPart[] = [
    { what: 'MTP layers', size: sums.mtp },
    {
      what: 'copies of embedding and LM head in each MTP layer',
      size: 2 * table * (architecture.mtp?.count ?? 0),
    },
    { what: 'vision tower', size: sums.vision },
    { what: 'audio tower', size: sums.audio },
    ...architecture.storedOnly.map((t) => ({
      what: t.name,
      size: elementsOf(t).value * t.copies.value * (elementSize === 1 ? 1 : (t.fixedBytes ?? elementSize)),
    })),
    { what: 'a second copy of the tied LM head', size: tiedEmbeddings ? table : 0 },
    { what: 'no LM head', size: -sums.head },
  ];
  return { base: { what, size: sums.model }, parts: parts.filter((part) => part.size !== 0) };
}

/**
 * Which parts make up a published number of elements exactly: weights as the model counts them, or as a quantized
 * checkpoint's tensors do (scales counted, packed values by their words). Null if none do.
 */
export function explainElements(architecture: Architecture, total: number): StoredPart[] | null {
  const { method } = architecture.storage;
  const logical = variant(architecture, 'language model', (w) => w.elements, 1);
  const asStored = variant(
    architecture,
    `language model as stored (${method?.name ?? 'quantized experts'}, scales counted)`,
    (w) => (w.storedElements ?? 0) + (w.scaleElements ?? 0),
    1,
  );
  return explain(total, asStored.base.size === logical.base.size ? [logical] : [asStored, logical]);
}

/** The same for a checkpoint's bytes; also as if all weights were kept in another dtype than the config says. */
export function explainBytes(architecture: Architecture, total: number): StoredPart[] | null {
  const said = variant(
    architecture,
    'language model',
    (w) => (w.bytes ?? 0) + (w.scaleBytes ?? 0),
    architecture.storage.dtype.bytes,
  );
  const other = [2, 4, 1].map((bytes) =>
    variant(
      architecture,
      `language model with ${bytes} ${bytes === 1 ? 'byte' : 'bytes'} for every weight, which is not what the config says`,
      (w) => w.elements * bytes,
      bytes,
    ),
  );
  return explain(total, [said, ...other]);
}

/**
 * Bytes of the checkpoint that this family's publishers would make: everything the config describes, and the copies and
 * buffers that they are known to store.
 */
export function expectedBytes(architecture: Architecture): number {
  const { model, storage, mtp, storedOnly, stored } = architecture;
  const copies = mtp?.storesEnds ? 2 * model.hidden * model.vocab * mtp.count * storage.dtype.bytes : 0;
  const buffers = storedOnly.reduce(
    (sum, t) => sum + elementsOf(t).value * t.copies.value * (t.fixedBytes ?? storage.dtype.bytes),
    0,
  );
  return stored.reduce((sum, w) => sum + w.bytes + w.scaleBytes, copies + buffers);
}

function explain(total: number, variants: readonly Variant[]): StoredPart[] | null {
  for (const { base, parts } of variants) {
    const found = combination(total - base.size, parts);
    if (found) return [base, ...found];
  }
  return null;
}

/** The smallest set of parts with this sum; null if none has. Parts are few: a dozen at most. */
export function combination(sum: number, parts: readonly StoredPart[]): StoredPart[] | null {
  const search = (rest: number, from: number, left: number): StoredPart[] | null => {
    if (rest === 0) return [];
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
