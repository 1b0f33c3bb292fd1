import type { Finding, JsonPath, KeyChange, NumberChange, VersionDelta } from '../protocol';
import { format, relativeChange } from '../service';
import { plain, escaped } from './report';
import { table, type TableStyle } from './table';

const { bytes, contextLength, parameters, usd, whole } = format;

/** What changed between two versions of a config: numbers, findings, keys. */
export function diffReport(delta: VersionDelta, style: TableStyle): string {
  const text = style === 'text' ? plain : escaped;
  const { added, gone } = delta.findings;
  const sections: readonly (readonly [title: string, body: string])[] = [
    ['Numbers', table(['', 'before', 'after', 'change'], numberRows(delta), style)],
    [
      'Changed keys',
      delta.keys.length > 0
        ? table(
            ['key', 'before', 'after'],
            delta.keys.map((key) => keyRow(key, text)),
            style,
            3,
          )
        : '',
    ],
    ['New findings', added.map((finding) => findingLine(finding, text)).join('\n')],
    ['Findings that are gone', gone.map((finding) => findingLine(finding, text)).join('\n')],
  ];
  const title = `${text(delta.before)} → ${text(delta.after)}`;
  const { options } = delta;
  const closing = `Accounting ${options.accounting}, weights ${options.precision.toUpperCase()}, KV ${options.kvPrecision.toUpperCase()}; theoretical decode cost at full utilisation.`;
  const parts = sections.flatMap(([heading, body]) =>
    body === '' ? [] : [style === 'markdown' ? `### ${heading}` : heading, body],
  );
  return `${[style === 'markdown' ? `## ${title}` : title, ...parts, closing].join('\n\n')}\n`;
}

function numberRows(delta: VersionDelta): string[][] {
  const row = (label: string, change: NumberChange, show: (value: number) => string): string[] => [
    label,
    change.before === null ? '-' : show(change.before),
    change.after === null ? '-' : show(change.after),
    relativeChange(change) ?? (change.before === null || change.after === null ? '' : 'none'),
  ];
  const hasState =
    Math.max(delta.stateBytesPerSequence.before ?? 0, delta.stateBytesPerSequence.after ?? 0) > 0;
  return [
    row('KV cache per token', delta.kvBytesPerToken, bytes),
    ...delta.kvBytesAtContext.map((at) => row(`KV cache at ${contextLength(at.context)}`, at, bytes)),
    ...(hasState ? [row('state per sequence', delta.stateBytesPerSequence, bytes)] : []),
    row('parameters', delta.totalParameters, parameters),
    row('activated', delta.activatedParameters, parameters),
    row('effective rank', delta.effectiveRank, whole),
    row('FLOPs per KV byte', delta.arithmeticIntensity, (value) => String(Number(value.toPrecision(3)))),
    ...delta.usdPer1M.map((cost) =>
      row(`$/1M on ${cost.target} at ${contextLength(cost.context)}`, cost, usd),
    ),
  ];
}

function keyRow(change: KeyChange, text: (value: string) => string): string[] {
  return [
    text(pathText(change.path)),
    'before' in change ? text(valueText(change.before)) : 'absent',
    'after' in change ? text(valueText(change.after)) : 'gone',
  ];
}

const pathText = (path: JsonPath): string => (path.length === 0 ? 'the file' : path.join('.'));

/** A value on one line; a long list by its beginning. */
function valueText(value: unknown): string {
  const json = JSON.stringify(value) as string | undefined;
  const full = json ?? 'nothing';
  return full.length > MAX_VALUE ? `${full.slice(0, MAX_VALUE)}…` : full;
}
const MAX_VALUE = 60;

const findingLine = ({ range, severity, code, message }: Finding, text: (value: string) => string): string =>
  text(`- line ${range.start.line + 1}: ${severity} ${code}: ${message}`).replace(/^\\?-/, '-');
