import { isFullAttention, type Architecture, type Origin } from '../../../architecture';
import { dollarCost, type Op } from '../../../cost';
import type { Accelerator } from '../../../hardware';
import type { JsonPath } from '../../../protocol';
import { percent } from '../../format';
import { maxPositions } from '../../positions';
import type { ModelSubject } from '../../subject';

/** The report that these rules argue after. */
export const REPORT = 'Step-3 report, arXiv:2507.19427';

/** The context that findings speak of unless they say another: the first of the options, as in hints, if the model has it. */
export const firstContext = (subject: ModelSubject): number =>
  Math.min(subject.context.options.contexts[0] ?? 8192, positionsOf(subject));

/** The longest context of the options that the model has. */
export const longestContext = (subject: ModelSubject): number =>
  Math.min(Math.max(firstContext(subject), ...subject.context.options.contexts), positionsOf(subject));

const positionsOf = ({ text }: ModelSubject): number => maxPositions(text)?.value ?? Infinity;

/** Core attention over KV caches, layer kind by layer kind; state updates are left out. */
export const attentionOps = (ops: readonly Op[]): readonly Op[] =>
  ops.filter((op) => op.role === 'attention' && op.kind === 'attention');

/** FLOPs per KV byte of one operation (report, section 5.1); 0 where it reads none. */
export const intensityOf = (op: Op): number =>
  op.kv.readBytes.value === 0 ? 0 : op.flops.value / op.kv.readBytes.value;

/** US dollars per 1M tokens of the core attention alone; null without a price. */
export function coreUsd(subject: ModelSubject, ops: readonly Op[], target: Accelerator): number | null {
  const core = ops.filter((op) => op.role === 'attention');
  return dollarCost(core, target, subject.context.options.accounting)?.attention.value ?? null;
}

/** Where a field was read from; the language model's object where it is not the file's own. */
export const placeOf = (subject: ModelSubject, origin: Origin | undefined): JsonPath =>
  origin?.paths[0] ?? subject.textPath;

/** The last place of it: of a layer count with a pattern of layers, the pattern. */
export const lastPlaceOf = (subject: ModelSubject, origin: Origin | undefined): JsonPath =>
  origin?.paths.at(-1) ?? subject.textPath;

/** Layers that attend to everything beside layers that do not. */
export const isHybrid = ({ groups }: Architecture): boolean => {
  const blocks = groups.flatMap((group) => group.attention);
  return blocks.some(isFullAttention) && blocks.some((a) => !isFullAttention(a));
};

/**
 * Is the model served over many accelerators? Its experts' weights then exceed the memory of every target. What sections 5
 * and 6 of the report say of pipelines and networks does not matter to others.
 */
export function isServedDistributed(subject: ModelSubject): boolean {
  const { architecture, context } = subject;
  if (!architecture.groups.some((group) => group.ffn.some((ffn) => ffn.kind === 'moe'))) return false;
  const memories = context.targets.flatMap((target) => target.memory ?? []);
  const weights = subject.opsAt(firstContext(subject)).reduce((sum, op) => sum + op.weightBytes.value, 0);
  return memories.length > 0 && memories.every((memory) => weights > memory);
}

/** `H800`, `H800 and H20`, `H800, H20 and H200`. */
export const namesOf = (names: readonly string[]): string =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;

/** The last key of a path, as a user knows it. */
export const keyOf = (path: JsonPath): string => String(path.at(-1) ?? '');

/** `18.2% on H800 and H100 and nothing on H20`. */
export const shareList = (
  gains: readonly { readonly target: Accelerator; readonly gain: number }[],
): string => byTarget(gains.map(({ target, gain }) => [target, gain < 0.005 ? 'nothing' : percent(gain)]));

/** Values with the targets that have them, those of equal value together: `0.058 on H800 and H100, 0.041 on H200`. */
export function byTarget(values: readonly (readonly [Accelerator, string])[]): string {
  const groups = new Map<string, string[]>();
  for (const [{ name }, value] of values) groups.set(value, [...(groups.get(value) ?? []), name]);
  return [...groups].map(([value, names]) => `${value} on ${namesOf(names)}`).join(', ');
}
