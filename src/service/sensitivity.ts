import { sensitivityOf } from '../advice';
import type { SensitivityReport } from '../protocol';
import type { AnalyzedConfig } from './analyze';
import { acceptedBySchema } from './what-if';

/** What each field of a config is worth; null where no architecture could be read. */
export function sensitivity({ analysis, subject }: AnalyzedConfig): SensitivityReport | null {
  const { file, model, options } = analysis;
  if (!subject || !model) return null;
  return { file, model, options, ...sensitivityOf(subject, acceptedBySchema(subject)) };
}
