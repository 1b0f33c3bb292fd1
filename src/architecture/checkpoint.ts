import type { CheckpointSummary } from '../protocol';
import type { ReadProblem } from './reader';
import { expectedBytes, explainBytes, tolerance, type StoredPart } from './stored';
import type { Architecture } from './types';

/** What the checkpoint beside a config says of itself; read by a shell, for nothing here touches files. */
export interface CheckpointFacts {
  /** `model.safetensors.index.json`, or the names of the files whose headers were read. */
  readonly file: string;
  /** Bytes of all tensors. */
  readonly totalBytes: number;
  /** Files that the index names and that are not there, though others of it are. */
  readonly missingFiles: readonly string[];
  /** Files that end before their header says: cut off while they were fetched. */
  readonly shortFiles: readonly string[];
  /** `hf_quant_config.json`, which says how the weights are quantized where the config doesn't. */
  readonly quantization: Readonly<Record<string, unknown>> | null;
}

export interface CheckpointCheck {
  readonly summary: CheckpointSummary;
  /** Null where both agree. */
  readonly problem: ReadProblem | null;
}

/** Holds the user's own checkpoint against what the config describes: exactly, to the byte. */
export function checkCheckpoint(architecture: Architecture, facts: CheckpointFacts): CheckpointCheck {
  const expected = expectedBytes(architecture);
  const { file, totalBytes, missingFiles, shortFiles } = facts;
  const difference = totalBytes - expected;
  const summary: CheckpointSummary = { file, bytes: totalBytes, expectedBytes: expected };
  if (difference === 0 && missingFiles.length + shortFiles.length === 0) return { summary, problem: null };
  const problem = (severity: 'information' | 'warning', message: string): CheckpointCheck => ({
    summary,
    problem: { severity, code: 'checkpoint/size', message, path: ['model_type'] },
  });
  if (missingFiles.length > 0)
    return problem(
      'warning',
      `The checkpoint is not whole: ${someOf(missingFiles)} ${missingFiles.length === 1 ? 'is' : 'are'} not there.`,
    );
  if (shortFiles.length > 0)
    return problem(
      'warning',
      `The checkpoint is not whole: ${someOf(shortFiles)} ${shortFiles.length === 1 ? 'ends' : 'end'} before all tensors do.`,
    );
  if (Math.abs(difference) < tolerance(architecture, expected)) return { summary, problem: null };
  const uncounted = architecture.towers.filter((tower) => tower.tensors === null);
  if (uncounted.length > 0 && difference > 0)
    return problem(
      'information',
      `${file} has ${bytesText(totalBytes)}, ${bytesText(difference)} more than what is counted: the ${uncounted.map((t) => t.kind).join(' and ')} tower is not counted.`,
    );
  const parts = explainBytes(architecture, totalBytes);
  return parts
    ? problem(
        'information',
        `${file} has ${bytesText(totalBytes)} where the config describes ${bytesText(expected)}: it holds ${partsText(parts)}.`,
      )
    : problem(
        'warning',
        `${file} has ${bytesText(totalBytes)} where the config describes ${bytesText(expected)} (${difference > 0 ? '+' : ''}${percent(difference / expected)}), and no known difference of checkpoints explains it: a key here, the dtype or the quantization may not be that of the weights, or this is a fine-tuned model with other modules.`,
      );
}

const someOf = (files: readonly string[]): string =>
  files.length > 3 ? `${files.slice(0, 3).join(', ')} and ${files.length - 3} more` : files.join(', ');

const partsText = (parts: readonly StoredPart[]): string => {
  const [base, ...rest] = parts.map((part) => part.what);
  if (rest.length === 0) return `the ${base ?? ''} alone`;
  return `the ${base ?? ''} with ${rest.slice(0, -1).join(', ')}${rest.length > 1 ? ' and ' : ''}${rest.at(-1) ?? ''}`;
};

const bytesText = (bytes: number): string => `${bytes.toLocaleString('en-US')} bytes`;
const percent = (share: number): string => `${Number((share * 100).toPrecision(3))}%`;
