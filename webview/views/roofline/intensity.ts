/** Operations and accelerators on a roofline: intensities, roofs and what is bound by what. Pure. */
import type { AcceleratorChoice, ModulePartName, Precision, RooflineOperation } from '../../../src/protocol';

export type Bound = 'compute' | 'memory';

/** FLOPs a byte, from which on an accelerator has bandwidth to spare. */
export const ridgeOf = ({ flops, bandwidth }: AcceleratorChoice, precision: Precision): number =>
  flops[precision] / bandwidth;

export const boundBy = (intensity: number, ridge: number): Bound =>
  intensity < ridge ? 'memory' : 'compute';

/** FLOPS that an accelerator reaches at an intensity: its roof. */
export const attainable = (accelerator: AcceleratorChoice, precision: Precision, intensity: number): number =>
  Math.min(accelerator.flops[precision], intensity * accelerator.bandwidth);

export interface RooflinePoint {
  readonly x: number;
  readonly y: number;
  readonly module: ModulePartName;
  readonly operations: readonly RooflineOperation[];
}

export const intensityOf = ({ flops, bytes }: { readonly flops: number; readonly bytes: number }): number =>
  flops / bytes;

/** GEMMs of one batch and precision have one intensity: operations of a part that fall together are one point. */
export function pointsOf(
  operations: readonly RooflineOperation[],
  accelerator: AcceleratorChoice,
): RooflinePoint[] {
  const points = new Map<string, RooflinePoint>();
  for (const operation of operations) {
    const x = intensityOf(operation);
    if (!Number.isFinite(x) || x <= 0) continue;
    const { module, precision } = operation;
    const key = [module, precision, x.toPrecision(3)].join();
    const before = points.get(key);
    points.set(
      key,
      before
        ? { ...before, operations: [...before.operations, operation] }
        : { x, y: attainable(accelerator, precision, x), module, operations: [operation] },
    );
  }
  return [...points.values()];
}

export interface Slope {
  readonly names: readonly string[];
  /** FLOPs a byte. */
  readonly ridge: number;
}

/** Accelerators with the same slope are one line, steepest first. */
export function slopesOf(accelerators: readonly AcceleratorChoice[], precision: Precision): Slope[] {
  const slopes = new Map<string, Slope>();
  for (const accelerator of accelerators) {
    const ridge = ridgeOf(accelerator, precision);
    const key = ridge.toPrecision(3);
    const before = slopes.get(key);
    slopes.set(key, { ridge: before?.ridge ?? ridge, names: [...(before?.names ?? []), accelerator.name] });
  }
  return [...slopes.values()].sort((a, b) => b.ridge - a.ridge);
}

/** The part of `y = ridge * x` inside a box. */
export function slopeInside(
  ridge: number,
  [left, right]: readonly [number, number],
  [bottom, top]: readonly [number, number],
): readonly { readonly x: number; readonly y: number }[] {
  const from = Math.max(left, bottom / ridge);
  const to = Math.min(right, top / ridge);
  return to > from ? [from, to].map((x) => ({ x, y: x * ridge })) : [];
}
