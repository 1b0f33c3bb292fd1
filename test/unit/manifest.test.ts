import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { FAMILIES } from '../../src/architecture';
import { ACCOUNTINGS, PRECISIONS } from '../../src/protocol';
import { DEFAULT_SETTINGS } from '../../src/service/settings';
import manifest from '../../package.json';

const root = path.resolve(__dirname, '../..');
const sources = (folder: string): string =>
  readdirSync(path.join(root, folder))
    .map((name) => readFileSync(path.join(root, folder, name), 'utf8'))
    .join('\n');

describe('extension manifest', () => {
  const { properties } = manifest.contributes.configuration;

  it('declares the commands that the extension registers, and no others', () => {
    const registered = [...sources('src/extension').matchAll(/registerCommand\(\s*'([^']+)'/g)].map(
      ([, id]) => id,
    );
    assert.deepEqual(
      registered.sort(),
      manifest.contributes.commands.map((command) => command.command).sort(),
    );
  });
  it('has the defaults that the service has', () => {
    const { options } = DEFAULT_SETTINGS;
    assert.deepEqual(properties['decodeLens.targets'].default, options.targets);
    assert.deepEqual(properties['decodeLens.contexts'].default, options.contexts);
    assert.equal(properties['decodeLens.accounting'].default, options.accounting);
    assert.equal(properties['decodeLens.precision'].default, options.precision);
    assert.equal(properties['decodeLens.kvPrecision'].default, options.kvPrecision);
    assert.equal(properties['decodeLens.maxFileSizeKB'].default * 1024, DEFAULT_SETTINGS.maxTextLength);
    assert.deepEqual(properties['decodeLens.accounting'].enum, ACCOUNTINGS);
    assert.deepEqual(properties['decodeLens.precision'].enum, PRECISIONS);
    assert.deepEqual(properties['decodeLens.kvPrecision'].enum, PRECISIONS);
  });
  it('names every setting in README', () => {
    const readme = readFileSync(path.join(root, 'README.md'), 'utf8');
    for (const setting of Object.keys(properties))
      if (setting !== 'decodeLens.trace.server') assert.ok(readme.includes(`\`${setting}\``), setting);
  });
  it('has its assets, and a schema for every family', () => {
    assert.ok(existsSync(path.join(root, manifest.icon)));
    for (const { schema } of FAMILIES.values())
      assert.ok(existsSync(path.join(root, 'schemas', `config-${schema}.schema.json`)), schema);
  });
  it('asks for the packages that the lock file holds, so that a fresh clone gets them', () => {
    const lock = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { devDependencies?: Record<string, string> }>;
    };
    assert.deepEqual(manifest.devDependencies, lock.packages['']?.devDependencies);
    assert.ok(Object.keys(manifest.devDependencies).includes('esbuild'));
  });
  it('ships no runtime dependencies: everything is bundled', () => {
    assert.equal('dependencies' in manifest, false);
  });
});
