import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { FAMILIES } from '../../src/architecture';
import { ACCOUNTINGS, PRECISIONS, RULE_SEVERITIES, WINDOW_RESERVATIONS } from '../../src/protocol';
import { DEFAULT_SETTINGS } from '../../src/service/settings';
import manifest from '../../package.json';
import texts from '../../package.nls.json';

const root = path.resolve(__dirname, '../..');
const read = (file: string) => readFileSync(path.join(root, file), 'utf8');
const sources = (folder: string): string =>
  readdirSync(path.join(root, folder), { encoding: 'utf8', recursive: true })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => read(path.join(folder, name)))
    .join('\n');

/** Every string under a value, with the keys that lead to it. */
function* stringsOf(value: unknown, at: readonly string[] = []): Generator<readonly [string, string]> {
  if (typeof value === 'string') yield [at.join('.'), value];
  else if (typeof value === 'object' && value !== null)
    for (const [key, inner] of Object.entries(value)) yield* stringsOf(inner, [...at, key]);
}

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
    assert.equal(properties['decodeLens.kvBlockSize'].default, options.kvBlockSize);
    assert.equal(properties['decodeLens.windowReservation'].default, options.windowReservation);
    assert.equal(properties['decodeLens.maxFileSizeKB'].default * 1024, DEFAULT_SETTINGS.maxTextLength);
    assert.deepEqual(properties['decodeLens.rules'].default, DEFAULT_SETTINGS.rules);
    const serving = Object.entries(properties['decodeLens.serving'].properties);
    assert.deepEqual(
      Object.fromEntries(serving.map(([name, property]) => [name, property.default])),
      options.serving,
    );
  });

  it('allows the values that the service allows', () => {
    assert.deepEqual(properties['decodeLens.accounting'].enum, ACCOUNTINGS);
    assert.deepEqual(properties['decodeLens.precision'].enum, PRECISIONS);
    assert.deepEqual(properties['decodeLens.kvPrecision'].enum, PRECISIONS);
    assert.deepEqual(properties['decodeLens.windowReservation'].enum, WINDOW_RESERVATIONS);
    assert.deepEqual(properties['decodeLens.rules'].additionalProperties.enum, RULE_SEVERITIES);
  });

  it('has at most 15 settings, each of a resource', () => {
    const settings = Object.entries(properties);
    assert.ok(settings.length <= 15, `${settings.length} settings`);
    for (const [name, { scope }] of settings)
      // The language client reads this one of the window.
      assert.equal(scope, name === 'decodeLens.trace.server' ? 'window' : 'resource', name);
  });

  it('has every text that a user reads in package.nls.json, and none too many', () => {
    const readable = /(^|\.)(title|category|description|markdownDescription|enumDescriptions\.\d+)$/;
    const used = new Set<string>();
    for (const [at, text] of stringsOf(manifest.contributes)) {
      const key = /^%(.+)%$/.exec(text)?.[1];
      if (key === undefined) assert.ok(!readable.test(at), `${at} is no reference: ${text}`);
      else used.add(key);
    }
    assert.deepEqual([...used].sort(), Object.keys(texts).sort());
    for (const [key, text] of Object.entries(texts)) assert.ok(text.trim() !== '', key);
  });

  it('packs every file that it names', () => {
    const packed = read('.vscodeignore');
    for (const file of ['package.json', 'package.nls.json', manifest.main.replace('./', ''), manifest.icon])
      assert.ok(packed.includes(`!${file}\n`), file);
  });

  it('names every setting and every command in README', () => {
    const readme = read('README.md');
    for (const setting of Object.keys(properties))
      if (setting !== 'decodeLens.trace.server') assert.ok(readme.includes(`\`${setting}\``), setting);
    for (const { title } of manifest.contributes.commands) {
      const text = texts[title.slice(1, -1) as keyof typeof texts].replace('…', '');
      assert.ok(readme.includes(`${text}**`), text);
    }
  });

  it('has its assets, and a schema for every family', () => {
    assert.ok(existsSync(path.join(root, manifest.icon)));
    for (const { schema } of FAMILIES.values())
      assert.ok(existsSync(path.join(root, 'schemas', `config-${schema}.schema.json`)), schema);
  });

  it('asks for the packages that the lock file holds, so that a fresh clone gets them', () => {
    const lock = JSON.parse(read('package-lock.json')) as {
      packages: Record<string, { devDependencies?: Record<string, string> }>;
    };
    assert.deepEqual(manifest.devDependencies, lock.packages['']?.devDependencies);
    assert.ok(Object.keys(manifest.devDependencies).includes('esbuild'));
  });

  it('ships no runtime dependencies: everything is bundled', () => {
    assert.equal('dependencies' in manifest, false);
  });
});
