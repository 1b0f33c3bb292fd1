import { readFileSync, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import packageJson from '../../package.json';
import { readCheckpoint } from '../node/checkpoint-files';
import {
  ACCOUNTINGS,
  PRECISIONS,
  WINDOW_RESERVATIONS,
  type AnalysisReport,
  type ModelAnalysis,
} from '../protocol';
import {
  analyzeCatalog,
  analyzeText,
  catalogEntries,
  familyEntries,
  format,
  readSettings,
  type AnalyzedConfig,
  type ServiceSettings,
} from '../service';
import { catalogTable, comparison, familyTable, markdownReport, textReport } from './report';

/** 0 sound, 1 findings of severity error, 2 usage or unreadable input. */
const EXIT = { sound: 0, findings: 1, usage: 2 } as const;

const FORMATS = ['text', 'json', 'markdown'] as const;
type Format = (typeof FORMATS)[number];

/** Options as commander gives them. */
interface CliOptions {
  readonly target?: string[];
  readonly context?: number[];
  readonly accounting?: string;
  readonly precision?: string;
  readonly kvPrecision?: string;
  readonly kvBlockSize?: number;
  readonly windowReservation?: string;
  readonly accelerators?: unknown;
  readonly format: Format;
}

/** Input that can't be read: said on standard error, exit code 2. */
class InputError extends Error {}

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

function settingsFrom(options: CliOptions): ServiceSettings {
  const { settings, problems } = readSettings({
    targets: options.target,
    contexts: options.context,
    accounting: options.accounting,
    precision: options.precision,
    kvPrecision: options.kvPrecision,
    kvBlockSize: options.kvBlockSize,
    windowReservation: options.windowReservation,
    accelerators: options.accelerators,
  });
  if (problems.length > 0) throw new InputError(problems.join('\n'));
  return settings;
}

/** The folder's name where the file has the usual one: `DeepSeek-V3/config.json`. */
function nameOf(file: string): string {
  const base = basename(file, '.json');
  return base === 'config' || base === 'params' ? basename(dirname(resolve(file))) : base;
}

/** By path or on standard input. */
const tooLarge = (file: string, { maxTextLength }: ServiceSettings): InputError =>
  new InputError(`${file}: larger than ${format.bytes(maxTextLength)}, up to which model configs are read.`);

function read(file: string, settings: ServiceSettings): string {
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

async function analyzeFile(file: string, settings: ServiceSettings): Promise<ModelAnalysis> {
  const name = file === '-' ? 'standard input' : nameOf(file);
  const text = read(file, settings);
  const checkpoint = file === '-' ? null : await readCheckpoint(dirname(resolve(file)));
  return analyzeText({ text, file, name, checkpoint }, settings);
}

/** A file, or a catalog model's name where no file of that name exists. */
async function analyzeFileOrCatalog(argument: string, settings: ServiceSettings): Promise<ModelAnalysis> {
  const exists = argument === '-' || statSync(argument, { throwIfNoEntry: false })?.isFile() === true;
  const catalog: AnalyzedConfig | null = exists ? null : analyzeCatalog(argument, settings);
  if (catalog) return catalog.analysis;
  if (exists) return analyzeFile(argument, settings);
  throw new InputError(
    `${argument}: neither a file nor a catalog model (${catalogEntries()
      .map((m) => m.name)
      .join(', ')}).`,
  );
}

function print(
  models: readonly ModelAnalysis[],
  format: Format,
  text: () => string,
  markdown: () => string,
): void {
  const report: AnalysisReport = { models };
  process.stdout.write(
    format === 'json' ? `${JSON.stringify(report, null, 2)}\n` : format === 'markdown' ? markdown() : text(),
  );
  if (models.some((model) => model.findings.some((finding) => finding.severity === 'error')))
    process.exitCode = EXIT.findings;
}

const withAnalysisOptions = (command: Command): Command =>
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
    .addOption(new Option('--format <format>', 'output').choices(FORMATS).default('text'));

const program = new Command('decode-lens')
  .description('Parameters, KV cache and decode cost of language-model configs.')
  .version(packageJson.version)
  .exitOverride()
  .showHelpAfterError('(decode-lens --help tells more)')
  .addHelpText('after', '\nExit codes: 0 sound, 1 findings of severity error, 2 usage or unreadable input.');

withAnalysisOptions(
  program
    .command('analyze')
    .description('one or more config files; - reads standard input')
    .argument('<file...>'),
).action(async (files: string[], options: CliOptions) => {
  const settings = settingsFrom(options);
  const models = await Promise.all(files.map((file) => analyzeFile(file, settings)));
  print(
    models,
    options.format,
    () => textReport(models),
    () => markdownReport(models),
  );
});

withAnalysisOptions(
  program
    .command('compare')
    .description('config files and catalog models side by side')
    .argument('<file|name...>'),
).action(async (names: string[], options: CliOptions) => {
  const settings = settingsFrom(options);
  const models = await Promise.all(names.map((name) => analyzeFileOrCatalog(name, settings)));
  print(
    models,
    options.format,
    () => comparison(models, 'text'),
    () => comparison(models, 'markdown'),
  );
});

withAnalysisOptions(program.command('catalog').description('the reference models, analysed')).action(
  (options: CliOptions) => {
    const settings = settingsFrom(options);
    const entries = catalogEntries();
    const models = entries.flatMap(({ name }) => analyzeCatalog(name, settings)?.analysis ?? []);
    print(
      models,
      options.format,
      () => catalogTable(entries, models, 'text'),
      () => catalogTable(entries, models, 'markdown'),
    );
  },
);

program
  .command('families')
  .description('the model families that are read')
  .addOption(new Option('--format <format>', 'output').choices(FORMATS).default('text'))
  .action(({ format }: Pick<CliOptions, 'format'>) => {
    const entries = familyEntries();
    const text = format === 'json' ? JSON.stringify(entries, null, 2) : familyTable(entries, format);
    process.stdout.write(`${text}\n`);
  });

// A reader such as `head` that closes the pipe is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(process.exitCode);
  throw error;
});

program.parseAsync().catch((error: unknown) => {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? EXIT.sound : EXIT.usage;
    return;
  }
  process.stderr.write(`decode-lens: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = EXIT.usage;
});
