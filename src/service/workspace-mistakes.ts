import { isObject } from '../architecture';
import { findAccelerator, resolveAccelerators, type Accelerator } from '../hardware';
import type { JsonPath, Severity } from '../protocol';
import { didYouMean } from './did-you-mean';
import { workspaceViolations } from './schema-problems';
import { readSettings, type ServiceSettings } from './settings';
import { silenceableNames } from './silence';

/** What is wrong with an entry of a workspace file. */
export interface WorkspaceMistake {
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  readonly path: JsonPath;
  readonly onKey?: true;
}

/** Where a workspace file does not have the form that its schema states. */
export const formMistakes = (value: unknown): WorkspaceMistake[] =>
  workspaceViolations(value)
    // Of accelerators `resolveAccelerators` says more.
    .filter(({ path }) => path[0] !== 'accelerators')
    .map((violation) =>
      violation.code === 'schema/unknown-key'
        ? { ...violation, severity: 'warning', onKey: true }
        : { ...violation, severity: 'error' },
    );

/** What is left of a workspace file without the values that its schema refuses; in lists null stands for them. */
export function usableParts(
  value: unknown,
  mistakes: readonly WorkspaceMistake[],
): Readonly<Record<string, unknown>> {
  const refused = new Set(mistakes.map(({ path }) => JSON.stringify(path)));
  const visit = (at: unknown, path: JsonPath): unknown => {
    if (refused.has(JSON.stringify(path))) return undefined;
    if (Array.isArray(at)) return at.map((item, i) => visit(item, [...path, i]) ?? null);
    if (!isObject(at)) return at;
    return Object.fromEntries(
      Object.entries(at).flatMap(([key, held]) => {
        const kept = visit(held, [...path, key]);
        return kept === undefined ? [] : [[key, kept]];
      }),
    );
  };
  const usable = visit(value, []);
  return isObject(usable) ? usable : {};
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as unknown[]) : []);
const entriesOf = (value: unknown): [string, unknown][] => (isObject(value) ? Object.entries(value) : []);

/** Names that nothing is known by, and figures that nothing can have: what no schema sees. */
export function nameMistakes(
  value: Readonly<Record<string, unknown>>,
  base: ServiceSettings,
): WorkspaceMistake[] {
  const { accelerators } = readSettings({ accelerators: value.accelerators }, base).settings;
  return [
    ...acceleratorMistakes(value.accelerators, base.accelerators),
    ...listOf(value.targets).flatMap((name, i) => targetMistake(name, ['targets', i], accelerators)),
    ...ruleMistakes(value.rules),
    ...listOf(value.budgets).flatMap((budget, i) => budgetMistakes(budget, ['budgets', i], accelerators)),
  ];
}

function targetMistake(
  name: unknown,
  path: JsonPath,
  accelerators: readonly Accelerator[],
): WorkspaceMistake[] {
  if (typeof name !== 'string' || findAccelerator(accelerators, name)) return [];
  const known = accelerators.map((a) => a.name).join(', ');
  const message = `Unknown target ${JSON.stringify(name)}: known are ${known}, and those of "accelerators".`;
  return [{ code: 'workspace/unknown-target', severity: 'error', message, path }];
}

/** `resolveAccelerators` begins each sentence with the place: `accelerators.H20.bandwidth: …`. */
function acceleratorMistakes(overrides: unknown, base: readonly Accelerator[]): WorkspaceMistake[] {
  if (overrides === undefined) return [];
  const places = placesOf(overrides, ['accelerators']).sort((a, b) => b.text.length - a.text.length);
  return resolveAccelerators(overrides, base).problems.map((problem) => {
    const path = places.find(({ text }) => problem.startsWith(`${text}:`))?.path ?? ['accelerators'];
    const message = problem.slice(problem.indexOf(':') + 2);
    const sentence = `${JSON.stringify(path.at(-1))}: ${message}`;
    return { code: 'workspace/accelerator', severity: 'error', message: sentence, path };
  });
}

const placesOf = (value: unknown, path: JsonPath): { readonly text: string; readonly path: JsonPath }[] => [
  { text: path.join('.'), path },
  ...(path.length < 4 ? entriesOf(value).flatMap(([key, held]) => placesOf(held, [...path, key])) : []),
];

function ruleMistakes(rules: unknown): WorkspaceMistake[] {
  const known = silenceableNames();
  return entriesOf(rules).flatMap(([code]) => {
    if (known.includes(code)) return [];
    const meant = didYouMean(code, known);
    const remedy =
      meant === null
        ? 'write a rule such as "shape/window" or a group such as "hardware/*".'
        : `did you mean "${meant}"?`;
    const message = `No rule has the code ${JSON.stringify(code)}: ${remedy}`;
    return [
      { code: 'workspace/unknown-rule', severity: 'warning', message, path: ['rules', code], onKey: true },
    ];
  });
}

function budgetMistakes(
  budget: unknown,
  path: JsonPath,
  accelerators: readonly Accelerator[],
): WorkspaceMistake[] {
  if (!isObject(budget)) return [];
  if (Object.keys(budget).every((key) => key === 'files'))
    return [
      {
        code: 'workspace/empty-budget',
        severity: 'warning',
        message:
          'This budget limits nothing: give kvBytesPerToken, totalParameters, activatedParameters or usdPer1M.',
        path,
      },
    ];
  return listOf(budget.usdPer1M).flatMap((limit, i): WorkspaceMistake[] => {
    if (!isObject(limit) || typeof limit.target !== 'string') return [];
    const at = [...path, 'usdPer1M', i, 'target'];
    const unknown = targetMistake(limit.target, at, accelerators);
    if (unknown.length > 0) return unknown;
    const target = findAccelerator(accelerators, limit.target);
    if (target?.usdPerHour !== null) return [];
    const message = `${target.name} has no price: give "usdPerHour" in "accelerators", or this budget can't be checked.`;
    return [{ code: 'workspace/no-price', severity: 'warning', message, path: at }];
  });
}
