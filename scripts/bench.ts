import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { Bench } from 'tinybench';
import {
  createProtocolConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver/node';
import { analyzeConfig, DEFAULT_SETTINGS, hoverAt, inlayHints } from '../src/service';

/**
 * `npm run bench`: times on this machine, and how often the baseline fits into each. The baseline of the engine is
 * `JSON.parse` of the same text; that of start-up is Node doing nothing. The budgets are DESIGN's.
 */
const root = path.resolve(__dirname, '..');

const line = (name: string, ms: number, baseline: number): void => {
  console.log(
    `${name.padEnd(60)} ${ms.toFixed(4).padStart(9)} ms  ${(ms / baseline).toFixed(1).padStart(7)} x`,
  );
};

async function engine(): Promise<void> {
  const text = readFileSync(path.join(root, 'examples/deepseek-v3/config.json'), 'utf8');
  const noise = Array.from({ length: 1000 }, (_, i) => `  "unused_key_${i}": [${i}, "x", null],`).join('\n');
  const long = text.replace('{', `{\n${noise}`);
  const bench = new Bench({ time: 500 });
  const input = { text, file: 'config.json', name: 'bench' };
  const analyzed = analyzeConfig(input, DEFAULT_SETTINGS);
  if (!analyzed) throw new Error('the example is no config');
  bench
    .add('JSON.parse (baseline)', () => JSON.parse(text) as unknown)
    .add('read, validate, analyse', () => analyzeConfig(input, DEFAULT_SETTINGS))
    .add('inlay hints', () => inlayHints(analyzed))
    .add('hover', () => hoverAt(analyzed, { line: 5, character: 6 }))
    .add('JSON.parse, 1,000 more lines', () => JSON.parse(long) as unknown)
    .add('read, validate, analyse, 1,000 more lines (budget 10 ms)', () =>
      analyzeConfig({ ...input, text: long }, DEFAULT_SETTINGS),
    );
  await bench.run();
  const mean = (name: string) => {
    const result = bench.tasks.find((task) => task.name === name)?.result;
    return result && 'latency' in result ? result.latency.mean : NaN;
  };
  const baseline = mean('JSON.parse (baseline)');
  for (const { name } of bench.tasks) line(name, mean(name), baseline);
}

/** Median of a few runs, in ms. */
async function median(run: () => Promise<void>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < 7; i++) {
    const start = performance.now();
    await run();
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[3] ?? NaN;
}

const bareNode = () =>
  new Promise<void>((resolve) =>
    spawn(process.execPath, ['-e', '0']).once('exit', () => {
      resolve();
    }),
  );

async function initialize(): Promise<void> {
  const child = spawn(process.execPath, [path.join(root, 'dist/server.js'), '--stdio']);
  const connection = createProtocolConnection(
    new StreamMessageReader(child.stdout),
    new StreamMessageWriter(child.stdin),
  );
  connection.listen();
  await connection.sendRequest('initialize', { processId: process.pid, rootUri: null, capabilities: {} });
  connection.dispose();
  child.kill();
}

/** Time to load the extension's bundle, with an empty stand-in for the editor's API. */
function loadExtension(): number {
  const script = `
    const Module = require('node:module');
    const stub = new Proxy(class {}, { get: (target, key) => (key === 'prototype' ? target.prototype : stub) });
    const load = Module._load;
    Module._load = (name, ...rest) => (name === 'vscode' ? stub : load(name, ...rest));
    const start = performance.now();
    require(${JSON.stringify(path.join(root, 'dist/extension.js'))});
    console.log(performance.now() - start);`;
  return Number(spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' }).stdout);
}

async function startUp(): Promise<void> {
  const baseline = await median(bareNode);
  const server = await median(initialize);
  const loads = Array.from({ length: 7 }, loadExtension).sort((a, b) => a - b);
  console.log('');
  line('node -e 0 (baseline)', baseline, baseline);
  line('server: spawn to initialize answered (budget 150 ms)', server, baseline);
  line('extension: load of its bundle (budget 50 ms)', loads[3] ?? NaN, baseline);
}

function sizes(): void {
  console.log('');
  for (const name of ['extension.js', 'server.js', 'cli.js', 'webview.js', 'webview.css']) {
    const file = path.join(root, 'dist', name);
    if (existsSync(file))
      console.log(`${`dist/${name}`.padEnd(60)} ${(statSync(file).size / 1024).toFixed(0).padStart(9)} KB`);
  }
}

async function main(): Promise<void> {
  await engine();
  await startUp();
  sizes();
}

void main();
