import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { Bench } from 'tinybench';
import { getLanguageService, TextDocument } from 'vscode-json-languageservice';
import {
  matchFamily,
  parseConfigText,
  readArchitecture,
  isObject,
  type FamilyMatch,
} from '../src/architecture';
import { analyzeConfig, DEFAULT_SETTINGS, hoverAt, inlayHints } from '../src/service';
import { summarizeModel } from '../src/service/analyze';
import { panel } from './bench/panel';
import { startUp, typing } from './bench/typing';
import { evaluations, memory } from './bench/workspace';

/**
 * `npm run bench` (after `npm run build`): times on this machine, and how often a baseline fits into each, which is what may
 * be compared elsewhere. Baselines: VS Code's JSON service on the same text with the same schema, `JSON.parse`, and Node
 * doing nothing. The budgets are DESIGN's.
 */
const root = path.resolve(__dirname, '..');

const line = (name: string, ms: number, baseline: number): void => {
  console.log(
    `${name.padEnd(60)} ${ms.toFixed(4).padStart(9)} ms  ${(ms / baseline).toFixed(1).padStart(7)} x`,
  );
};

const meansOf = (bench: Bench) => (name: string) => {
  const result = bench.tasks.find((task) => task.name === name)?.result;
  return result && 'latency' in result ? result.latency.mean : NaN;
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
  const mean = meansOf(bench);
  const baseline = mean('JSON.parse (baseline)');
  for (const { name } of bench.tasks) line(name, mean(name), baseline);
}

/** A config with its name: the longest fixture of the project and, where it lies beside it, of the corpus. */
function largestConfigs(): { readonly name: string; readonly text: string }[] {
  const longest = (folder: string, textOf: (file: string) => string) => {
    if (!existsSync(folder)) return [];
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.json') && name !== 'index.json')
      .map((name) => ({ name, text: textOf(path.join(folder, name)) }));
    return files.sort((a, b) => b.text.length - a.text.length).slice(0, 1);
  };
  return [
    ...longest(path.join(root, 'test/families'), (file) =>
      JSON.stringify((JSON.parse(readFileSync(file, 'utf8')) as { config: unknown }).config, null, 2),
    ),
    ...longest(path.join(root, '../shared/configs'), (file) => readFileSync(file, 'utf8')),
  ];
}

/** Reading and analysing the largest config, beside VS Code's JSON service validating the same file by the same schema. */
async function largest(): Promise<void> {
  for (const { name, text } of largestConfigs()) {
    const { value } = parseConfigText(text);
    const match = isObject(value) ? matchFamily(value) : null;
    if (!isObject(value) || !match) continue;
    const schemas = path.join(root, 'schemas');
    const service = getLanguageService({
      schemaRequestService: (uri) =>
        Promise.resolve(readFileSync(path.join(schemas, path.basename(uri)), 'utf8')),
      workspaceContext: { resolveRelativePath: (relative) => `file:///${relative}` },
    });
    service.configure({
      schemas: [{ fileMatch: ['*'], uri: `file:///config-${match.family.schema}.schema.json` }],
    });
    const document = TextDocument.create('file:///config.json', 'json', 1, text);
    const bench = new Bench({ time: 1000 });
    const baseline = 'vscode-json-languageservice: parse and validate (baseline)';
    bench
      .add(baseline, () => service.doValidation(document, service.parseJSONDocument(document)))
      .add('read and full analysis (budget 1 ms)', () => {
        readAndAnalyse(value, match);
      })
      .add('the same from the text, with parse and validation', () =>
        analyzeConfig({ text, file: name, name }, DEFAULT_SETTINGS),
      );
    await bench.run();
    const mean = meansOf(bench);
    console.log(`\n${name} (${(text.length / 1024).toFixed(1)} KB, ${match.family.name})`);
    for (const task of bench.tasks) line(task.name, mean(task.name), mean(baseline));
  }
}

function readAndAnalyse(value: Record<string, unknown>, match: FamilyMatch): void {
  const { architecture } = readArchitecture(value, match);
  if (!architecture) throw new Error('the config was not read');
  summarizeModel(architecture, { file: 'f', name: 'n' }, [], DEFAULT_SETTINGS);
}

/** Time to load the extension's bundle, with an empty stand-in for the editor's API. */
function loadExtension(): number {
  const script = `
    const file = ${JSON.stringify(path.join(root, 'dist/extension.js'))};
    const Module = require('node:module');
    const bundle = require('node:fs').readFileSync(file, 'utf8');
    const stub = new Proxy(class {}, { get: (target, key) => (key === 'prototype' ? target.prototype : stub) });
    // The bundle copies what the API's object has of its own: every name that stands behind a dot somewhere.
    const api = Object.fromEntries([...bundle.matchAll(/\\.([A-Za-z]\\w*)/g)].map(([, name]) => [name, stub]));
    const load = Module._load;
    Module._load = (name, ...rest) => (name === 'vscode' ? api : load(name, ...rest));
    const start = performance.now();
    require(file);
    console.log(performance.now() - start);`;
  return Number(spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' }).stdout);
}

function extensionLoad(): void {
  const loads = Array.from({ length: 7 }, loadExtension).sort((a, b) => a - b);
  console.log(`extension: load of its bundle ${(loads[3] ?? NaN).toFixed(1)} ms (budget 50 ms)`);
}

function sizes(): void {
  console.log('');
  for (const name of ['extension.js', 'server.js', 'service.js', 'cli.js', 'webview.js', 'webview.css']) {
    const file = path.join(root, 'dist', name);
    if (existsSync(file))
      console.log(`${`dist/${name}`.padEnd(60)} ${(statSync(file).size / 1024).toFixed(0).padStart(9)} KB`);
  }
}

async function main(): Promise<void> {
  await typing();
  await startUp();
  extensionLoad();
  await evaluations();
  await engine();
  await largest();
  await memory();
  await panel();
  sizes();
}

void main();
