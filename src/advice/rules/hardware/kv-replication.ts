import { placementOf, sequencePerGpu } from '../../../cost';
import { bytes, contextLength } from '../../format';
import type { Advice, ModelRule } from '../../rule';
import type { ModelSubject } from '../../subject';

/** The attention whose cache has the fewest parts to share out: it is copied most. */
function fewest(
  subject: ModelSubject,
): { readonly heads: number; readonly advice: Pick<Advice, 'path'>; readonly isLatent: boolean } | null {
  let found: ReturnType<typeof fewest> = null;
  for (const { attention } of subject.architecture.groups)
    for (const block of attention) {
      if (block.kind === 'recurrent' || (block.kind === 'softmax' && block.cache !== 'own')) continue;
      const heads = block.kind === 'softmax' ? block.kvHeads : 1;
      if (found && found.heads <= heads) continue;
      const origin =
        block.kind === 'softmax'
          ? block.origins.kvHeads
          : block.kind === 'latent'
            ? block.origins.kvRank
            : block.origins.headDim;
      found = {
        heads,
        advice: { path: origin?.paths[0] ?? subject.textPath },
        isLatent: block.kind !== 'softmax',
      };
    }
  return found;
}

function check(subject: ModelSubject): readonly Advice[] {
  const { serving, contexts } = subject.context.options;
  const { tensorParallel: degree } = serving;
  if (degree === null) return [];
  const cache = fewest(subject);
  if (!cache || cache.heads >= degree) return [];
  const { heads, isLatent, advice } = cache;
  const context = Math.max(1, ...contexts);
  const ops = subject.opsAt(context);
  const held = sequencePerGpu(ops, placementOf(serving)).value;
  const share = sequencePerGpu(ops, { ...placementOf(serving), isConfigured: false }).value;
  if (!(held > share)) return [];
  const what = isLatent
    ? 'The latent KV is one head and lies on every GPU'
    : heads === 1
      ? 'The one KV head lies on every GPU'
      : `${heads} KV heads are copied ${Number((degree / heads).toPrecision(3))} times`;
  const remedy =
    heads > 1
      ? `TP ${heads} with data-parallel attention`
      : 'data-parallel attention, each GPU with its own sequences,';
  return [
    {
      ...advice,
      // Of latents and single heads everybody knows; the other accelerators' heads are a choice.
      ...(heads === 1 ? { severity: 'information' as const } : {}),
      message: `${what} at TP ${degree}: a sequence of ${contextLength(context)} takes ${bytes(held)} on each instead of ${bytes(share)}, so ${Number((held / share).toPrecision(3))} times fewer sequences fit beside the weights; ${remedy} holds each sequence once.`,
    },
  ];
}

export const kvReplication: ModelRule = {
  of: 'model',
  code: 'hardware/kv-replication',
  title: 'KV cache copied by tensor parallelism',
  severity: 'warning',
  what: 'Speaks where the configured tensor parallelism exceeds the KV heads, so that several accelerators hold the same ones. MLA’s latent, a compressed one and the single head of MQA and MFA lie on all of them: of these it only informs. Silent without a configured degree.',
  why: 'Tensor parallelism divides the KV cache by heads. With n_kv of them every accelerator holds 1 / min(n_kv, TP) of a sequence, where 1 / TP would be its share: TP / n_kv times the memory, and as many times the KV bytes read a token over all accelerators.',
  ignoreWhen:
    'Memory is no limit at the batches that are served, or attention runs data-parallel and only FFNs are divided (set tensorParallel to what divides attention).',
  source:
    'ModelConfig.get_num_kv_heads of vLLM (at least one head an accelerator); SGLang’s and DeepSeek’s data-parallel attention (DeepSeek-V3 report, section 3.4).',
  example: { model: 'Qwen3-32B', changes: { num_key_value_heads: 4 }, serving: { tensorParallel: 8 } },
  check,
};
