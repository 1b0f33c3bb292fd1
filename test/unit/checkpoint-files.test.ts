import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readCheckpoint } from '../../src/node/checkpoint-files';

/** A safetensors file: eight bytes of header length, the header, the tensors. */
function safetensors(tensors: Readonly<Record<string, number>>, header?: string): Buffer {
  let at = 0;
  const described = Object.entries(tensors).map(([name, bytes]) => {
    const data_offsets = [at, (at += bytes)];
    return [name, { dtype: 'U8', shape: [bytes], data_offsets }];
  });
  const text = header ?? JSON.stringify({ __metadata__: { format: 'pt' }, ...Object.fromEntries(described) });
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, Buffer.from(text), Buffer.alloc(at)]);
}
const index = (total_size: unknown, files: readonly string[]): string =>
  JSON.stringify({
    metadata: { total_size },
    weight_map: Object.fromEntries(files.map((file, i) => [`tensor.${i}`, file])),
  });
const INDEX = 'model.safetensors.index.json';
const LFS_POINTER = 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 4976698672\n';
const shard = (i: number, of: number) =>
  `model-${String(i).padStart(5, '0')}-of-${String(of).padStart(5, '0')}.safetensors`;

describe('files of a checkpoint', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'decode-lens-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });
  const write = (name: string, content: string | Buffer) => {
    writeFileSync(path.join(folder, name), content);
  };
  const found = async () => {
    const facts = await readCheckpoint(folder);
    return facts && [facts.file, facts.totalBytes, ...facts.missingFiles, ...facts.shortFiles];
  };

  it('none, and no folder', async () => {
    assert.equal(await found(), null);
    assert.equal(await readCheckpoint(path.join(folder, 'nowhere')), null);
    write('config.json', '{}');
    assert.equal(await found(), null);
  });
  it('an index alone', async () => {
    write(INDEX, index(1234, ['a.safetensors', 'b.safetensors']));
    assert.deepEqual(await found(), [INDEX, 1234]);
  });
  it('an index and only some of its files', async () => {
    write(INDEX, index(1234, [shard(1, 2), shard(2, 2)]));
    write(shard(1, 2), safetensors({ a: 10 }));
    assert.deepEqual(await found(), [INDEX, 1234, shard(2, 2)]);
  });
  it('an index and all of its files: their headers count', async () => {
    write(INDEX, index(1234, [shard(1, 2), shard(2, 2)]));
    write(shard(1, 2), safetensors({ a: 10, b: 5 }));
    write(shard(2, 2), safetensors({ c: 7 }));
    write('consolidated.safetensors', safetensors({ a: 10, b: 5, c: 7 }));
    assert.deepEqual(await found(), [`${shard(1, 2)} and 1 more`, 22]);
  });
  it('an index and Git LFS pointers', async () => {
    write(INDEX, index(1234, [shard(1, 1)]));
    write(shard(1, 1), LFS_POINTER);
    assert.deepEqual(await found(), [INDEX, 1234]);
  });
  it('an index of another name', async () => {
    write('diffusion.safetensors.index.json', index(77, []));
    assert.deepEqual(await found(), ['diffusion.safetensors.index.json', 77]);
  });
  it('an index that is none: the headers count, or nothing does', async () => {
    const broken = ['', '[]', '7', 'null', '{', '{"metadata": 3}', '{"weight_map": []}', '{"metadata": []}'];
    const wrong = [-1, 0, 1.5, '1234', null, {}, 2 ** 60].map((total) => index(total, []));
    for (const text of [...broken, ...wrong]) {
      write(INDEX, text);
      assert.equal(await found(), null, text);
    }
    write('model.safetensors', safetensors({ a: 3 }));
    for (const text of [...broken, ...wrong]) {
      write(INDEX, text);
      assert.deepEqual(await found(), ['model.safetensors', 3], text);
    }
    write(
      INDEX,
      JSON.stringify({ metadata: { total_size: 9 }, weight_map: { a: '../../etc/passwd', b: 7 } }),
    );
    assert.deepEqual(await found(), [INDEX, 9]);
  });
  it('one file', async () => {
    write('model.safetensors', safetensors({ a: 100, b: 28 }));
    assert.deepEqual(await found(), ['model.safetensors', 128]);
    write('consolidated.safetensors', safetensors({ a: 100, b: 28 }));
    assert.deepEqual(await found(), ['model.safetensors', 128]);
  });
  it('shards without an index, all or some', async () => {
    write(shard(1, 3), safetensors({ a: 1 }));
    write(shard(3, 3), safetensors({ c: 3 }));
    assert.deepEqual(await found(), [`${shard(1, 3)} and 1 more`, 4, shard(2, 3)]);
    write(shard(2, 3), safetensors({ b: 2 }));
    assert.deepEqual(await found(), [`${shard(1, 3)} and 2 more`, 6]);
  });
  it('a file cut off within its tensors', async () => {
    const content = safetensors({ a: 100 });
    write('model.safetensors', content);
    truncateSync(path.join(folder, 'model.safetensors'), content.length - 1);
    assert.deepEqual(await found(), ['model.safetensors', 100, 'model.safetensors']);
  });
  it('no safetensors at all', async () => {
    const absurd = Buffer.alloc(16, 0xff);
    const cutOff = safetensors({ a: 1 }).subarray(0, 20);
    for (const content of [
      '',
      'short',
      LFS_POINTER,
      absurd,
      cutOff,
      safetensors({}, '{'),
      safetensors({}, '[]'),
    ]) {
      write('model.safetensors', content);
      assert.equal(await found(), null);
    }
  });
  it('a header with nonsense in it', async () => {
    const tensors = { a: null, b: {}, c: { data_offsets: ['x', 'y'] }, d: { data_offsets: [5, 2] }, e: [1] };
    write('model.safetensors', safetensors({}, JSON.stringify({ ...tensors, f: { data_offsets: [0, 0] } })));
    assert.deepEqual(await found(), ['model.safetensors', 0]);
  });
  it('what ModelOpt says beside it', async () => {
    write('model.safetensors', safetensors({ a: 1 }));
    assert.equal((await readCheckpoint(folder))?.quantization, null);
    const said = { quantization: { quant_algo: 'FP8' } };
    write('hf_quant_config.json', JSON.stringify(said));
    assert.deepEqual((await readCheckpoint(folder))?.quantization, said);
    write('hf_quant_config.json', '[');
    assert.equal((await readCheckpoint(folder))?.quantization, null);
  });
});
