import { nearest, replace } from '../../../architecture';
import type { Advice, ModelRule } from '../../rule';
import { stated } from '../../positions';
import { moeBlocks } from './keys';

/** Names of the number of expert groups, and of how many of them a token may reach. */
const GROUPS = ['n_group', 'num_expert_group', 'n_expert_groups'];
const LIMITS = ['topk_group', 'n_limited_groups'];

/** Group-limited routing (DeepSeek-V2 report, section 2.1.2). */
export const expertGroups: ModelRule = {
  of: 'model',
  code: 'shape/expert-groups',
  title: 'Expert groups do not work out',
  severity: 'error',
  what: 'Looks at routing limited to groups of experts: the groups must divide the routed experts, no more groups can be chosen than there are, and the chosen ones must hold as many experts as a token is routed to.',
  why: 'The router views its scores as groups by experts of a group and chooses the best groups before it chooses experts. Groups that do not divide the experts, or fewer groups than are to be chosen, fail in the modelling code; too few experts in the chosen groups send tokens to experts whose scores were masked.',
  ignoreWhen: 'The topk method ignores groups (`greedy`).',
  source: 'DeepSeek-V2 report (arXiv:2405.04434), section 2.1.2; `DeepseekV3TopkRouter` in transformers.',
  example: { model: 'DeepSeek-V3', changes: { n_group: 7 } },
  check: (subject) => {
    const { text } = subject;
    const [moe] = moeBlocks(subject);
    const groups = stated(text, GROUPS);
    if (!moe || !groups || groups.value <= 1 || text.raw('topk_method') === 'greedy') return [];
    const { experts, topK } = moe;
    if (experts % groups.value !== 0)
      return [
        {
          path: groups.path,
          message: `${experts} routed experts can't be parted evenly into ${groups.value} groups (${groups.key}): the number of groups must divide them.`,
          fixes: nearest(groups.value, (n) => n > 1 && experts % n === 0, experts).map((to) =>
            replace({ path: groups.path, from: groups.value, to, because: `divides ${experts}` }),
          ),
        },
      ];
    const limit = stated(text, LIMITS);
    if (!limit || limit.value < 1) return [];
    const size = experts / groups.value;
    if (limit.value > groups.value)
      return [
        {
          path: limit.path,
          message: `${limit.value} groups (${limit.key}) can't be chosen of ${groups.value} (${groups.key}): ${groups.value} would mean no limit.`,
          fixes: [replace({ path: limit.path, from: limit.value, to: groups.value, because: 'all groups' })],
        },
      ];
    if (limit.value * size >= topK) return [];
    const least = Math.ceil(topK / size);
    return [
      {
        path: limit.path,
        severity: 'warning',
        message: `${limit.value} of ${groups.value} groups hold ${limit.value * size} experts, and a token is routed to ${topK}: at least ${least} groups must be chosen.`,
        fixes: [
          replace({ path: limit.path, from: limit.value, to: least, because: `${least * size} experts` }),
        ],
      },
    ];
  },
};

/** Experts that are described and never built. */
export const denseLayers: ModelRule = {
  of: 'model',
  code: 'shape/no-expert-layers',
  title: 'No layer has experts',
  severity: 'warning',
  what: 'Speaks where a number of routed experts is given and all layers turn out dense, because `first_k_dense_replace`, `moe_layer_freq`, `decoder_sparse_step` or a list of layers leaves none for them.',
  why: 'The model is built dense without a word: experts that the config describes take no part, and parameters and cost are those of the dense layers.',
  ignoreWhen: 'The model is a dense sibling that keeps the MoE’s keys for one modelling file.',
  source: 'Modelling code of DeepSeek-V3 and Qwen3-MoE in transformers.',
  example: { model: 'DeepSeek-V3', changes: { first_k_dense_replace: 61 } },
  check: (subject): Advice[] => {
    const { text, architecture } = subject;
    const experts = stated(text, ['n_routed_experts', 'num_experts', 'num_local_experts', 'moe_num_experts']);
    if (!experts || experts.value <= 1 || moeBlocks(subject).length > 0) return [];
    const { layers } = architecture.model;
    const cause = [
      stated(text, ['first_k_dense_replace']),
      stated(text, ['moe_layer_freq', 'decoder_sparse_step']),
    ].find((key) => key !== null && key.value >= layers);
    return [
      {
        path: cause?.path ?? experts.path,
        message: cause
          ? `${cause.key} ${cause.value} leaves none of the ${layers} layers to the ${experts.value} experts: the model is dense.`
          : `${experts.value} experts (${experts.key}) are described, and none of the ${layers} layers has any: the model is dense.`,
      },
    ];
  },
};
