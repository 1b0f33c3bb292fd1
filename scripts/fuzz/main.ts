/**
 * `npm run fuzz`: mutated real configs and random bytes through everything that is asked of a text. Prints what failed,
 * and writes it to `.cache/fuzz` as it may be kept in `test/fuzz`.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { realConfigs } from './inputs';
import { kindOf, tryInput } from './run';
import { trySession } from './server';
import { startWatchdog } from './watchdog';

const USAGE = `npm run fuzz -- [OPTION...]
  --seed N      the run's seed (default: of the clock); the same seed tries the same inputs
  --first N     number of the first input (default 0)
  --inputs N    stop after so many inputs (default 10000)
  --seconds N   stop after so long
  --sessions N  with the built server over stdio, instead of inputs: so many, of 60 messages each`;

/** A session may take so long on a busy machine; a slow input is found by its processor time. */
const HANG_SECONDS = 120;
const MAX_FAILURES = 20;
const folder = path.resolve(__dirname, '../../.cache/fuzz');

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string' },
      first: { type: 'string', default: '0' },
      inputs: { type: 'string', default: '10000' },
      seconds: { type: 'string', default: 'Infinity' },
      sessions: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  const seed = Number(values.seed ?? Date.now() % 1_000_000);
  const counts = [values.first, values.sessions ?? values.inputs, values.seconds];
  const [first, inputs, seconds] = counts.map(Number);
  const isServer = values.sessions !== undefined;
  if (values.help || first === undefined || inputs === undefined || seconds === undefined) {
    console.log(USAGE);
    return;
  }
  process.on('unhandledRejection', (reason) => {
    console.error('unhandled rejection', reason);
    process.exitCode = 1;
  });
  const configs = realConfigs();
  const failures = new Map<string, AnyFailure>();
  const watchdog = startWatchdog(HANG_SECONDS, `seed ${seed}`);
  const start = performance.now();
  const spent = () => (performance.now() - start) / 1000;
  let number = first;
  for (; number < first + inputs && spent() < seconds && failures.size < MAX_FAILURES; number++) {
    const beat = () => {
      watchdog.beat(number);
    };
    beat();
    const failure = isServer
      ? await trySession(configs, seed, number, beat)
      : tryInput(configs, seed, number, beat);
    if (failure && !failures.has(kindOf(failure.error))) {
      failures.set(kindOf(failure.error), failure);
      tell(failure);
    }
    if (number % 1000 === 999) console.log(`${number + 1 - first} inputs, ${spent().toFixed(0)} s`);
  }
  watchdog.stop();
  console.log(
    `${number - first} ${isServer ? 'sessions' : 'inputs'} from ${configs.length} configs, seed ${seed}, ${spent().toFixed(1)} s: ${failures.size} kinds of failure`,
  );
  if (failures.size > 0) process.exitCode = 1;
}

type AnyFailure = NonNullable<ReturnType<typeof tryInput> | Awaited<ReturnType<typeof trySession>>>;

function tell(failure: AnyFailure): void {
  const { runSeed, number, error } = failure;
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, `${'messages' in failure ? 'session-' : ''}${runSeed}-${number}.json`);
  writeFileSync(file, `${JSON.stringify(failure, null, 2)}\n`);
  console.error(`\n${number} of seed ${runSeed}: ${error}`);
  const small = 'messages' in failure ? JSON.stringify(failure.messages) : JSON.stringify(failure.input.text);
  console.error(`made small: ${small.slice(0, 1000)}`);
  console.error(`kept: ${path.relative(process.cwd(), file)}\n`);
}

void main();
