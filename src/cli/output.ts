import { Option } from 'commander';
import type { AnalysisReport, ModelAnalysis } from '../protocol';
import { EXIT } from './exit';

const FORMATS = ['text', 'json', 'markdown'] as const;
export type Format = (typeof FORMATS)[number];

export const formatOption = (): Option =>
  new Option('--format <format>', 'output').choices(FORMATS).default('text');

/** Writes a value in the format asked for. */
export function print(format: Format, value: unknown, text: () => string, markdown: () => string): void {
  process.stdout.write(
    format === 'json' ? `${JSON.stringify(value, null, 2)}\n` : format === 'markdown' ? markdown() : text(),
  );
}

/** Writes analyses, and tells by the exit code whether any has an error. */
export function printModels(
  models: readonly ModelAnalysis[],
  format: Format,
  text: () => string,
  markdown: () => string,
): void {
  const report: AnalysisReport = { models };
  print(format, report, text, markdown);
  if (models.some((model) => model.findings.some((finding) => finding.severity === 'error')))
    process.exitCode = EXIT.findings;
}
