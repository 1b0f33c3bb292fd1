import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Diagnostic } from 'vscode-languageserver/node';
import { getLanguageService, TextDocument } from 'vscode-json-languageservice';
import { analyzeConfig, DEFAULT_SETTINGS, inlayHints } from '../../src/service';
import { FULL_CLIENT, PUSH_CLIENT, TestClient } from '../../test/protocol/client';
import { heading, quantiles, row } from './table';

const root = path.resolve(__dirname, '../..');
const EDITS = 200;
/** The server pushes diagnostics this long after the last keystroke (`src/server/core.ts`). */
const DEBOUNCE_MS = 60;

/** A real config with what makes it a thousand lines: modules that stay unquantized. */
export function thousandLines(): string {
  const config = JSON.parse(
    readFileSync(path.join(root, 'examples/deepseek-v3/config.json'), 'utf8'),
  ) as Record<string, unknown>;
  const names = Array.from({ length: 940 }, (_, i) => `model.layers.${3 + (i % 58)}.self_attn.o_proj_${i}`);
  const text = JSON.stringify({ ...config, modules_to_not_convert: names }, null, 2);
  return text;
}

/** VS Code's JSON service with the schema of this family, as its JSON support would run it on each keystroke. */
export function jsonValidation(text: string, schema: string): () => PromiseLike<unknown> {
  const service = getLanguageService({
    schemaRequestService: (uri) =>
      Promise.resolve(readFileSync(path.join(root, 'schemas', path.basename(uri)), 'utf8')),
    workspaceContext: { resolveRelativePath: (relative) => `file:///${relative}` },
  });
  service.configure({ schemas: [{ fileMatch: ['*'], uri: `file:///config-${schema}.schema.json` }] });
  let version = 0;
  return () => {
    const document = TextDocument.create('file:///config.json', 'json', ++version, text);
    return service.doValidation(document, service.parseJSONDocument(document));
  };
}

const timesOf = async (count: number, run: (i: number) => unknown): Promise<number[]> => {
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    await run(i);
    times.push(performance.now() - start);
  }
  return times;
};

/** From a keystroke in a config of a thousand lines to what the editor shows, over stdio. */
export async function typing(): Promise<void> {
  const text = thousandLines();
  const uri = 'file:///bench/config.json';
  const lines = text.split('\n');
  const line = lines.findIndex((l) => l.includes('"num_hidden_layers"'));
  const start = { line, character: (lines[line]?.indexOf(':') ?? 0) + 2 };
  const end = { line, character: lines[line]?.lastIndexOf(',') ?? 0 };
  /** Types a digit after the minus, or takes the minus away: a finding comes and goes. */
  const keystroke = async (client: TestClient, i: number) => {
    const [from, to, typed] =
      i % 2 === 0 ? [start, start, '-'] : [start, { ...start, character: start.character + 1 }, ''];
    await client.connection.sendNotification('textDocument/didChange', {
      textDocument: { uri, version: i + 2 },
      contentChanges: [{ range: { start: from, end: to }, text: typed }],
    });
  };
  const hints = (client: TestClient) =>
    client.request('textDocument/inlayHint', {
      textDocument: { uri },
      range: { start: { line: 0, character: 0 }, end },
    });

  const validate = jsonValidation(text, 'deepseek');
  await timesOf(20, validate);
  const baseline = await timesOf(EDITS, validate);
  heading(`A keystroke in a config of ${lines.length} lines, ${EDITS} times`, "VS Code's JSON service");
  const base = quantiles(baseline);
  row("VS Code's JSON service: parse and validate, in process (baseline)", base, base);
  row(
    'read, validate and analyse with all rules, in process',
    quantiles(
      await timesOf(EDITS, () => analyzeConfig({ text, file: uri, name: 'bench' }, DEFAULT_SETTINGS)),
    ),
    base,
  );
  const analyzed = analyzeConfig({ text, file: uri, name: 'bench' }, DEFAULT_SETTINGS);
  if (!analyzed) throw new Error('the example is no config');
  row(
    'inlay hints of an analysis, in process',
    quantiles(await timesOf(EDITS, () => inlayHints(analyzed))),
    base,
  );

  const pulling = await TestClient.start(FULL_CLIENT);
  await pulling.open(uri, text);
  const pull = () =>
    pulling.request<{ items: Diagnostic[] }>('textDocument/diagnostic', { textDocument: { uri } });
  await pull();
  const pulled = await timesOf(EDITS, async (i) => {
    await keystroke(pulling, i);
    await pull();
  });
  row('diagnostics, asked for at once, over stdio', quantiles(pulled), base);
  const hinted = await timesOf(EDITS, async (i) => {
    await keystroke(pulling, i + EDITS);
    await hints(pulling);
  });
  row('inlay hints, asked for at once, over stdio', quantiles(hinted), base);
  await pulling.stop();

  const pushed = await TestClient.start(PUSH_CLIENT);
  await pushed.open(uri, text);
  const isMarked = (list: readonly Diagnostic[]) =>
    list.some((d) => d.range.start.line === line && d.severity === 1);
  const times = await timesOf(60, async (i) => {
    await keystroke(pushed, i);
    await pushed.diagnostics(uri, (list) => isMarked(list) === (i % 2 === 0));
  });
  row(`diagnostics, pushed (after a pause of ${DEBOUNCE_MS} ms), over stdio`, quantiles(times), base);
  row('the same without that pause', quantiles(times.map((ms) => ms - DEBOUNCE_MS)), base);
  await pushed.stop();
}

/** From the start of the process to its first answers. */
export async function startUp(): Promise<void> {
  const node = await timesOf(9, () => once(spawn(process.execPath, ['-e', '0']), 'exit'));
  const clients: TestClient[] = [];
  const initialized = await timesOf(9, async () => clients.push(await TestClient.start()));
  const text = readFileSync(path.join(root, 'examples/deepseek-v3/config.json'), 'utf8');
  const first = await timesOf(9, async (i) => {
    const uri = 'file:///bench/config.json';
    await clients[i]?.open(uri, text);
    await clients[i]?.request('textDocument/hover', {
      textDocument: { uri },
      position: { line: 2, character: 4 },
    });
  });
  await Promise.all(clients.map((client) => client.stop()));
  heading('Start-up', 'Node doing nothing');
  const base = quantiles(node);
  row('node -e 0 (baseline)', base, base);
  row('server: spawned to initialize answered', quantiles(initialized), base);
  row('then: first config opened to its first hover', quantiles(first), base);
}
