import { removeKey } from '../../../architecture';
import type { Advice, ModelRule } from '../../rule';

/** Keys that change what is counted in families that read them. */
const TELLING = new Map<string, string>([
  ['moe_intermediate_size', 'experts'],
  ['num_experts_per_tok', 'experts'],
  ['n_shared_experts', 'experts'],
  ['shared_expert_intermediate_size', 'experts'],
  ['first_k_dense_replace', 'experts'],
  ['decoder_sparse_step', 'experts'],
  ['n_group', 'experts'],
  ['topk_group', 'experts'],
  ['q_lora_rank', 'latent attention'],
  ['qk_rope_head_dim', 'latent attention'],
  ['qk_nope_head_dim', 'latent attention'],
  ['sliding_window', 'windows'],
  ['max_window_layers', 'windows'],
  ['num_nextn_predict_layers', 'MTP layers'],
]);

/** Attention over latents, whose keys have dims that turn and dims that don't. */
const LATENT: readonly string[] = ['latent', 'compressed'];

/** Where the family counts experts and no layer has any, another rule speaks. */
const EXPERTS = ['n_routed_experts', 'num_experts', 'num_local_experts', 'moe_num_experts'];

/** Keys of a part that this architecture does not have. */
export const deadKeys: ModelRule = {
  of: 'model',
  code: 'shape/dead-key',
  title: 'Key that changes nothing in this family',
  severity: 'information',
  what: 'Speaks of keys of experts, latent attention, windows and MTP layers that this family’s modelling code never reads, and that are given a value as if they did something.',
  why: 'Loaders keep any key as an attribute. One that no code of the family reads has no effect, however much it would matter in another family: the model stays dense, its attention full.',
  ignoreWhen: 'The key is read by modelling code of your own, or by an engine.',
  source: 'Modelling code of the family, as Decode Lens’ reader follows it.',
  example: { model: 'Qwen3-32B', changes: { moe_intermediate_size: 1536 } },
  check: (subject) => {
    const { text, readKeys, family } = subject;
    const { groups } = subject.architecture;
    const has = new Map([
      [
        'experts',
        EXPERTS.some((key) => readKeys.has(key) && text.has(key)) ||
          groups.some(({ ffn }) => ffn.some(({ kind }) => kind === 'moe')),
      ],
      [
        'latent attention',
        groups.some(({ attention }) => attention.some(({ kind }) => LATENT.includes(kind))),
      ],
    ]);
    return [...TELLING].flatMap(([key, part]): Advice[] => {
      const value = text.config[key];
      // A part that is there may read the key where nothing is counted from it (routing by groups).
      if (readKeys.has(key) || has.get(part) === true || typeof value !== 'number' || value <= 0) return [];
      const path = [...text.path, key];
      return [
        {
          path,
          onKey: true,
          unnecessary: true,
          message: `${family.name} models have no ${part} that would read "${key}": it has no effect.`,
          fixes: [removeKey(path, 'no effect')],
        },
      ];
    });
  },
};
