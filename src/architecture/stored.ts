import { countParameters } from './parameters';
import { elementsOf } from './tensors';
import type { Architecture } from './types';

/**
 * What checkpoints hold beside or instead of the language model's weights. Published totals and the user's own files
 * differ from the count in a few known ways; each is a part of its own, so that a difference can be explained.
 */
export interface StoredPart {
  readonly what: string;
  /** Negative where the checkpoint lacks something. */
  readonly elements: number;
}

/** The parts that a checkpoint of this architecture may or may not hold, most usual first. */
export function storedParts(architecture: Architecture): StoredPart[] {
  const { mtp, vision, audio, lmHead } = countParameters(architecture);
  const { hidden, vocab, tiedEmbeddings } = architecture.model;
  const table = hidden * vocab;
  const parts: StoredPart[] = [
    { what: 'MTP layers', elements: mtp },
    {
      what: 'copies of embedding and LM head in each MTP layer',
      elements: 2 * table * (architecture.mtp?.count ?? 0),
    },
    { what: 'vision tower', elements: vision ?? 0 },
    { what: 'audio tower', elements: audio ?? 0 },
    ...architecture.storedOnly.map((t) => ({
      what: t.name,
      elements: elementsOf(t).value * t.copies.value,
    })),
    { what: 'a second copy of the tied LM head', elements: tiedEmbeddings ? table : 0 },
    { what: 'no LM head', elements: -lmHead },
  ];
  return parts.filter((part) => part.elements !== 0);
}

/**
 * The smallest set of parts that makes `base` up to `total` exactly; null if none does.
 * Parts are few: a dozen at most, of which up to four are combined.
 */
export function explainTotal(base: number, total: number, parts: readonly StoredPart[]): StoredPart[] | null {
  const search = (rest: number, from: number, left: number): StoredPart[] | null => {
    if (rest === 0) return [];
    if (left === 0) return null;
    for (let i = from; i < parts.length; i++) {
      const part = parts[i];
      const found = part && search(rest - part.elements, i + 1, left - 1);
      if (part && found) return [part, ...found];
    }
    return null;
  };
  for (let size = 0; size <= MAX_PARTS; size++) {
    const found = search(total - base, 0, size);
    if (found) return found;
  }
  return null;
}
const MAX_PARTS = 6;
