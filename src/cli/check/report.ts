import type { CheckReport, Finding, Severity } from '../../protocol';
import { escaped, plain } from '../report';
import { table } from '../table';
import type { Checked } from './collect';

export function checkReport(checked: readonly Checked[]): CheckReport {
  const findings = checked.flatMap((file) => file.findings);
  const count = (severity: Severity) => findings.filter((finding) => finding.severity === severity).length;
  return {
    files: checked.map(({ file, model, findings: own }) => ({ file, model, findings: own })),
    summary: {
      configs: checked.filter(({ analyzed }) => analyzed !== null).length,
      errors: count('error'),
      warnings: count('warning'),
      informations: count('information'),
    },
  };
}

/** One line a finding, which editors and terminals make links of. */
export function checkText({ files, summary }: CheckReport): string {
  const lines = files.flatMap(({ file, findings }) =>
    findings.map(({ range, severity, code, message }) =>
      plain(`${file}:${range.start.line + 1}:${range.start.character + 1}: ${severity} ${code}: ${message}`),
    ),
  );
  return [...lines, ...(lines.length > 0 ? [''] : []), summaryLine(summary), ''].join('\n');
}

/** For a pull request: a table a file. */
export function checkMarkdown({ files, summary }: CheckReport): string {
  const sections = files.flatMap(({ file, findings }) =>
    findings.length === 0
      ? []
      : [
          `### ${escaped(file)}`,
          table(['line', 'severity', 'code', 'finding'], findings.map(row), 'markdown', 4),
        ],
  );
  return `${[...sections, summaryLine(summary)].join('\n\n')}\n`;
}

const row = ({ range, severity, code, message }: Finding): string[] => [
  String(range.start.line + 1),
  severity,
  code,
  escaped(message),
];

function summaryLine({ configs, errors, warnings, informations }: CheckReport['summary']): string {
  const of = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`;
  return `${of(configs, 'model config')}: ${of(errors, 'error')}, ${of(warnings, 'warning')}, ${of(informations, 'note')}.`;
}
