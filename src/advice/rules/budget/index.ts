import { modelWeights, product } from '../../../architecture';
import { dollarCost, kvBytesPerToken } from '../../../cost';
import { findAccelerator } from '../../../hardware';
import type { Budget } from '../../budgets';
import { bytes, contextLength, parameters, usd } from '../../format';
import type { Advice, ModelRule } from '../../rule';
import type { ModelSubject } from '../../subject';
import type { Part } from './driver';
import { brokenBudget } from './broken';

const MODULES_APART = ['mtp', 'vision', 'audio'];

const kvParts = (subject: ModelSubject): Part[] =>
  firstOps(subject).map(({ kv }) => ({ value: kv.bytesPerToken.value, of: kv.bytesPerToken }));

/** What one more token takes depends on no context. */
const firstOps = (subject: ModelSubject) => subject.opsAt(subject.context.options.contexts[0] ?? 1);

const weightParts = ({ architecture }: ModelSubject, which: 'copies' | 'activated'): Part[] =>
  modelWeights(architecture)
    .filter((w) => !MODULES_APART.includes(w.module) && !(which === 'activated' && w.tensor.reused === true))
    .map((w) => {
      const of = product(w.elements, w[which]);
      return { value: of.value, of };
    });

const total = (parts: readonly Part[]): number => parts.reduce((sum, part) => sum + part.value, 0);

/** One rule for each number that may have a limit. */
const limitRule = (
  texts: Omit<ModelRule, 'of' | 'check' | 'severity' | 'why' | 'ignoreWhen' | 'source'>,
  check: (subject: ModelSubject, budget: Budget) => readonly (Advice | null)[],
): ModelRule => ({
  ...texts,
  of: 'model',
  severity: 'error',
  why: 'A budget is a decision that a team wrote down: what a deployment holds, what a training run can afford, what a price must cover. The number is computed from the config alone, so it can be checked before anything is trained.',
  ignoreWhen:
    'The budget no longer holds or does not concern this config: then change it, or its `files`, in `decode-lens.json`, where everybody sees it.',
  source: 'The `budgets` of `decode-lens.json`.',
  check: (subject) =>
    subject.context.budgets.flatMap((budget) => check(subject, budget).filter((advice) => advice !== null)),
});

export const budgetRules: readonly ModelRule[] = [
  limitRule(
    {
      code: 'budget/kv-bytes-per-token',
      title: 'KV cache per token over budget',
      what: 'Speaks where one token takes more bytes of KV cache, over all layers and at the KV precision, than `kvBytesPerToken` of a budget allows. It stands on the key that most of the cache depends on, such as `num_key_value_heads` or `kv_lora_rank`.',
      example: { model: 'Qwen3-32B', changes: {}, firesUnchanged: true, budget: { kvBytesPerToken: 100e3 } },
    },
    (subject, budget) => [
      brokenBudget(subject, budget.source, {
        what: 'The KV cache per token',
        limit: budget.kvBytesPerToken,
        show: bytes,
        valueOf: (model) => kvBytesPerToken(firstOps(model)).value,
        partsOf: kvParts,
      }),
    ],
  ),
  limitRule(
    {
      code: 'budget/total-parameters',
      title: 'Parameters over budget',
      what: 'Speaks where the language model, without MTP layers and towers, has more parameters than `totalParameters` of a budget allows. It stands on the key that most of them depend on, such as the number of routed experts.',
      example: {
        model: 'DeepSeek-V3',
        changes: {},
        firesUnchanged: true,
        budget: { totalParameters: 600e9 },
      },
    },
    (subject, budget) => [
      brokenBudget(subject, budget.source, {
        what: 'The parameter count',
        limit: budget.totalParameters,
        show: parameters,
        valueOf: (model) => total(weightParts(model, 'copies')),
        partsOf: (model) => weightParts(model, 'copies'),
      }),
    ],
  ),
  limitRule(
    {
      code: 'budget/activated-parameters',
      title: 'Activated parameters over budget',
      what: 'Speaks where one decoded token is multiplied with more parameters than `activatedParameters` of a budget allows. It stands on the key that most of them depend on, such as the width of an expert.',
      example: {
        model: 'DeepSeek-V3',
        changes: {},
        firesUnchanged: true,
        budget: { activatedParameters: 35e9 },
      },
    },
    (subject, budget) => [
      brokenBudget(subject, budget.source, {
        what: 'The count of parameters that one token activates',
        limit: budget.activatedParameters,
        show: parameters,
        valueOf: (model) => total(weightParts(model, 'activated')),
        partsOf: (model) => weightParts(model, 'activated'),
      }),
    ],
  ),
  limitRule(
    {
      code: 'budget/usd-per-1m',
      title: 'Decode cost over budget',
      what: 'Speaks where 1M decoded tokens cost more on a target at a context, in theory and at full utilisation, than an entry of `usdPer1M` of a budget allows. It stands on the key that most of the cost depends on. A target without a price is passed over.',
      example: {
        model: 'Qwen3-32B',
        changes: {},
        firesUnchanged: true,
        budget: { usdPer1M: [{ target: 'H800', context: 32768, atMost: 0.2 }] },
      },
    },
    (subject, budget) =>
      (budget.usdPer1M ?? []).map(({ target, context, atMost }) => {
        const accelerator = findAccelerator(subject.context.accelerators, target);
        if (!accelerator) return null;
        return brokenBudget(subject, budget.source, {
          what: `The cost of 1M tokens on ${accelerator.name} at ${contextLength(context)}`,
          limit: atMost,
          show: (value) => `$${usd(value)}`,
          valueOf: (model) => model.costOn(accelerator, context)?.total.value ?? null,
          partsOf: (model) =>
            model.opsAt(context).flatMap((op) => {
              const of = dollarCost([op], accelerator, model.context.options.accounting)?.total;
              return of ? [{ value: of.value, of }] : [];
            }),
        });
      }),
  ),
];
