import { constant, maximum, named, product, quotient, sum, variable, type Expression } from '../architecture';
import { peakFlops, usdPerByte, usdPerFlop, type Accelerator } from '../hardware';
import type { AccountingId, Cost, Precision, ServingOptions } from '../protocol';
import { accountingOf } from './accounting';
import type { Op, OpRole } from './operations';

const MILLION = 1e6;

/** US dollars per 1M decoded tokens, as formulas. */
export interface DollarCost {
  readonly attention: Expression;
  readonly ffn: Expression;
  readonly other: Expression;
  readonly total: Expression;
  readonly attentionBoundBy: 'compute' | 'memory';
}

/** The two unit costs of an accelerator (report, table 5) as inputs of formulas. */
interface UnitCosts {
  readonly flop: (precision: Precision) => Expression;
  readonly byte: Expression;
}

function unitCosts(a: Accelerator): UnitCosts | null {
  const perByte = usdPerByte(a);
  if (perByte === null || a.usdPerHour === null) return null;
  const price = `${a.usdPerHour} USD/h`;
  return {
    byte: variable(`U_byte(${a.name})`, perByte, {
      paths: [],
      note: `${price} / 3600 s / ${a.bandwidth.toExponential(3)} B/s`,
    }),
    flop: (precision) => {
      const peak = peakFlops(a, precision);
      return variable(`U_flop(${a.name}, ${peak.precision})`, usdPerFlop(a, precision) ?? NaN, {
        paths: [],
        note: `${price} / 3600 s / ${peak.flops.toExponential(3)} FLOPS`,
      });
    },
  };
}

/**
 * Theoretical cost of decoding one token (report, section 4.1), per 1M tokens. Null where the accelerator has no price.
 * The core attention pays the larger of compute and memory; GEMMs pay compute, their weights being read once a batch;
 * the embedding row pays its bytes.
 */
export function dollarCost(
  ops: readonly Op[],
  accelerator: Accelerator,
  accounting: AccountingId,
): DollarCost | null {
  const unit = unitCosts(accelerator);
  if (unit === null) return null;
  const ofRole = (role: OpRole) => ops.filter((op) => op.role === role);
  const core = ofRole('attention').map((op, i) => {
    const flops = named(`F_attn${i + 1}`, op.flops);
    const bytes = named(`B_kv${i + 1}`, sum(op.kv.readBytes, op.kv.writeBytes));
    return { compute: product(flops, unit.flop(op.precision)), memory: product(bytes, unit.byte) };
  });
  const compute = sum(...core.map((op) => op.compute));
  const memory = sum(...core.map((op) => op.memory));
  const coreCost =
    accountingOf(accounting).rooflineOver === 'all-attention'
      ? maximum(compute, memory)
      : sum(...core.map((op) => maximum(op.compute, op.memory)));
  const lookups = ofRole('other').filter((op) => op.kind === 'lookup');
  const perMillion = (...terms: Expression[]) => product(MILLION, sum(...terms));
  const attention = perMillion(coreCost, computeCost('F_linear', ofRole('attentionLinear'), unit));
  const ffn = perMillion(computeCost('F_ffn', ofRole('ffn'), unit));
  const other = perMillion(
    computeCost('F_other', ofRole('other'), unit),
    ...lookups.map((op) => product(op.weightBytes, unit.byte)),
  );
  return {
    attention,
    ffn,
    other,
    total: sum(attention, ffn, other),
    attentionBoundBy: compute.value > memory.value ? 'compute' : 'memory',
  };
}

/** The same as plain numbers. */
export const costRow = (target: string, context: number, dollars: DollarCost): Cost => ({
  target,
  context,
  attentionUsdPer1M: dollars.attention.value,
  ffnUsdPer1M: dollars.ffn.value,
  otherUsdPer1M: dollars.other.value,
  totalUsdPer1M: dollars.total.value,
  attentionBoundBy: dollars.attentionBoundBy,
});

/** FLOPs of these ops at the peak of their precision; ops of one precision are summed under one symbol. */
function computeCost(symbol: string, ops: readonly Op[], unit: UnitCosts): Expression {
  const precisions = [...new Set(ops.filter((op) => op.flops.value > 0).map((op) => op.precision))];
  return sum(
    ...precisions.map((precision) => {
      const flops = sum(...ops.filter((op) => op.precision === precision).map((op) => op.flops));
      return product(
        named(precisions.length > 1 ? `${symbol}_${precision}` : symbol, flops),
        unit.flop(precision),
      );
    }),
  );
}

/** Passes over the model that training a token takes, in forward passes: one forward, two backward (report, figure 4). */
const TRAINING_PASSES = 3;

/** Compute cost of training on 1M tokens at 100% MFU (report, figure 4). Null where the accelerator has no price. */
export function trainingDollars(ops: readonly Op[], accelerator: Accelerator): Expression | null {
  const unit = unitCosts(accelerator);
  return unit && product(MILLION, TRAINING_PASSES, computeCost('F_forward', ops, unit));
}

/**
 * Section 5.4: the least share of activated experts at which FFN instances reach their peak before the network is
 * full: H * (FLOPS / bandwidth) * L / (Net * t). t is the combine's share of a pipeline stage: of the 3 bytes a hidden
 * element takes (FP8 dispatch, BF16 combine), the combine's 2, so two thirds of TPOT / stages. A server has as many NICs as accelerators. Null where the accelerator's network is unknown.
 */
export function minimumSparsity(
  hidden: Expression,
  layers: Expression,
  accelerator: Accelerator,
  precision: Precision,
  { tpotMs, pipelineStages, gpusPerServer }: ServingOptions,
): Expression | null {
  if (accelerator.network === null) return null;
  const peak = peakFlops(accelerator, precision);
  const intensity = quotient(
    variable('FLOPS', peak.flops, {
      paths: [],
      note: `${accelerator.name}, ${peak.precision.toUpperCase()}`,
    }),
    variable('bandwidth', accelerator.bandwidth, { paths: [], note: `${accelerator.name}, B/s` }),
  );
  const net = variable('Net', gpusPerServer * accelerator.network, {
    paths: [],
    note: `${gpusPerServer} NICs of ${accelerator.network / 1e9} GB/s`,
  });
  const time = variable('t_net', (tpotMs / 1000 / pipelineStages) * NETWORK_SHARE, {
    paths: [],
    note: `2/3 of TPOT ${tpotMs} ms / ${pipelineStages} stages, in s`,
  });
  return quotient(product(hidden, intensity, layers), product(net, time));
}
const NETWORK_SHARE = 2 / 3;

/** Routed experts a token must activate to reach a sparsity, shared experts counted in. */
export const expertsForSparsity = (sparsity: number, routed: number, shared: number): number =>
  Math.max(0, Math.ceil(sparsity * routed - shared));

/** Routed experts a token may activate before its FFNs take longer than the network that a sparsity fills. */
export const freeExperts = (sparsity: number, routed: number, shared: number): number =>
  Math.max(0, Math.floor(sparsity * routed - shared));

/** FLOPs of the ops of a role, all layers, one decode step. */
export const flopsOf = (ops: readonly Op[], role: OpRole): Expression =>
  sum(...ops.filter((op) => op.role === role).map((op) => op.flops));

/** KV and state bytes moved in one decode step. */
export const kvBytesMoved = (ops: readonly Op[]): Expression =>
  sum(...ops.map((op) => sum(op.kv.readBytes, op.kv.writeBytes)), constant(0));
