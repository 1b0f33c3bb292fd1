import { isObject } from '../architecture';
import type { Finding, JsonPath, KeyChange, ModelAnalysis, NumberChange, VersionDelta } from '../protocol';
import type { AnalyzedConfig } from './analyze';
import { bytes, contextLength, parameters, signedPercent, usd } from './format';

/** How a config stands against an earlier version of it. Both are to be analysed under the same settings. */
export function compareVersions(earlier: AnalyzedConfig, later: AnalyzedConfig): VersionDelta {
  const [before, after] = [earlier.analysis, later.analysis];
  const change = (of: (model: ModelAnalysis) => number | null | undefined): NumberChange => ({
    before: of(before) ?? null,
    after: of(after) ?? null,
  });
  const { options } = after;
  return {
    before: before.file,
    after: after.file,
    options,
    kvBytesPerToken: change(({ kv }) => kv?.bytesPerToken),
    stateBytesPerSequence: change(({ kv }) => kv?.stateBytesPerSequence),
    kvBytesAtContext: options.contexts.map((context) => ({
      context,
      ...change(({ kv }) => kv?.atContext.find((at) => at.context === context)?.bytes),
    })),
    totalParameters: change((model) => model.parameters?.total),
    activatedParameters: change((model) => model.parameters?.activated),
    effectiveRank: change(({ attention }) => attention?.effectiveRank),
    arithmeticIntensity: change(({ attention }) => attention?.arithmeticIntensity),
    usdPer1M: options.targets.flatMap((target) =>
      options.contexts.map((context) => ({
        target,
        context,
        ...change(
          ({ cost }) => cost.find((c) => c.target === target && c.context === context)?.totalUsdPer1M,
        ),
      })),
    ),
    findings: {
      added: without(after.findings, before.findings),
      gone: without(before.findings, after.findings),
    },
    keys: changedKeys(earlier.config.value, later.config.value),
  };
}

/** Findings that the other version lacks. Messages hold numbers, which change: code and place tell which one is meant. */
function without(findings: readonly Finding[], others: readonly Finding[]): Finding[] {
  const identity = ({ code, path }: Finding) => JSON.stringify([code, path]);
  const left = new Map<string, number>();
  for (const other of others) left.set(identity(other), (left.get(identity(other)) ?? 0) + 1);
  return findings.filter((finding) => {
    const count = left.get(identity(finding)) ?? 0;
    left.set(identity(finding), count - 1);
    return count <= 0;
  });
}

/** Keys whose values differ, in the later file's order, those that are gone last within their object. */
export function changedKeys(before: unknown, after: unknown, path: JsonPath = []): KeyChange[] {
  if (!isObject(before) || !isObject(after)) return equal(before, after) ? [] : [{ path, before, after }];
  return [
    ...Object.keys(after).flatMap((key): KeyChange[] =>
      Object.hasOwn(before, key)
        ? changedKeys(before[key], after[key], [...path, key])
        : [{ path: [...path, key], after: after[key] }],
    ),
    ...Object.keys(before)
      .filter((key) => !Object.hasOwn(after, key))
      .map((key): KeyChange => ({ path: [...path, key], before: before[key] })),
  ];
}

/** Same JSON values; the order of an object's keys means nothing. */
function equal(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item, i) => equal(item, b[i]));
  if (isObject(a) && isObject(b)) return changedKeys(a, b).length === 0;
  return Object.is(a, b) || a === b;
}

/** By how much a number changed, `-50%`; null where a version lacks it or nothing changed. */
export function relativeChange({ before, after }: NumberChange): string | null {
  if (before === null || after === null || before === after) return null;
  return before === 0 ? 'new' : signedPercent(after / before - 1);
}

/**
 * The change in one line, for a lens: KV cache, parameters, and cost on the first target at the first context, each only
 * where it changed. Null where none did.
 */
export function versionHeadline(delta: VersionDelta): string | null {
  const [cost] = delta.usdPer1M;
  const parts = [
    headlinePart('KV', delta.kvBytesPerToken, bytes),
    headlinePart('parameters', delta.totalParameters, parameters),
    headlinePart('activated', delta.activatedParameters, parameters),
    cost
      ? headlinePart(`$/1M on ${cost.target} at ${contextLength(cost.context)}`, cost, (value) => usd(value))
      : null,
  ].filter((part) => part !== null);
  return parts.length > 0 ? parts.join(', ') : null;
}

function headlinePart(label: string, change: NumberChange, show: (value: number) => string): string | null {
  const relative = relativeChange(change);
  if (relative === null || change.before === null || change.after === null) return null;
  return `${label} ${show(change.before)} → ${show(change.after)} (${relative})`;
}
