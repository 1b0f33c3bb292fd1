import {
  samePath,
  type Architecture,
  type AttentionBlock,
  type FfnBlock,
  type Origin,
} from '../../architecture';
import type { JsonPath } from '../../protocol';

/** What a size is in its block, whatever the key is called. Each has its own sensible neighbours (`neighbours.ts`). */
export type SizeRole =
  | 'layers'
  | 'hidden'
  | 'vocab'
  | 'queryHeads'
  | 'kvHeads'
  | 'headDim'
  | 'valueDim'
  | 'nopeDim'
  | 'ropeDim'
  | 'queryRank'
  | 'kvRank'
  | 'window'
  | 'ratio'
  | 'indexHeads'
  | 'indexDim'
  | 'attendedTokens'
  | 'stateHeads'
  | 'stateKeyDim'
  | 'stateValueDim'
  | 'experts'
  | 'topK'
  | 'expertWidth'
  | 'sharedWidth'
  | 'sharedExperts'
  | 'expertInput'
  | 'ffnWidth'
  /** Sizes are worked out from it: `expand`, a ratio, a multiple. */
  | 'factor'
  /** Decides which layers have which attention, or which FFN: a period, the number of first dense layers. */
  | 'attentionPattern'
  | 'ffnPattern';

/** One size of one block (or of the model) with where it was read. */
export interface Size {
  readonly role: SizeRole;
  readonly value: number;
  readonly origin: Origin | undefined;
  readonly block: AttentionBlock | FfnBlock | null;
}

/** A field of the file that decides cost: a number, and the sizes that were read from it. */
export interface CostField {
  readonly path: JsonPath;
  readonly value: number;
  readonly role: SizeRole;
  /** All sizes that depend on it, those that are it first. */
  readonly sizes: readonly Size[];
}

/** Every size of an architecture, those of a block that several groups share once. */
export function sizesOf({ model, groups }: Architecture): Size[] {
  const sizes: Size[] = [
    { role: 'layers', value: model.layers, origin: model.origins.layers, block: null },
    { role: 'hidden', value: model.hidden, origin: model.origins.hidden, block: null },
    { role: 'vocab', value: model.vocab, origin: model.origins.vocab, block: null },
  ];
  const mixers = [...new Set(groups.flatMap((group) => group.attention))];
  // A key that heads of both share (MiniMax's hybrids) is first of all the attention's.
  for (const isRecurrent of [false, true])
    for (const block of mixers)
      if ((block.kind === 'recurrent') === isRecurrent) sizes.push(...attentionSizes(block));
  for (const block of new Set(groups.flatMap((group) => group.ffn))) sizes.push(...ffnSizes(block));
  return sizes;
}

function attentionSizes(block: AttentionBlock): Size[] {
  const { selection } = block;
  const selected: Size[] = selection
    ? [
        { role: 'indexHeads', value: selection.indexHeads, origin: selection.origins.indexHeads, block },
        { role: 'indexDim', value: selection.indexDim, origin: selection.origins.indexDim, block },
        { role: 'attendedTokens', value: selection.topK, origin: selection.origins.topK, block },
      ]
    : [];
  return [...ownSizes(block), ...selected];
}

function ownSizes(block: AttentionBlock): Size[] {
  switch (block.kind) {
    case 'softmax': {
      const { origins } = block;
      return [
        { role: 'queryHeads', value: block.queryHeads, origin: origins.queryHeads, block },
        { role: 'kvHeads', value: block.kvHeads, origin: origins.kvHeads, block },
        { role: 'headDim', value: block.headDim, origin: origins.headDim, block },
        { role: 'valueDim', value: block.valueDim, origin: origins.valueDim, block },
        { role: 'queryRank', value: block.queryRank ?? 0, origin: origins.queryRank, block },
        { role: 'window', value: block.windowSize, origin: origins.windowSize, block },
      ];
    }
    case 'latent': {
      const { origins } = block;
      return [
        { role: 'queryHeads', value: block.queryHeads, origin: origins.queryHeads, block },
        { role: 'kvRank', value: block.kvRank, origin: origins.kvRank, block },
        { role: 'queryRank', value: block.queryRank ?? 0, origin: origins.queryRank, block },
        { role: 'nopeDim', value: block.nopeDim, origin: origins.nopeDim, block },
        { role: 'ropeDim', value: block.ropeDim, origin: origins.ropeDim, block },
        { role: 'valueDim', value: block.valueDim, origin: origins.valueDim, block },
      ];
    }
    case 'compressed': {
      const { origins } = block;
      return [
        { role: 'queryHeads', value: block.queryHeads, origin: origins.queryHeads, block },
        { role: 'headDim', value: block.headDim, origin: origins.headDim, block },
        { role: 'window', value: block.windowSize, origin: origins.windowSize, block },
        { role: 'ratio', value: block.ratio, origin: origins.ratio, block },
      ];
    }
    case 'recurrent': {
      const { origins } = block;
      return [
        { role: 'stateHeads', value: block.heads, origin: origins.heads, block },
        { role: 'stateKeyDim', value: block.keyDim, origin: origins.keyDim, block },
        { role: 'stateValueDim', value: block.valueDim, origin: origins.valueDim, block },
      ];
    }
  }
}

function ffnSizes(block: FfnBlock): Size[] {
  if (block.kind === 'dense')
    return [{ role: 'ffnWidth', value: block.intermediate, origin: block.origins.intermediate, block }];
  const { origins } = block;
  return [
    { role: 'experts', value: block.experts, origin: origins.experts, block },
    { role: 'topK', value: block.topK, origin: origins.topK, block },
    { role: 'expertWidth', value: block.intermediate, origin: origins.intermediate, block },
    { role: 'sharedWidth', value: block.sharedIntermediate, origin: origins.sharedIntermediate, block },
    { role: 'expertInput', value: block.inputDim, origin: origins.inputDim, block },
  ];
}

const isFrom = (path: JsonPath, origin: Origin | undefined): boolean =>
  origin?.paths.some((p) => samePath(p, path)) ?? false;

/** What a number at this place of the file decides; null where it decides no cost, or is no whole number. */
export function costField(
  config: Readonly<Record<string, unknown>>,
  architecture: Architecture,
  path: JsonPath,
  sizes: readonly Size[] = sizesOf(architecture),
): CostField | null {
  const value = path.reduce<unknown>(
    (at, step) => (at as Record<string, unknown> | null | undefined)?.[step],
    config,
  );
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0) return null;
  const touched = sizes.filter((size) => isFrom(path, size.origin));
  // A size that was worked out from the key (`hidden_size / heads`) is not what the key is.
  const direct = touched.filter((size) => size.value === value && value > 0);
  const [first] = direct;
  const role = first?.role ?? derivedRole(touched, value) ?? patternRole(architecture, path);
  if (role === null) return null;
  return { path, value, role, sizes: [...direct, ...touched.filter((size) => !direct.includes(size))] };
}

function derivedRole([first]: readonly Size[], value: number): SizeRole | null {
  if (!first) return null;
  // Their width: the number of shared experts times an expert's; or a width of 0 for none.
  if (first.role === 'sharedWidth')
    return (first.origin?.paths.length ?? 0) > 1 ? 'sharedExperts' : 'sharedWidth';
  return value > 0 ? 'factor' : null;
}

function patternRole({ groups }: Architecture, path: JsonPath): SizeRole | null {
  if (groups.some((group) => isFrom(path, group.origins.ffn))) return 'ffnPattern';
  return groups.some((group) => isFrom(path, group.origins.attention)) ? 'attentionPattern' : null;
}

/** Every field of the file that decides cost, in the order in which the model's sizes name them. */
export function costFields(
  config: Readonly<Record<string, unknown>>,
  architecture: Architecture,
): CostField[] {
  const sizes = sizesOf(architecture);
  const origins = [
    ...sizes.map((size) => size.origin),
    ...architecture.groups.flatMap((group) => [group.origins.attention, group.origins.ffn]),
  ];
  const paths = new Map(
    origins.flatMap((origin) => origin?.paths ?? []).map((path) => [path.join('/'), path]),
  );
  return [...paths.values()].flatMap((path) => costField(config, architecture, path, sizes) ?? []);
}
