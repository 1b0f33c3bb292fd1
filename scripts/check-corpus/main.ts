import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { countParameters, type Architecture } from '../../src/architecture';
import {
  decodeOps,
  kvBytesPerToken,
  stateBytes,
  unboundedKvBytesPerToken,
  type OpOptions,
} from '../../src/cost';
import { analyzeConfig, DEFAULT_SETTINGS, type AnalyzedConfig } from '../../src/service';
import type { IndexRow } from './facts';
import { billions, verdictOf, type Count, type Kv } from './verdicts';

/**
 * `npm run check:corpus -- DIR [FILTER] [--summary]`: reads every config in a folder, prints what Decode Lens makes of it, and
 * holds it against the published figures in the folder's `index.json`. Exit code 1 if any figure is missed, or any real
 * config has a finding of severity error.
 */
const BF16: OpOptions = {
  accounting: 'exact',
  precision: 'bf16',
  kvPrecision: 'bf16',
  kvBlockSize: 16,
  windowReservation: 'window',
};

interface Checked {
  readonly file: string;
  readonly failures: readonly string[];
  readonly notes: readonly string[];
  readonly facts: number;
  readonly isRead: boolean;
}

/** The details of every file; silent with `--summary`. */
let print = (text: string): void => {
  console.log(text);
};

function check(folder: string, file: string, row: IndexRow | undefined): Checked {
  const text = readFileSync(path.join(folder, file), 'utf8');
  const analyzed = analyzeConfig({ text, file, name: file.replace(/\.json$/, '') }, DEFAULT_SETTINGS);
  if (!analyzed) return refused(file, row, ['not recognized as a model config']);
  const errors = analyzed.analysis.findings.filter((f) => f.severity === 'error');
  const notes = analyzed.analysis.findings
    .filter((f) => f.severity !== 'error')
    .map((f) => `${f.severity} ${f.code}: ${f.message}`);
  if (!analyzed.architecture || errors.length > 0)
    return refused(
      file,
      row,
      errors.map((f) => `${f.code} at ${f.path.join('.') || 'root'}: ${f.message}`),
    );
  return checkArchitecture(analyzed, analyzed.architecture, file, row, notes);
}

function refused(file: string, row: IndexRow | undefined, errors: readonly string[]): Checked {
  print(`${file}\n  NOT READ`);
  return { file, failures: errors, notes: [], facts: Object.keys(row?.facts ?? {}).length, isRead: false };
}

function checkArchitecture(
  { match }: AnalyzedConfig,
  architecture: Architecture,
  file: string,
  row: IndexRow | undefined,
  notes: readonly string[],
): Checked {
  const count = countParameters(architecture);
  const ops = decodeOps(architecture, BF16, { batch: 1, context: 1 << 20 });
  const kv = {
    perToken: kvBytesPerToken(ops).value,
    unbounded: unboundedKvBytesPerToken(ops).value,
    state: stateBytes(ops).value,
  };
  const apart = (['mtp', 'vision', 'audio'] as const)
    .filter((key) => count[key] !== 0)
    .map((key) => `${key} ${count[key] === null ? 'not counted' : billions(count[key])}`);
  print(
    `${file}\n  ${match?.family.name ?? ''} (${architecture.modelType}): ${count.total} parameters (${billions(count.total)}), ${count.activated} activated${apart.length ? `, ${apart.join(', ')}` : ''}\n  KV at BF16 ${kv.perToken} B/token (${kv.unbounded} unbounded), state ${kv.state} B/sequence`,
  );
  const verdicts = Object.entries(row?.facts ?? {}).map(([name, fact]) =>
    verdictOf(name, fact, { architecture, count, kv, isWrapped: (match?.textPath.length ?? 0) > 0 }),
  );
  const failures = verdicts.filter((v) => v.outcome === 'failed').map((v) => `${v.fact}: ${v.detail}`);
  for (const v of verdicts)
    print(
      `  ${v.outcome === 'held' ? 'ok  ' : v.outcome === 'failed' ? 'FAIL' : '-   '} ${v.fact}: ${v.detail}`,
    );
  const differences = row?.independentCount ? secondOpinion(row.independentCount, count, kv) : [];
  for (const note of [...notes, ...differences]) print(`  note ${note}`);
  return { file, failures, notes: differences, facts: verdicts.length, isRead: true };
}

/** Where another enumeration differs. No fact: it is shown and does not fail. */
function secondOpinion(other: NonNullable<IndexRow['independentCount']>, count: Count, kv: Kv): string[] {
  const pairs: readonly (readonly [string, number | null | undefined, number])[] = [
    ['language model', other.parametersLanguageModel, count.total],
    ['activated', other.activatedPerToken, count.activated],
    [
      'with MTP and towers',
      other.parametersWithMtpAndVision,
      count.total + count.mtp + (count.vision ?? 0) + (count.audio ?? 0),
    ],
    ['KV unbounded', other.kvBf16?.full, kv.unbounded],
    ['KV windowed', other.kvBf16?.windowed, kv.perToken - kv.unbounded],
    ['state', other.kvBf16?.state, kv.state],
  ];
  return pairs.flatMap(([what, theirs, ours]) =>
    theirs === null || theirs === undefined || theirs === ours
      ? []
      : [`independent count differs, ${what}: theirs ${theirs}, ours ${ours} (${ours - theirs})`],
  );
}

function main(): void {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { summary: { type: 'boolean' } },
  });
  const [folder, filter] = positionals;
  if (values.summary) print = () => undefined;
  if (folder === undefined || !existsSync(folder)) {
    console.error('Usage: npm run check:corpus -- DIR [FILTER]');
    process.exit(2);
  }
  const indexFile = path.join(folder, 'index.json');
  const rows = existsSync(indexFile) ? (JSON.parse(readFileSync(indexFile, 'utf8')) as IndexRow[]) : [];
  const byFile = new Map(rows.map((row) => [row.file, row]));
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.json') && name !== 'index.json')
    .filter((name) => filter === undefined || new RegExp(filter, 'i').test(name))
    .sort();
  const checked = files.map((file) => check(folder, file, byFile.get(file)));
  const failed = checked.filter((c) => c.failures.length > 0);
  console.log('');
  for (const { file, failures } of failed)
    for (const failure of failures) console.log(`FAIL ${file}: ${failure}`);
  const read = checked.filter((c) => c.isRead).length;
  const facts = checked.reduce((n, c) => n + c.facts, 0);
  const differing = checked.filter((c) => c.notes.length > 0).length;
  console.log(
    `${checked.length} configs, ${read} read, ${facts} published figures; ${failed.length} with a mismatch; ${differing} differ from the independent count`,
  );
  process.exit(failed.length > 0 ? 1 : 0);
}

main();
