import type { CapacityMeasure, JsonPath, SensitivityReport, SensitivityStep } from '../protocol';
import { format } from '../service';
import { escaped, plain } from './report';
import { table, type TableStyle } from './table';

const { change, contextLength, usd } = format;

/** A config's fields, ranked, a row for each neighbouring value. */
export function sensitivityReport(report: SensitivityReport, style: TableStyle): string {
  const { model, reference, fields, figures } = report;
  const text = style === 'text' ? plain : escaped;
  const title = text(`${model.name} (${report.file})`);
  const paths = fields.map((field) => field.path);
  const rows = fields.flatMap(({ path, what, value, capacity, steps }) =>
    steps.map((step, i) => [
      i === 0 ? text(keyName(path, paths)) : '',
      i === 0 ? what : '',
      `${value} → ${step.to}`,
      signedUsd(step.usdSavedPer1M),
      lostText(step, capacity),
      step.usdPerPercent === null ? '-' : price(step.usdPerPercent),
      change(figures.kvBytesPerToken, step.figures.kvBytesPerToken),
      change(figures.effectiveRank, step.figures.effectiveRank),
      change(figures.totalParameters, step.figures.totalParameters),
      change(figures.activatedParameters, step.figures.activatedParameters),
      followersOf(step),
    ]),
  );
  const heads = [
    'field',
    'is',
    'change',
    '$ saved',
    'capacity lost',
    '$ per 1%',
    'KV/token',
    'rank',
    'params',
    'active',
    // What has to be changed too, or changes by itself.
    ...(rows.some((row) => row.at(-1) !== '') ? ['follows'] : []),
  ];
  const cost = reference
    ? `Saved of $${usd(reference.usdPer1M)} per 1M tokens at ${contextLength(reference.context)}: attention on ${reference.attentionOn}, FFN on ${reference.ffnOn}; after a change, again on the cheapest of the targets.`
    : 'None of the targets has a price: no dollars are shown.';
  return `${[style === 'text' ? title : `## ${title}`, cost, table(heads, rows, style, 3), NOTES].join('\n\n')}\n`;
}

const NOTES =
  'Fields that save and lose nothing by their measure come first, then by dollars saved per 1% of capacity lost (of a costlier value: paid per 1% gained). Capacity is the effective rank for heads, tokens attended to at the longest context for windows, and otherwise parameters, total or activated, whichever changes more; docs/what-if.md says what that leaves out.';

/** The key alone, or with its parents where another field has the same. */
function keyName(path: JsonPath, all: readonly JsonPath[]): string {
  const key = path.at(-1);
  return all.filter((other) => other.at(-1) === key).length > 1 ? path.join('.') : String(key);
}

const MEASURES: Readonly<Record<CapacityMeasure, string>> = {
  effectiveRank: 'rank',
  attendedTokens: 'attended tokens',
  stateBytes: 'state',
  parameters: 'parameters',
};

function lostText({ capacityLost }: SensitivityStep, capacity: CapacityMeasure): string {
  if (capacityLost === 0) return `same ${MEASURES[capacity]}`;
  return `${change(1, 1 - capacityLost)} ${MEASURES[capacity]}`;
}

const signedUsd = (value: number): string => (value === 0 ? '0' : value < 0 ? `-${usd(-value)}` : usd(value));

/** Two digits: these are small. */
const price = (value: number): string => String(Number(value.toPrecision(2)));

const followersOf = ({ edits, also }: SensitivityStep): string =>
  [...edits.slice(1).map((edit) => String(edit.path.at(-1))), ...also.map(({ what }) => what)].join(', ');
