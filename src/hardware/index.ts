import { PRECISIONS, type Precision } from '../protocol';
import type { Accelerator } from './accelerator';
import { ACCELERATORS, ALIASES } from './accelerators';

export * from './accelerator';
export { ACCELERATORS } from './accelerators';

const SECONDS_PER_HOUR = 3600;

/** A peak rate and the precision whose units really compute. */
export interface PeakFlops {
  /** Dense FLOPS (INT8: operations per second). */
  readonly flops: number;
  readonly precision: Precision;
}

/**
 * The rate at which an accelerator computes on numbers of a precision. Without a native rate the numbers are widened
 * and BF16 units compute, as the Step-3 report has it (section 4.1): data keep their width in memory.
 */
export function peakFlops(accelerator: Accelerator, precision: Precision): PeakFlops {
  const native = accelerator.peakFlops[precision];
  return native === undefined
    ? { flops: accelerator.peakFlops.bf16, precision: 'bf16' }
    : { flops: native, precision };
}

/** US dollars for one FLOP at the peak of `peakFlops` (table 5 of the Step-3 report); null without a price. */
export function usdPerFlop(accelerator: Accelerator, precision: Precision): number | null {
  return usdPerUnit(accelerator, peakFlops(accelerator, precision).flops);
}

/** US dollars for one byte moved at full memory bandwidth (table 5 of the Step-3 report); null without a price. */
export function usdPerByte(accelerator: Accelerator): number | null {
  return usdPerUnit(accelerator, accelerator.bandwidth);
}

function usdPerUnit(accelerator: Accelerator, unitsPerSecond: number): number | null {
  return accelerator.usdPerHour === null ? null : accelerator.usdPerHour / SECONDS_PER_HOUR / unitsPerSecond;
}

/**
 * FLOPs per byte at which compute and memory bandwidth are both full (table 4 of the Step-3 report): attention of a
 * lower arithmetic intensity is limited by memory.
 */
export function rooflineRatio(accelerator: Accelerator, precision: Precision): number {
  return peakFlops(accelerator, precision).flops / accelerator.bandwidth;
}

/** Lower case, no punctuation, no maker's name: `NVIDIA H100-SXM` becomes `h100sxm`. */
function squeeze(name: string): string {
  return name
    .toLowerCase()
    .replace(/\b(?:nvidia|amd|instinct|huawei|ascend)\b/g, '')
    .replace(/[^a-z0-9]+/g, '');
}

/**
 * The accelerator that a user means: its name as written, then in any case and punctuation, then its full title or a
 * usual other name (`Ascend 910B`, `H100 SXM`).
 */
export function findAccelerator(list: readonly Accelerator[], name: string): Accelerator | undefined {
  const exact = list.find((a) => a.name === name);
  if (exact !== undefined) return exact;
  const key = squeeze(name);
  if (key === '') return undefined;
  const byName = list.find((a) => squeeze(a.name) === key) ?? list.find((a) => squeeze(a.title) === key);
  if (byName !== undefined) return byName;
  const alias = ALIASES.get(key);
  return alias === undefined ? undefined : list.find((a) => a.name === alias);
}

export interface ResolvedAccelerators {
  readonly accelerators: readonly Accelerator[];
  /** One sentence for each setting that was not taken, naming it and what is expected there. */
  readonly problems: readonly string[];
}

/** What a numeric setting may be. The lower bounds catch figures written in TFLOPS, TB/s or GB. */
interface NumberRule {
  readonly minimum: number;
  readonly maximum: number;
  readonly expected: string;
}
const FLOPS: NumberRule = {
  minimum: 1e9,
  maximum: 1e20,
  expected: 'dense FLOPS from 1e9 to 1e20, such as 989e12 for 989 TFLOPS',
};
const BYTES_PER_SECOND: NumberRule = {
  minimum: 1e6,
  maximum: 1e17,
  expected: 'bytes per second from 1e6 to 1e17, such as 3.35e12 for 3.35 TB/s',
};
const MEMORY: NumberRule = {
  minimum: 1e6,
  maximum: 1e17,
  expected: 'bytes from 1e6 to 1e17, such as 80e9 for 80 GB',
};
const PRICE: NumberRule = {
  minimum: 1e-6,
  maximum: 1e6,
  expected: 'US dollars per hour, above 0 and at most 1e6',
};

const OVERRIDE_KEYS = [
  'title',
  'peakFlops',
  'bandwidth',
  'memory',
  'interconnect',
  'network',
  'usdPerHour',
  'source',
  'priceSource',
] as const;
const NAME = /^[A-Za-z0-9][A-Za-z0-9 ._+()/-]{0,63}$/;
const MAX_TEXT = 500;
const MAX_OVERRIDES = 200;
const ROOT = 'accelerators';
const USER = 'user setting';

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A value as it can stand in a problem sentence: short, and safe for any type. */
function shown(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
    case 'number':
    case 'boolean':
      return String(value);
    case 'object':
      return value === null ? 'null' : Array.isArray(value) ? 'an array' : 'an object';
    default:
      return typeof value;
  }
}

/** Reads one override; collects what it can't take. */
class OverrideReader {
  constructor(
    private readonly where: string,
    private readonly fields: Readonly<Record<string, unknown>>,
    private readonly problems: string[],
  ) {}

  number(key: string, rule: NumberRule): number | undefined {
    const value = this.own(key);
    if (value === undefined) return undefined;
    if (typeof value === 'number' && value >= rule.minimum && value <= rule.maximum) return value;
    this.refuse(key, value, rule.expected);
    return undefined;
  }

  numberOrNull(key: string, rule: NumberRule): number | null | undefined {
    return this.own(key) === null
      ? null
      : this.number(key, { ...rule, expected: `${rule.expected}, or null` });
  }

  text(key: string): string | undefined {
    const value = this.own(key);
    if (value === undefined) return undefined;
    if (typeof value === 'string' && value.length <= MAX_TEXT) return value;
    this.refuse(key, value, `a text of at most ${MAX_TEXT} characters`);
    return undefined;
  }

  record(key: string): Readonly<Record<string, unknown>> | undefined {
    const value = this.own(key);
    if (value === undefined || isRecord(value)) return value;
    this.refuse(key, value, 'an object of FLOPS by precision, such as {"bf16": 989e12}');
    return undefined;
  }

  onlyKeys(allowed: readonly string[]): void {
    for (const key of Object.keys(this.fields)) {
      if (allowed.includes(key)) continue;
      this.problems.push(
        `${this.where}.${key.slice(0, 64)}: unknown key, ignored; expected one of ${allowed.join(', ')}.`,
      );
    }
  }

  private own(key: string): unknown {
    return Object.hasOwn(this.fields, key) ? this.fields[key] : undefined;
  }

  private refuse(key: string, value: unknown, expected: string): void {
    this.problems.push(`${this.where}.${key}: expected ${expected}; got ${shown(value)}, ignored.`);
  }
}

/** Native rates after an override; null in the override takes a rate away. */
function mergedPeakFlops(
  base: Accelerator['peakFlops'] | undefined,
  rates: OverrideReader | undefined,
): Accelerator['peakFlops'] | undefined {
  rates?.onlyKeys(PRECISIONS);
  const bf16 = rates?.number('bf16', FLOPS) ?? base?.bf16;
  if (bf16 === undefined) return undefined;
  const merged: Partial<Record<Precision, number>> & { bf16: number } = { bf16 };
  for (const precision of PRECISIONS) {
    if (precision === 'bf16') continue;
    const own = rates?.numberOrNull(precision, FLOPS);
    const flops = own === undefined ? base?.[precision] : own;
    if (typeof flops === 'number') merged[precision] = flops;
  }
  return merged;
}

function overridden(
  name: string,
  base: Accelerator | undefined,
  fields: Readonly<Record<string, unknown>>,
  problems: string[],
): Accelerator | undefined {
  const where = `${ROOT}.${name}`;
  const reader = new OverrideReader(where, fields, problems);
  reader.onlyKeys(OVERRIDE_KEYS);

  const rates = reader.record('peakFlops');
  const peak = mergedPeakFlops(
    base?.peakFlops,
    rates === undefined ? undefined : new OverrideReader(`${where}.peakFlops`, rates, problems),
  );
  const bandwidth = reader.number('bandwidth', BYTES_PER_SECOND) ?? base?.bandwidth;
  const orBase = <T>(own: T | undefined, theirs: T | undefined, otherwise: T): T =>
    own !== undefined ? own : theirs !== undefined ? theirs : otherwise;
  const memory = orBase(reader.numberOrNull('memory', MEMORY), base?.memory, null);
  const interconnect = orBase(
    reader.numberOrNull('interconnect', BYTES_PER_SECOND),
    base?.interconnect,
    null,
  );
  const network = orBase(reader.numberOrNull('network', BYTES_PER_SECOND), base?.network, null);
  const ownPrice = reader.numberOrNull('usdPerHour', PRICE);
  const usdPerHour = orBase(ownPrice, base?.usdPerHour, null);
  const title = reader.text('title') ?? base?.title ?? name;
  const source =
    reader.text('source') ?? (base === undefined ? USER : `${base.source} Changed by the user's settings.`);
  const ownPriceSource = typeof ownPrice === 'number' ? USER : null;
  const priceSource =
    reader.text('priceSource') ?? (ownPrice === undefined ? (base?.priceSource ?? null) : ownPriceSource);

  if (peak === undefined || bandwidth === undefined) {
    const missing = [
      ...(peak === undefined ? ['peakFlops.bf16 (FLOPS)'] : []),
      ...(bandwidth === undefined ? ['bandwidth (bytes per second)'] : []),
    ];
    problems.push(`${where}: left out; a new accelerator needs ${missing.join(' and ')}.`);
    return undefined;
  }
  return {
    name: base?.name ?? name,
    title,
    peakFlops: peak,
    bandwidth,
    memory,
    interconnect,
    network,
    usdPerHour,
    source,
    priceSource,
  };
}

/**
 * The known accelerators (or `base`) with the user's settings merged in: a Record of name to AcceleratorOverride, as read from
 * JSON and therefore unknown. A name that `findAccelerator` knows is overridden in its place, any other is added at
 * the end. Never throws: what can't be used is left out and named in `problems`.
 */
export function resolveAccelerators(
  overrides: unknown,
  base: readonly Accelerator[] = ACCELERATORS,
): ResolvedAccelerators {
  if (overrides === undefined || overrides === null) return { accelerators: base, problems: [] };
  if (!isRecord(overrides)) {
    return {
      accelerators: base,
      problems: [`${ROOT}: expected an object of accelerators by name; got ${shown(overrides)}, ignored.`],
    };
  }
  const accelerators = [...base];
  const problems: string[] = [];
  const entries = Object.entries(overrides);
  if (entries.length > MAX_OVERRIDES) {
    problems.push(
      `${ROOT}: expected at most ${MAX_OVERRIDES} entries; got ${entries.length}, the rest is ignored.`,
    );
  }
  for (const [name, fields] of entries.slice(0, MAX_OVERRIDES)) {
    if (!NAME.test(name) || name in Object.prototype) {
      problems.push(
        `${ROOT}: expected a name of at most 64 letters, digits and spaces or ._+()/- that begins with a letter or digit; got ${shown(name)}, ignored.`,
      );
      continue;
    }
    if (!isRecord(fields)) {
      problems.push(
        `${ROOT}.${name}: expected an object such as {"usdPerHour": 2.6}; got ${shown(fields)}, ignored.`,
      );
      continue;
    }
    const known = findAccelerator(accelerators, name);
    const result = overridden(name, known, fields, problems);
    if (result === undefined) continue;
    if (known === undefined) accelerators.push(result);
    else accelerators[accelerators.indexOf(known)] = result;
  }
  return { accelerators, problems };
}
