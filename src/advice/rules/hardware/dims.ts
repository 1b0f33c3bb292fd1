import {
  formulaInputs,
  formulaText,
  pathsOf,
  type AttentionBlock,
  type Expression,
  type FfnBlock,
} from '../../../architecture';
import type { Fix, JsonPath } from '../../../protocol';
import { change, contextLength, parameters, signedPercent } from '../../format';
import type { ModelSubject } from '../../subject';

/** One dimension of a matrix as it lies on one accelerator. */
export interface Dim {
  readonly of: Expression;
  readonly whole: number;
  /** Accelerators that share it. */
  readonly degree: number;
  /** Of it on each of them; null where it can't be divided evenly. */
  readonly shard: number | null;
}

/** A matrix that every token, or every token routed to it, is multiplied with. */
export interface Gemm {
  readonly name: string;
  readonly isRouted: boolean;
  /** Rows and columns that share a scale in the checkpoint, as its config says. */
  readonly block: readonly [number, number] | null;
  readonly out: Dim;
  readonly input: Dim;
  /** Of one token, over all layers. */
  readonly flops: number;
}

/** Inputs of formulas that tensor parallelism divides: heads, and widths of FFNs. Ranks and the hidden size stay whole. */
const SHARED: ReadonlySet<string> = new Set(['n_q', 'n_kv', 'I', 'I_moe', 'I_shared']);

const known = new WeakMap<ModelSubject, readonly Gemm[]>();

/** GEMMs of attention and FFN, divided as the configured degrees divide them (Megatron-LM, arXiv:1909.08053, section 3). */
export function gemmsOf(subject: ModelSubject): readonly Gemm[] {
  let gemms = known.get(subject);
  if (!gemms) {
    gemms = enumerate(subject);
    known.set(subject, gemms);
  }
  return gemms;
}

function enumerate({ architecture, context: { options } }: ModelSubject): Gemm[] {
  const { tensorParallel, expertParallel } = options.serving;
  const degree = tensorParallel ?? 1;
  const expertDegree = (expertParallel ?? 1) > 1 ? 1 : degree;
  const blocks = architecture.storage.method
    ? new Map(architecture.stored.flatMap((w) => (w.block ? [[w.weight.name, w.block] as const] : [])))
    : null;
  return architecture.weights.groups.flatMap(({ attention, ffn }) =>
    [...attention, ...ffn].flatMap(({ block, weights }) =>
      weights.flatMap((weight): Gemm[] => {
        const { tensor, module, activated, elements } = weight;
        const [out, input] = tensor.shape;
        const isGemm = ['attention', 'denseFfn', 'routedFfn', 'sharedFfn'].includes(module);
        if (!isGemm || tensor.role !== 'matrix' || activated.value === 0 || !out || !input) return [];
        const isRouted = module === 'routedFfn';
        const dim = (of: Expression) => dimOf(of, isRouted ? expertDegree : degree, block);
        const flops = 2 * elements.value * activated.value;
        const { name } = weight;
        return [
          { name, isRouted, block: blocks?.get(name) ?? null, out: dim(out), input: dim(input), flops },
        ];
      }),
    ),
  );
}

function dimOf(of: Expression, tensorParallel: number, block: AttentionBlock | FfnBlock): Dim {
  const whole = of.value;
  const undivided = { of, whole, degree: 1, shard: whole };
  if (tensorParallel === 1) return undivided;
  const symbols = formulaInputs(of).map(({ symbol }) => symbol);
  // A gate of one row a head is small: it is copied.
  const isHeadCount = of.node.kind === 'variable' && of.node.symbol === 'n_q';
  if (isHeadCount || !symbols.some((symbol) => SHARED.has(symbol))) return undivided;
  const degree = degreeOf(symbols, block, tensorParallel);
  return {
    of,
    whole,
    degree: degree ?? tensorParallel,
    shard: degree && whole % degree === 0 ? whole / degree : null,
  };
}

/** Among how many accelerators a dimension is divided; null where its heads can't be divided among them. */
function degreeOf(
  symbols: readonly string[],
  block: AttentionBlock | FfnBlock,
  tensorParallel: number,
): number | null {
  if (block.kind === 'dense' || block.kind === 'moe') return tensorParallel;
  // A recurrent mixer's projections hold parts that are divided and others that are not.
  if (block.kind === 'recurrent') return null;
  if (symbols.includes('n_q') && block.queryHeads % tensorParallel !== 0) return null;
  if (block.kind !== 'softmax' || !symbols.includes('n_kv')) return tensorParallel;
  // Keys and values of fewer heads are copied; one matrix for all three is then divided unevenly.
  if (block.kvHeads >= tensorParallel) return block.kvHeads % tensorParallel === 0 ? tensorParallel : null;
  return symbols.includes('n_q') ? null : block.kvHeads;
}

/** Does an accelerator's share of a dimension end within a block that has one scale? */
export const splitsBlock = ({ degree, shard }: Dim, size: number): boolean =>
  degree > 1 && shard !== null && shard % size !== 0;

/** The config's key that a dimension is, where it is that key's number and nothing else. */
export function keyOf({ of, whole }: Dim, { config }: ModelSubject): JsonPath | null {
  const [path, ...others] = pathsOf(of);
  if (of.node.kind !== 'variable' || !path || others.length > 0) return null;
  const value = path.reduce<unknown>(
    (at, step) => (typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[step] : undefined),
    config,
  );
  return value === whole ? path : null;
}

/** Where a finding about a dimension is shown. */
export const placeOf = (dim: Dim, subject: ModelSubject): JsonPath => pathsOf(dim.of)[0] ?? subject.textPath;

/** A dimension in words: its key and size, or how it comes about; with degrees what is left on one accelerator. */
export function dimText(dim: Dim, subject: ModelSubject): string {
  const key = keyOf(dim, subject);
  const name = key
    ? `"${String(key.at(-1))}" ${dim.whole}`
    : `The width ${formulaText(dim.of)} = ${dim.whole}`;
  return dim.degree > 1 ? `${name} over TP ${dim.degree}, ${dim.shard ?? 'unevenly'} each,` : name;
}

/** The largest number that divides both. */
export const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

export const roundUp = (value: number, unit: number): number => Math.ceil(value / unit) * unit;

/** The last names of matrices, a few of them. */
export function namesText(names: readonly string[]): string {
  const last = [...new Set(names.map((name) => name.slice(name.lastIndexOf('.') + 1)))];
  return last.length > 3 ? `${last.slice(0, 3).join(', ')} and ${last.length - 3} more` : last.join(', ');
}

/** A change of one size, with what it does to parameters and cost. None where the config can't be read after it. */
export function sizeFix(subject: ModelSubject, path: JsonPath, from: number, to: number): readonly Fix[] {
  const edits = [{ path, value: to }];
  const after = subject.after(edits);
  if (!after) return [];
  const [had, has] = [totalOf(subject), totalOf(after)];
  const added = `${has < had ? '-' : '+'}${parameters(Math.abs(has - had))} (${signedPercent(has / had - 1)})`;
  const { targets, options } = subject.context;
  const [target] = targets;
  const at = options.contexts[0] ?? 1;
  const [before, then] = target ? [subject.costOn(target, at), after.costOn(target, at)] : [];
  const cost =
    target && before && then
      ? `, $ ${change(before.total.value, then.total.value)} on ${target.name} at ${contextLength(at)}`
      : '';
  const title = `${String(path.at(-1))} ${from} → ${to}: parameters ${added}${cost}`;
  return [{ title, edits, isPreferred: false }];
}

const totalOf = ({ architecture }: ModelSubject): number =>
  architecture.weights.all.reduce((sum, w) => sum + w.elements.value * w.copies.value, 0);
