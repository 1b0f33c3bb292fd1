import { readFileSync } from 'node:fs';
import { Option, InvalidArgumentError, type Command } from 'commander';
import { ACCOUNTINGS, PRECISIONS, WINDOW_RESERVATIONS } from '../protocol';
import { DEFAULT_SETTINGS, readSettings, type ServiceSettings } from '../service';
import { InputError } from './exit';

/** The options that every command with an analysis has, as commander gives them. */
export interface AnalysisCliOptions {
  readonly target?: string[];
  readonly context?: number[];
  readonly accounting?: string;
  readonly precision?: string;
  readonly kvPrecision?: string;
  readonly kvBlockSize?: number;
  readonly windowReservation?: string;
  readonly accelerators?: unknown;
  readonly tensorParallel?: number;
  readonly expertParallel?: number;
  readonly gpusPerServer?: number;
  readonly tpot?: number;
}

export const withAnalysisOptions = (command: Command): Command =>
  command
    .option('--target <names>', 'accelerators, separated by commas (default: H800,H20,H100,H200)', list)
    .option(
      '--context <tokens>',
      'context lengths, separated by commas: 8192,32768 or 8K,32K (the default)',
      contexts,
    )
    .addOption(
      new Option('--accounting <id>', 'how FLOPs and bytes are counted (default: exact)').choices(
        ACCOUNTINGS,
      ),
    )
    .addOption(new Option('--precision <format>', 'weights and GEMMs (default: fp8)').choices(PRECISIONS))
    .addOption(
      new Option('--kv-precision <format>', 'KV cache and the attention over it (default: fp8)').choices(
        PRECISIONS,
      ),
    )
    .option('--kv-block-size <tokens>', 'tokens in one block of a paged KV cache (default: 16)', Number)
    .addOption(
      new Option(
        '--window-reservation <policy>',
        'what paging reserves for windowed layers: their window, or as for full attention (default: window)',
      ).choices(WINDOW_RESERVATIONS),
    )
    .option(
      '--accelerators <file>',
      'JSON file of accelerators added or overridden, as in the setting decodeLens.accelerators',
      acceleratorFile,
    )
    .option('--tensor-parallel <n>', 'accelerators that share each matrix (default: not decided)', Number)
    .option(
      '--expert-parallel <n>',
      'accelerators that share the routed experts (default: not decided)',
      Number,
    )
    .option('--gpus-per-server <n>', 'accelerators of one server (default: 8)', Number)
    .option('--tpot <ms>', 'time per output token to be met, in milliseconds (default: 50)', Number);

/** The settings that the options ask for; what is wrong with them ends the command. */
export function settingsFrom(
  options: AnalysisCliOptions,
  base: ServiceSettings = DEFAULT_SETTINGS,
): ServiceSettings {
  const raw = {
    targets: options.target,
    contexts: options.context,
    accounting: options.accounting,
    precision: options.precision,
    kvPrecision: options.kvPrecision,
    kvBlockSize: options.kvBlockSize,
    windowReservation: options.windowReservation,
    accelerators: options.accelerators,
    serving: {
      tensorParallel: options.tensorParallel,
      expertParallel: options.expertParallel,
      gpusPerServer: options.gpusPerServer,
      tpotMs: options.tpot,
    },
  };
  const { settings, problems } = readSettings(raw, base);
  if (problems.length > 0) throw new InputError(problems.join('\n'));
  return settings;
}

const list = (text: string): string[] =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');

function contexts(text: string): number[] {
  return list(text).map((item) => {
    const match = /^(\d+)([kKmM]?)$/.exec(item);
    const tokens = Number(match?.[1]) * ({ k: 1024, m: 1024 * 1024 }[match?.[2]?.toLowerCase() ?? ''] ?? 1);
    if (!match || !Number.isSafeInteger(tokens) || tokens < 1)
      throw new InvalidArgumentError(`"${item}" is no context length; write 8192 or 8K.`);
    return tokens;
  });
}

function acceleratorFile(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as unknown;
  } catch (error) {
    throw new InvalidArgumentError(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
