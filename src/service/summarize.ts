import {
  activatedElements,
  countParameters,
  formulaInputs,
  formulaText,
  languageWeights,
  parameterBreakdown,
  storedElements,
  weightsSummary,
  type Architecture,
  type Expression,
} from '../architecture';
import {
  arithmeticIntensity,
  attentionSummary,
  bestAfdPair,
  costRow,
  decodeOps,
  dollarCost,
  flopsOf,
  kvBytesHeld,
  kvBytesMoved,
  kvBytesPerToken,
  kvBytesReserved,
  largestBatch,
  leastSparsity,
  mainExperts,
  modelRank,
  moeSummary,
  notesFor,
  placementOf,
  sparsity,
  stateBytes,
  trainingDollars,
  unboundedKvBytesPerToken,
  weightMemory,
  type DollarCost,
  type Op,
} from '../cost';
import type {
  AfdCost,
  CheckpointSummary,
  Cost,
  Finding,
  Formula,
  FormulaInput,
  MemoryFit,
  ModelAnalysis,
  PerToken,
  TrainingCost,
} from '../protocol';
import { contextLength } from './format';
import { targetsOf, type ServiceSettings } from './settings';

/** The context at which the report compares training with decoding (figure 4). */
const TRAINING_CONTEXT = 8192;

/**
 * Formulas are written out only when somebody reads them: on most keystrokes nobody does. A class, so that all share
 * their getters (see ReadArchitecture).
 */
class WrittenFormula implements Formula {
  readonly result: number;
  /** Kept once made: a panel asks for all models whenever one of them changes. */
  private plain: Formula | null = null;

  constructor(
    readonly label: string,
    private readonly of: Expression,
    readonly unit: string,
    readonly source: string,
  ) {
    this.result = of.value;
  }

  get expression(): string {
    return formulaText(this.of);
  }

  get inputs(): readonly FormulaInput[] {
    return formulaInputs(this.of);
  }

  /** Plain data, for JSON and messages. */
  toJSON(): Formula {
    this.plain ??= this.write();
    return this.plain;
  }

  private write(): Formula {
    const { label, expression, inputs, result, unit, source } = this;
    return { label, expression, inputs, result, unit, source };
  }
}

class Formulas {
  readonly list: Formula[] = [];

  add(label: string, expression: Expression, unit: string, source: string): void {
    this.list.push(new WrittenFormula(label, expression, unit, source));
  }
}

/** Everything that is reported of a model: folds over its weights and operations, each with its formula. */
export function summarize(
  architecture: Architecture,
  opsByContext: ReadonlyMap<number, readonly Op[]>,
  { file, name }: { readonly file: string; readonly name: string },
  findings: readonly Finding[],
  checkpoint: CheckpointSummary | null,
  settings: ServiceSettings,
): ModelAnalysis {
  const { options } = settings;
  const targets = targetsOf(settings);
  const [firstOps = []] = opsByContext.values();
  const formulas = new Formulas();
  explainModel(formulas, architecture, firstOps, settings);

  const perToken: PerToken[] = [];
  const cost: Cost[] = [];
  const afdCost: AfdCost[] = [];
  for (const [context, ops] of opsByContext) {
    perToken.push(perTokenAt(context, ops));
    explainContext(formulas, context, ops);
    const costs = new Map<string, DollarCost>();
    for (const target of targets) {
      const dollars = dollarCost(ops, target, options.accounting);
      if (dollars === null) continue;
      costs.set(target.name, dollars);
      cost.push(costRow(target.name, context, dollars));
      formulas.add(
        `Cost on ${target.name} at ${contextLength(context)}`,
        dollars.total,
        'USD per 1M tokens',
        `Step-3 report, section 4.1; price: ${target.priceSource ?? 'settings'}`,
      );
    }
    const afd = bestAfdPair(costs, context);
    if (!afd) continue;
    afdCost.push(afd.pair);
    formulas.add(
      `AFD cost at ${contextLength(context)}`,
      afd.total,
      'USD per 1M tokens',
      'Step-3 report, section 4.1: the cheapest target for attention and for FFN',
    );
  }

  const memory = memoryFits(formulas, architecture, opsByContext, settings);

  const trainingOps =
    opsByContext.get(TRAINING_CONTEXT) ??
    decodeOps(architecture, options, { batch: 1, context: TRAINING_CONTEXT });
  const trainingCost = targets.flatMap((target): TrainingCost[] => {
    const dollars = trainingDollars(trainingOps, target);
    if (!dollars) return [];
    formulas.add(
      `Training cost on ${target.name}`,
      dollars,
      'USD per 1M tokens',
      `Step-3 report, figure 4: 3 times the FLOPs of a decoded token at ${contextLength(TRAINING_CONTEXT)} context, at 100% MFU; price: ${target.priceSource ?? 'settings'}`,
    );
    return [{ target: target.name, context: TRAINING_CONTEXT, usdPer1M: dollars.value }];
  });
  return {
    file,
    model: {
      name: architecture.statedName ?? name,
      family: architecture.family,
      modelType: architecture.modelType,
      matchedBy: architecture.matchedBy,
    },
    options,
    parameters: countParameters(architecture),
    breakdown: parameterBreakdown(architecture),
    weights: weightsSummary(architecture),
    checkpoint,
    kv: {
      bytesPerToken: kvBytesPerToken(firstOps).value,
      unboundedBytesPerToken: unboundedKvBytesPerToken(firstOps).value,
      stateBytesPerSequence: stateBytes(firstOps).value,
      atContext: [...opsByContext].map(([context, ops]) => ({
        context,
        bytes: kvBytesHeld(ops).value,
        reservedBytes: kvBytesReserved(ops).value,
      })),
    },
    memory,
    perToken,
    cost,
    afdCost,
    trainingCost,
    attention: attentionSummary(architecture, firstOps),
    moe: moeSummary(architecture, targets, options),
    formulas: formulas.list,
    accountingNotes: notesFor(architecture, options.accounting),
    findings,
  };
}

const perTokenAt = (context: number, ops: readonly Op[]): PerToken => ({
  context,
  kvBytes: kvBytesMoved(ops).value,
  attentionFlops: flopsOf(ops, 'attention').value,
  attentionLinearFlops: flopsOf(ops, 'attentionLinear').value,
  ffnFlops: flopsOf(ops, 'ffn').value,
  otherFlops: flopsOf(ops, 'other').value,
});

/** What fits on each target at each context. */
function memoryFits(
  formulas: Formulas,
  architecture: Architecture,
  opsByContext: ReadonlyMap<number, readonly Op[]>,
  settings: ServiceSettings,
): MemoryFit[] {
  const weights = weightMemory(architecture, settings.options.precision);
  const placement = placementOf(settings.options.serving);
  return [...opsByContext].flatMap(([context, ops]) =>
    targetsOf(settings).flatMap((target): MemoryFit[] => {
      const fit = largestBatch(weights, ops, target, placement);
      if (!fit) return [];
      if (fit.weightsBytes <= fit.usableBytes)
        formulas.add(
          `Sequences that fit on ${target.name} at ${contextLength(context)}`,
          fit.sequencesPerGroup,
          placement.tensorParallel === placement.gpus
            ? 'sequences'
            : `sequences in each of ${placement.gpus / placement.tensorParallel} tensor-parallel groups`,
          'what weights leave of 0.9 of the memory (vLLM’s gpu_memory_utilization), over a sequence’s KV in whole blocks and states',
        );
      return [
        {
          target: target.name,
          context,
          gpus: placement.gpus,
          usableBytes: fit.usableBytes,
          weightsBytes: fit.weightsBytes,
          weightsFormat: weights.format,
          kvBytesPerSequence: fit.sequenceBytes,
          largestBatch: fit.largestBatch,
        },
      ];
    }),
  );
}

/** What no context changes. The symbols in brackets stand in the formulas of costs. */
function explainModel(
  formulas: Formulas,
  architecture: Architecture,
  ops: readonly Op[],
  settings: ServiceSettings,
): void {
  const weights = languageWeights(architecture);
  formulas.add(
    'Parameters',
    storedElements(weights),
    'elements',
    'every weight of the modelling code, without MTP layers and vision tower',
  );
  formulas.add(
    'Activated parameters',
    activatedElements(weights),
    'elements',
    'weights a decoded token is multiplied with; no embedding table',
  );
  formulas.add(
    'KV cache per token',
    kvBytesPerToken(ops),
    'bytes',
    'K and V, of MLA the latent and the rotary key, in every layer that caches them',
  );
  const state = stateBytes(ops);
  if (state.value > 0)
    formulas.add('State per sequence', state, 'bytes', 'FP32 matrix state of every linear-attention layer');
  formulas.add(
    'Attention linear FLOPs per token (F_linear)',
    flopsOf(ops, 'attentionLinear'),
    'FLOPs',
    '2 FLOPs per weight of the q, k, v, o projections',
  );
  formulas.add('FFN FLOPs per token (F_ffn)', flopsOf(ops, 'ffn'), 'FLOPs', '2 FLOPs per activated weight');
  formulas.add(
    'Other FLOPs per token (F_other)',
    flopsOf(ops, 'other'),
    'FLOPs',
    'routers and LM head, 2 FLOPs per weight',
  );
  formulas.add(
    'Arithmetic intensity of attention',
    arithmeticIntensity(ops),
    'FLOPs per byte',
    'Step-3 report, section 4.2: FLOPs per byte of KV cache and states read',
  );
  formulas.add(
    'Effective rank of attention',
    modelRank(architecture),
    'dimensions',
    'Step-3 report, section 4.2; MFA paper, arXiv:2412.19255: query heads times the rank of one head’s QK^T form',
  );
  const experts = mainExperts(architecture);
  if (!experts) return;
  formulas.add(
    'MoE sparsity',
    sparsity(experts),
    'activated experts per routed expert',
    'Step-3 report, section 5.4: shared experts count as activated ones',
  );
  for (const target of targetsOf(settings)) {
    const least = leastSparsity(architecture, experts, target, settings.options);
    if (least)
      formulas.add(
        `Minimum MoE sparsity on ${target.name}`,
        least,
        'activated experts per routed expert',
        'Step-3 report, section 5.4 and table 7',
      );
  }
}

function explainContext(formulas: Formulas, context: number, ops: readonly Op[]): void {
  const at = `at ${contextLength(context)}`;
  formulas.add(
    `KV and state bytes moved per token ${at} (sum of B_kv)`,
    kvBytesMoved(ops),
    'bytes',
    'Step-3 report, tables 2 and 3',
  );
  formulas.add(`KV cache of a sequence ${at}`, kvBytesHeld(ops), 'bytes', 'windows and chunks capped');
  formulas.add(
    `KV cache of a sequence ${at} as a paged engine reserves it`,
    kvBytesReserved(ops),
    'bytes',
    'whole blocks of b_block tokens; a window lies in one block more than it fills',
  );
  formulas.add(
    `Attention FLOPs per token ${at} (sum of F_attn)`,
    flopsOf(ops, 'attention'),
    'FLOPs',
    'Step-3 report, tables 2 and 3',
  );
}
