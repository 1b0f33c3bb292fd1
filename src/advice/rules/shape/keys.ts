import { isObject } from '../../../architecture';
import type { AttentionBlock, FfnBlock, MoeBlock, SoftmaxBlock } from '../../../architecture';
import type { JsonPath } from '../../../protocol';
import type { Stated } from '../../positions';
import type { ConfigSubject, ModelSubject } from '../../subject';

/** The object that describes rotary positions, or one for each kind of layer. */
export interface Rope {
  readonly path: JsonPath;
  readonly value: Readonly<Record<string, unknown>>;
  readonly type: string | null;
}

export function ropes({ text }: ConfigSubject): Rope[] {
  return ['rope_parameters', 'rope_scaling'].flatMap((key) => {
    const value = text.raw(key);
    if (!isObject(value)) return [];
    const path = text.pathOf(key);
    const nested = Object.entries(value).flatMap(([kind, inner]) =>
      isObject(inner) ? [ropeOf([...path, kind], inner)] : [],
    );
    return nested.length > 0 ? nested : [ropeOf(path, value)];
  });
}

function ropeOf(path: JsonPath, value: Readonly<Record<string, unknown>>): Rope {
  const type = value.rope_type ?? value.type;
  return { path, value, type: typeof type === 'string' ? type : null };
}

/** A number in such an object. */
export const inRope = ({ path, value }: Rope, key: string): Stated | null => {
  const number = value[key];
  return typeof number === 'number' && Number.isFinite(number)
    ? { key, value: number, path: [...path, key] }
    : null;
};

export const attentionBlocks = ({ architecture }: ModelSubject): AttentionBlock[] => [
  ...new Set(architecture.groups.flatMap((group) => group.attention)),
];

export const softmaxBlocks = (subject: ModelSubject): SoftmaxBlock[] =>
  attentionBlocks(subject).filter((block) => block.kind === 'softmax');

export const moeBlocks = ({ architecture }: ModelSubject): MoeBlock[] => [
  ...new Set(
    architecture.groups.flatMap((group) =>
      group.ffn.filter((ffn: FfnBlock): ffn is MoeBlock => ffn.kind === 'moe'),
    ),
  ),
];
