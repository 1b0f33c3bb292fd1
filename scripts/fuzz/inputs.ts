import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { CATALOG } from '../../src/catalog';
import { ACCELERATORS } from '../../src/hardware';
import { ACCOUNTINGS, PRECISIONS, WINDOW_RESERVATIONS } from '../../src/protocol';
import type { RawSettings } from '../../src/service';
import { HOSTILE_SCALARS } from './hostile';
import { mutatedText, mutateText } from './mutate';
import { Random } from './random';
import { textOf, treeOf, type Style, type Tree } from './tree';

/** One text under some settings. `seed` decides where in it hovers, edits and the like are tried. */
export interface FuzzInput {
  readonly seed: number;
  readonly text: string;
  readonly settings: RawSettings;
}

const root = path.resolve(__dirname, '../..');

/** Real configs: the catalog, the fixtures, the examples and, where they lie beside the project, the corpus. */
export function realConfigs(): readonly Tree[] {
  const jsonIn = (folder: string): unknown[] =>
    existsSync(folder)
      ? readdirSync(folder, { recursive: true, encoding: 'utf8' })
          .filter((name) => name.endsWith('.json') && name !== 'index.json')
          .sort()
          .map((name): unknown => JSON.parse(strict(readFileSync(path.join(folder, name), 'utf8'))))
      : [];
  const fixtures = jsonIn(path.join(root, 'test/families')) as { config: unknown }[];
  return [
    ...CATALOG.map(({ config }) => config as unknown),
    ...fixtures.map(({ config }) => config),
    ...jsonIn(path.join(root, 'examples')),
    ...jsonIn(path.join(root, '../shared/configs')),
  ].map(treeOf);
}

/** Python's words for numbers that JSON has none for; which number they were matters to no mutation. */
const strict = (text: string): string => text.replace(/(?<=[:[,]\s*)-?(Infinity|NaN)/g, '0');

const STYLES: readonly Style[] = [
  { indent: '  ', eol: '\n' },
  { indent: '    ', eol: '\n' },
  { indent: '\t', eol: '\n' },
  { indent: '  ', eol: '\r\n' },
  { indent: '', eol: '\n' },
];

/** The input of this number: the same for the same seed and configs. */
export function fuzzInput(configs: readonly Tree[], seed: number, number: number): FuzzInput {
  const random = new Random(seed, number);
  const style = random.pick(STYLES);
  const config = random.pick(configs);
  const donor = random.pick(configs);
  const kind = random.next();
  let text: string;
  if (kind < 0.04) text = noise(random);
  else if (kind < 0.18) text = mutateText(random, textOf(config, style), textOf(donor, style));
  else {
    text = mutatedText(random, config, donor, style);
    if (kind > 0.9) text = mutateText(random, text, textOf(donor, style));
  }
  return { seed: random.below(2 ** 31), text, settings: random.chance(0.3) ? settings(random) : {} };
}

function noise(random: Random): string {
  const bytes = Buffer.from(Array.from({ length: random.below(3000) }, () => random.below(256)));
  const text = bytes.toString(random.pick(['utf8', 'latin1', 'utf16le']));
  return random.chance(0.5) ? text : `{"model_type": "llama", "hidden_size": ${text}`;
}

/** As a user may have set them, and as none should. */
function settings(random: Random): RawSettings {
  const hostile = (): unknown => {
    const text = random.pick(HOSTILE_SCALARS);
    try {
      return JSON.parse(text);
    } catch {
      return Number(text);
    }
  };
  const maybe = (sound: () => unknown): unknown =>
    random.chance(0.4) ? undefined : random.chance(0.15) ? hostile() : sound();
  const given = {
    targets: maybe(() => Array.from({ length: 1 + random.below(6) }, () => random.pick(ACCELERATORS).name)),
    contexts: maybe(() => [random.pick([1, 128, 8192, 131072, 1_000_000, 1e9]), random.pick([1, 32768])]),
    accounting: maybe(() => random.pick(ACCOUNTINGS)),
    precision: maybe(() => random.pick(PRECISIONS)),
    kvPrecision: maybe(() => random.pick(PRECISIONS)),
    kvBlockSize: maybe(() => random.pick([1, 16, 64, 65536])),
    windowReservation: maybe(() => random.pick(WINDOW_RESERVATIONS)),
    accelerators: maybe(() => ({
      H20: { usdPerHour: random.pick([0, 1e-9, 2.5, 1e9]) },
      Mine: { peakFlops: { bf16: random.pick([1, 4e14, 1e30]) }, bandwidth: 3e12, memory: hostile() },
    })),
    rules: maybe(() => ({ 'shape/*': random.pick(['off', 'error', 'warning', 'information', hostile()]) })),
    serving: maybe(() => ({
      tensorParallel: random.pick([null, 1, 2, 8, 16, 7, 65536, hostile()]),
      expertParallel: random.pick([null, 1, 8, 32, 320, 7, hostile()]),
      gpusPerServer: random.pick([1, 8, 72, hostile()]),
      tpotMs: random.pick([50, 1e-6, 1e9, hostile()]),
      pipelineStages: random.pick([1, 3, hostile()]),
    })),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
