/** What is drawn over contexts. */
import type { ModelSweep } from '../../../src/protocol';
import { formatBytes, formatUsd } from '../../format';
import { bytesTick, usdRoundTick } from '../../ticks';

export interface Quantity {
  /** As in `Crossover.quantity`. */
  readonly name: string;
  readonly title: string;
  readonly axis: string;
  /** What the label of its formula begins with. */
  readonly formula: RegExp;
  values(sweep: ModelSweep): readonly number[];
  format(value: number): string;
  tick(value: number): string;
}

export const BYTES: Quantity = {
  name: 'bytes',
  title: 'Bytes of a sequence',
  axis: 'KV cache and states of one sequence',
  formula: /^KV cache of a sequence/i,
  values: (sweep) => sweep.bytesPerSequence,
  format: formatBytes,
  tick: bytesTick,
};

/** Cost on the best AFD pair, or with all on one target. */
export const costOn = (name: string): Quantity => ({
  name,
  title: costTitle(name),
  axis: `${costTitle(name)}, $ per 1M decoded tokens`,
  formula: name === 'afd' ? /^AFD\b/i : new RegExp(`^cost on ${name.replace(/\W/g, '\\$&')} `, 'i'),
  values: (sweep) => (name === 'afd' ? sweep.afdUsdPer1M : (sweep.usdPer1M[name] ?? [])),
  format: formatUsd,
  tick: usdRoundTick,
});

export const costTitle = (name: string): string => (name === 'afd' ? 'AFD cost' : `Cost on ${name}`);
