import { open, readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { CheckpointFacts } from '../service';

/**
 * What the safetensors files in a folder say of themselves: the index where there is one, else the headers. Only names
 * and sizes are read, never a weight. For the shells that run on Node; null where there is no checkpoint.
 */
export async function readCheckpoint(folder: string): Promise<CheckpointFacts | null> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch {
    return null;
  }
  const index =
    names.find((name) => name === 'model.safetensors.index.json') ??
    names.find((name) => name.endsWith('.safetensors.index.json'));
  if (index !== undefined) {
    const facts = await readIndex(folder, index, names);
    if (facts) return facts;
  }
  return readHeaders(folder, weightFiles(names));
}

/** The sharded files if there are any: some folders hold the same weights a second time in one file. */
function weightFiles(names: readonly string[]): readonly string[] {
  const files = names.filter((name) => name.endsWith('.safetensors')).sort();
  const sharded = files.filter((name) => /-\d{5}-of-\d{5}\.safetensors$/.test(name));
  const single = files.filter((name) => name === 'model.safetensors');
  const consolidated = files.filter((name) => name.startsWith('consolidated'));
  return [sharded, single, consolidated].find((list) => list.length > 0) ?? [];
}

/** The largest published index (a trillion weights in 400 experts) has 20 MB. */
const MAX_INDEX_BYTES = 64e6;

async function readIndex(
  folder: string,
  name: string,
  names: readonly string[],
): Promise<CheckpointFacts | null> {
  const value = await readJson(path.join(folder, name));
  const total = value?.metadata?.total_size;
  if (typeof total !== 'number' || !Number.isSafeInteger(total) || total <= 0) return null;
  const map = value?.weight_map;
  const files = typeof map === 'object' && map !== null ? [...new Set(Object.values(map).map(String))] : [];
  const missing = files.filter((file) => !names.includes(file));
  // An index alone, without any weights, is how people keep configs: nothing is missing then.
  return { file: name, totalBytes: total, missingFiles: missing.length < files.length ? missing : [] };
}

interface Index {
  readonly metadata?: { readonly total_size?: unknown };
  readonly weight_map?: unknown;
}

async function readJson(file: string): Promise<Index | null> {
  try {
    if ((await stat(file)).size > MAX_INDEX_BYTES) return null;
    const value = JSON.parse(await readFile(file, 'utf8')) as unknown;
    return typeof value === 'object' && value !== null ? value : null;
  } catch {
    return null;
  }
}

async function readHeaders(folder: string, files: readonly string[]): Promise<CheckpointFacts | null> {
  let totalBytes = 0;
  const missing = missingShards(files);
  for (const file of files) {
    const bytes = await tensorBytes(path.join(folder, file));
    if (bytes === null) return null;
    totalBytes += bytes;
  }
  const [first] = files;
  if (first === undefined) return null;
  return {
    file: files.length === 1 ? first : `${first} and ${files.length - 1} more`,
    totalBytes,
    missingFiles: missing,
  };
}

/** `model-00002-of-00003.safetensors` says how many there are. */
function missingShards(files: readonly string[]): string[] {
  const [, stem, total] = /^(.*)-\d{5}-of-(\d{5})\.safetensors$/.exec(files[0] ?? '') ?? [];
  if (stem === undefined || total === undefined || Number(total) > 10_000) return [];
  return Array.from(
    { length: Number(total) },
    (_, i) => `${stem}-${String(i + 1).padStart(5, '0')}-of-${total}.safetensors`,
  ).filter((file) => !files.includes(file));
}

const MAX_HEADER_BYTES = 100e6;

/** Bytes of a safetensors file's tensors: eight bytes of header length, the header, the tensors. */
async function tensorBytes(file: string): Promise<number | null> {
  let handle;
  try {
    handle = await open(file, 'r');
    const { size } = await handle.stat();
    const start = Buffer.alloc(8);
    if ((await handle.read(start, 0, 8, 0)).bytesRead < 8) return null;
    const length = start.readBigUInt64LE();
    // A Git LFS pointer is text: its first bytes make an absurd length.
    if (length > MAX_HEADER_BYTES || length + 8n > BigInt(size)) return null;
    const header = Buffer.alloc(Number(length));
    await handle.read(header, 0, header.length, 8);
    const tensors = JSON.parse(header.toString('utf8')) as unknown;
    if (typeof tensors !== 'object' || tensors === null) return null;
    return Object.entries(tensors).reduce((sum, [name, tensor]) => {
      const offsets =
        name === '__metadata__' ? null : (tensor as { data_offsets?: unknown } | null)?.data_offsets;
      const [from, to] = Array.isArray(offsets) ? offsets.map(Number) : [0, 0];
      return sum + Math.max(0, (to ?? 0) - (from ?? 0));
    }, 0);
  } catch {
    return null;
  } finally {
    await handle?.close();
  }
}
