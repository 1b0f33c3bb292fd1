import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { matchFamily, isObject, parseConfigText } from '../../src/architecture';
import { analyzeConfig, DEFAULT_SETTINGS } from '../../src/service';
import { TestClient } from '../../test/protocol/client';
import { realConfigs } from '../fuzz/inputs';
import { textOf } from '../fuzz/tree';
import { cells } from './table';
import { jsonValidation } from './typing';

const CONFIGS = 10_000;
const MB = 2 ** 20;

const texts = (): string[] => realConfigs().map((config) => textOf(config, { indent: '  ', eol: '\n' }));

/** How many real configs a core reads and analyses in a second, beside VS Code's JSON service validating the same ones. */
export async function evaluations(): Promise<void> {
  const all = texts().filter((text) => text.length < 20_000);
  const validations = all.flatMap((text) => {
    const { value } = parseConfigText(text);
    return isObject(value) ? [jsonValidation(text, matchFamily(value).family.schema)] : [];
  });
  const perSecond = async (run: (i: number) => unknown): Promise<number> => {
    for (let i = 0; i < all.length; i++) await run(i);
    const before = process.cpuUsage();
    for (let i = 0; i < all.length; i++) await run(i);
    const { user, system } = process.cpuUsage(before);
    return (all.length / (user + system)) * 1e6;
  };
  const baseline = await perSecond((i) => validations[i]?.());
  const ours = await perSecond((i) =>
    analyzeConfig({ text: all[i] ?? '', file: 'f', name: 'n' }, DEFAULT_SETTINGS),
  );
  console.log(`\nEvaluations per second of one core's time, over ${all.length} real configs`);
  console.log(cells("VS Code's JSON service: parse and validate (baseline)", baseline.toFixed(0), '1.00 x'));
  console.log(
    cells('read, validate, analyse with all rules', ours.toFixed(0), `${(ours / baseline).toFixed(2)} x`),
  );
}

/** Memory of the server's process, resident, from Linux; null elsewhere. */
function residentBytes(pid: number | undefined): number | null {
  try {
    const status = readFileSync(path.join('/proc', String(pid), 'status'), 'utf8');
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
  } catch {
    return null;
  }
}

/** Configs opened, asked about and closed, one after the other, as over a long day: what stays in memory. */
export async function memory(): Promise<void> {
  const all = texts();
  const client = await TestClient.start();
  const resident = () => residentBytes(client.process?.pid);
  const visit = async (i: number) => {
    const uri = `file:///bench/${i}/config.json`;
    await client.open(uri, all[i % all.length] ?? '');
    await client.request('textDocument/hover', {
      textDocument: { uri },
      position: { line: 1, character: 4 },
    });
    await client.connection.sendNotification('textDocument/didClose', { textDocument: { uri } });
  };
  const started = resident();
  for (let i = 0; i < 500; i++) await visit(i);
  await delay(200);
  const warm = resident();
  for (let i = 500; i < CONFIGS; i++) await visit(i);
  await delay(200);
  const last = resident();
  await client.stop();
  console.log(`\nMemory of the server, configs opened, hovered over and closed`);
  if (started === null || warm === null || last === null) {
    console.log('is read from /proc, which this system has not');
    return;
  }
  console.log(cells('after start-up', `${(started / MB).toFixed(0)} MB`));
  console.log(cells('after 500 configs (baseline)', `${(warm / MB).toFixed(0)} MB`, '1.00 x'));
  console.log(
    cells(`after ${CONFIGS} configs`, `${(last / MB).toFixed(0)} MB`, `${(last / warm).toFixed(2)} x`),
  );
}
