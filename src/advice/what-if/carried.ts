import { samePath } from '../../architecture';
import type { ConfigEdit } from '../../protocol';
import type { ModelSubject } from '../subject';
import { layerListEdits } from './layer-lists';
import type { CostField } from './sizes';

/**
 * Edits that a change of a field needs besides its own, the ways to try in order: lists of layers that fit the count, KV
 * heads that stay as many as query heads, a head dim written out so that it stays. None where nothing has to follow.
 */
export function carriedEdits(subject: ModelSubject, field: CostField, to: number): readonly ConfigEdit[][] {
  switch (field.role) {
    case 'layers': {
      return [false, true].flatMap((nested) => {
        const edits = layerListEdits(subject, to, nested);
        return edits ? [edits] : [];
      });
    }
    case 'hidden':
      return keptHeadDim(subject, field, []);
    case 'queryHeads':
      return keptHeadDim(subject, field, kvHeadsAlong(field, to));
    default:
      return [[]];
  }
}

/** With `head_dim` written out where it was worked out from the field; else as the family works it out. */
function keptHeadDim(subject: ModelSubject, field: CostField, others: ConfigEdit[]): ConfigEdit[][] {
  const derived = field.sizes.find((size) => size.role === 'headDim');
  // Some families have no such key; other spellings (GGUF's, Megatron's) have another.
  const isUsual = ['hidden_size', 'num_attention_heads'].includes(String(field.path.at(-1)));
  if (!derived || !isUsual || !subject.readKeys.has('head_dim')) return [others];
  return [[...others, { path: [...field.path.slice(0, -1), 'head_dim'], value: derived.value }], others];
}

/** Attention with a KV head for each query head keeps one for each. */
function kvHeadsAlong({ sizes, path, value }: CostField, to: number): ConfigEdit[] {
  const paths = sizes.flatMap(({ block }) =>
    block?.kind === 'softmax' && block.kvHeads === value ? (block.origins.kvHeads?.paths ?? []) : [],
  );
  const [other] = paths.filter((p) => !samePath(p, path));
  return other ? [{ path: other, value: to }] : [];
}
