import { readFileSync, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { readCheckpoint } from '../node/checkpoint-files';
import type { ModelAnalysis } from '../protocol';
import {
  analyzeCatalog,
  analyzeConfig,
  analyzeText,
  catalogEntries,
  format,
  type AnalyzedConfig,
  type ServiceSettings,
} from '../service';
import { InputError } from './exit';

/** A config's text with its name, for analysis. */
export interface InputText {
  readonly text: string;
  /** As it was given. */
  readonly file: string;
  readonly name: string;
}

export const isFile = (argument: string): boolean =>
  argument === '-' || statSync(argument, { throwIfNoEntry: false })?.isFile() === true;

/** A file by its path, or standard input by `-`; throws an `InputError`. */
export function readInput(file: string, settings: ServiceSettings): InputText {
  return {
    text: readText(file, settings),
    file,
    name: file === '-' ? 'standard input' : nameOf(file),
  };
}

function readText(file: string, settings: ServiceSettings): string {
  try {
    if (file !== '-' && statSync(file).size > settings.maxTextLength) throw tooLarge(file, settings);
    const text = readFileSync(file === '-' ? 0 : file, 'utf8');
    if (text.length > settings.maxTextLength) throw tooLarge(file, settings);
    return text;
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

const tooLarge = (file: string, { maxTextLength }: ServiceSettings): InputError =>
  new InputError(`${file}: larger than ${format.bytes(maxTextLength)}, up to which model configs are read.`);

/** The folder's name where the file has the usual one: `DeepSeek-V3/config.json`. */
export function nameOf(file: string): string {
  const base = basename(file, '.json');
  return base === 'config' || base === 'params' ? basename(dirname(resolve(file))) : base;
}

/** A file or standard input, with the checkpoint beside it. */
export async function analyzeFile(file: string, settings: ServiceSettings): Promise<ModelAnalysis> {
  const input = readInput(file, settings);
  const checkpoint = file === '-' ? null : await readCheckpoint(dirname(resolve(file)));
  return analyzeText({ ...input, checkpoint }, settings);
}

/** A file, or a catalog model's name where no file of that name exists. */
export async function analyzeFileOrCatalog(
  argument: string,
  settings: ServiceSettings,
): Promise<ModelAnalysis> {
  if (isFile(argument)) return analyzeFile(argument, settings);
  const catalog = analyzeCatalog(argument, settings);
  if (catalog) return catalog.analysis;
  throw neitherFileNorModel(argument);
}

/** The same with all that more than a report needs; null where it is no model's config. */
export async function analyzeConfigOrCatalog(
  argument: string,
  settings: ServiceSettings,
): Promise<AnalyzedConfig | null> {
  if (isFile(argument)) {
    const input = readInput(argument, settings);
    const checkpoint = argument === '-' ? null : await readCheckpoint(dirname(resolve(argument)));
    return analyzeConfig({ ...input, checkpoint }, settings);
  }
  const catalog = analyzeCatalog(argument, settings);
  if (catalog) return catalog;
  throw neitherFileNorModel(argument);
}

const neitherFileNorModel = (argument: string): InputError =>
  new InputError(
    `${argument}: neither a file nor a catalog model (${catalogEntries()
      .map((m) => m.name)
      .join(', ')}).`,
  );
