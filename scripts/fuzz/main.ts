/**
 * `npm run fuzz`: mutated real configs and random bytes through everything that is asked of a text. Prints what failed,
 * and writes it to `.cache/fuzz` as it may be kept in `test/fuzz`.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { realConfigs } from './inputs';
import { kindOf, tryInput, type Failure } from './run';
import { startWatchdog } from './watchdog';

const USAGE = `npm run fuzz -- [OPTION...]
  --seed N      the run's seed (default: of the clock); the same seed tries the same inputs
  --first N     number of the first input (default 0)
  --inputs N    stop after so many inputs (default 10000)
  --seconds N   stop after so long`;

const HANG_SECONDS = 20;
const MAX_FAILURES = 20;
const folder = path.resolve(__dirname, '../../.cache/fuzz');

function main(): void {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string' },
      first: { type: 'string', default: '0' },
      inputs: { type: 'string', default: '10000' },
      seconds: { type: 'string', default: 'Infinity' },
      help: { type: 'boolean' },
    },
  });
  const seed = Number(values.seed ?? Date.now() % 1_000_000);
  const [first, inputs, seconds] = [values.first, values.inputs, values.seconds].map(Number);
  if (values.help || first === undefined || inputs === undefined || seconds === undefined) {
    console.log(USAGE);
    return;
  }
  process.on('unhandledRejection', (reason) => {
    console.error('unhandled rejection', reason);
    process.exitCode = 1;
  });
  const configs = realConfigs();
  const failures = new Map<string, Failure>();
  const watchdog = startWatchdog(HANG_SECONDS, `seed ${seed}`);
  const start = performance.now();
  const spent = () => (performance.now() - start) / 1000;
  let number = first;
  for (; number < first + inputs && spent() < seconds && failures.size < MAX_FAILURES; number++) {
    watchdog.beat(number);
    const failure = tryInput(configs, seed, number);
    if (failure && !failures.has(kindOf(failure.error))) {
      failures.set(kindOf(failure.error), failure);
      tell(failure);
    }
    if (number % 1000 === 999) console.log(`${number + 1 - first} inputs, ${spent().toFixed(0)} s`);
  }
  watchdog.stop();
  console.log(
    `${number - first} inputs from ${configs.length} configs, seed ${seed}, ${spent().toFixed(1)} s: ${failures.size} kinds of failure`,
  );
  if (failures.size > 0) process.exitCode = 1;
}

function tell(failure: Failure): void {
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, `${failure.runSeed}-${failure.number}.json`);
  writeFileSync(file, `${JSON.stringify(failure, null, 2)}\n`);
  console.error(`\ninput ${failure.number} of seed ${failure.runSeed}: ${failure.error}`);
  console.error(`made small: ${JSON.stringify(failure.input.text.slice(0, 500))}`);
  console.error(`kept: ${path.relative(process.cwd(), file)}\n`);
}

main();
