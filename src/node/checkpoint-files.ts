import { open, readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { CheckpointFacts } from '../service';

/**
 * What the safetensors files in a folder say of themselves: their headers, or the index where they aren't all there. Only
 * names and sizes are read, never a weight. For the shells that run on Node; null where there is no checkpoint.
 */
export async function readCheckpoint(folder: string): Promise<CheckpointFacts | null> {
  let names: ReadonlySet<string>;
  try {
    names = new Set(await readdir(folder));
  } catch {
    return null;
  }
  const found = (await readIndexed(folder, names)) ?? (await readHeaders(folder, weightFiles([...names])));
  if (!found) return null;
  const quantization = names.has(MODELOPT_FILE) ? await readJson(path.join(folder, MODELOPT_FILE)) : null;
  return { ...found, quantization };
}

/** Where NVIDIA's ModelOpt says how the weights are quantized; the configs beside it don't always. */
const MODELOPT_FILE = 'hf_quant_config.json';

type Found = Omit<CheckpointFacts, 'quantization'>;

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

async function readIndexed(folder: string, names: ReadonlySet<string>): Promise<Found | null> {
  const index = names.has(INDEX_FILE)
    ? INDEX_FILE
    : [...names].find((name) => name.endsWith('.safetensors.index.json'));
  if (index === undefined) return null;
  const value = await readJson(path.join(folder, index));
  const map = objectOf(value?.weight_map);
  const files = [...new Set(Object.values(map).map(String))];
  const missing = files.filter((file) => !names.has(file));
  // Some publishers' totals are wrong (DeepSeek-V3's), the headers never.
  const whole = missing.length === 0 ? await readHeaders(folder, files) : null;
  if (whole) return whole;
  const total = objectOf(value?.metadata).total_size;
  if (typeof total !== 'number' || !Number.isSafeInteger(total) || total <= 0) return null;
  return {
    file: index,
    totalBytes: total,
    // An index alone, without any weights, is how people keep configs: nothing is missing then.
    missingFiles: missing.length < files.length ? missing : [],
    shortFiles: [],
  };
}
const INDEX_FILE = 'model.safetensors.index.json';

type Json = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const objectOf = (value: unknown): Json => (isObject(value) ? value : {});

async function readJson(file: string): Promise<Json | null> {
  try {
    if ((await stat(file)).size > MAX_INDEX_BYTES) return null;
    const value = JSON.parse(await readFile(file, 'utf8')) as unknown;
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

async function readHeaders(folder: string, files: readonly string[]): Promise<Found | null> {
  const [first] = files;
  if (first === undefined) return null;
  let totalBytes = 0;
  const shortFiles: string[] = [];
  for (const file of files) {
    const tensors = await tensorBytes(path.join(folder, file));
    if (tensors === null) return null;
    totalBytes += tensors.bytes;
    if (!tensors.isWhole) shortFiles.push(file);
  }
  return {
    file: files.length === 1 ? first : `${first} and ${files.length - 1} more`,
    totalBytes,
    missingFiles: missingShards(files),
    shortFiles,
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

interface TensorBytes {
  readonly bytes: number;
  /** The file is as long as its header says. */
  readonly isWhole: boolean;
}

/** Bytes of a safetensors file's tensors: eight bytes of header length, the header, the tensors. */
async function tensorBytes(file: string): Promise<TensorBytes | null> {
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
    if (!isObject(tensors)) return null;
    let [bytes, end] = [0, 0];
    for (const [name, tensor] of Object.entries(tensors)) {
      if (name === '__metadata__') continue;
      const [from, to] = offsetsOf(tensor);
      bytes += to - from;
      end = Math.max(end, to);
    }
    return { bytes, isWhole: 8 + header.length + end <= size };
  } catch {
    return null;
  } finally {
    await handle?.close();
  }
}

/** Where a tensor begins and ends; nonsense is no tensor. */
function offsetsOf(tensor: unknown): readonly [from: number, to: number] {
  const offsets: unknown = objectOf(tensor).data_offsets;
  const [from, to] = Array.isArray(offsets) ? (offsets as unknown[]) : [];
  const isSound = Number.isSafeInteger(from) && Number.isSafeInteger(to) && Number(to) >= Number(from);
  return isSound ? [Number(from), Number(to)] : [0, 0];
}
