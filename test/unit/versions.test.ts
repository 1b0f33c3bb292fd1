import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  analyzeConfig,
  catalogText,
  changedKeys,
  compareVersions,
  DEFAULT_SETTINGS,
  versionHeadline,
} from '../../src/service';

const TEXT = catalogText('DeepSeek-V3') ?? '';
const read = (text: string) => {
  const analyzed = analyzeConfig({ text, file: 'config.json', name: 'model' }, DEFAULT_SETTINGS);
  assert.ok(analyzed);
  return analyzed;
};
const edited = (key: string, value: unknown) =>
  JSON.stringify({ ...(JSON.parse(TEXT) as Record<string, unknown>), [key]: value }, null, 2);

describe('versions', () => {
  it('of equal values differ in nothing, however they are written', () => {
    const delta = compareVersions(read(TEXT), read(JSON.stringify(JSON.parse(TEXT))));
    assert.deepEqual(delta.keys, []);
    assert.deepEqual(delta.findings, { added: [], gone: [] });
    assert.equal(versionHeadline(delta), null);
    assert.equal(delta.totalParameters.before, delta.totalParameters.after);
  });
  it('tell which number follows from which key', () => {
    const delta = compareVersions(read(TEXT), read(edited('num_attention_heads', 64)));
    assert.deepEqual(
      delta.keys.map(({ path, after }) => [path, after]),
      [[['num_attention_heads'], 64]],
    );
    assert.equal(delta.kvBytesPerToken.before, delta.kvBytesPerToken.after);
    assert.equal(delta.effectiveRank.after, (delta.effectiveRank.before ?? 0) / 2);
    assert.equal(delta.arithmeticIntensity.after, (delta.arithmeticIntensity.before ?? 0) / 2);
    assert.equal(delta.usdPer1M.length, 8);
    assert.match(versionHeadline(delta) ?? '', /^parameters 671B → \d+B \(-[\d.]+%\), activated .*, \$\/1M/);
  });
  it('have no numbers where one can’t be read, and tell the new finding', () => {
    const delta = compareVersions(read(TEXT), read(edited('hidden_size', -1)));
    assert.equal(delta.totalParameters.after, null);
    assert.ok((delta.totalParameters.before ?? 0) > 6e11);
    assert.deepEqual(
      delta.findings.added.map((f) => f.code),
      ['schema/minimum'],
    );
    const back = compareVersions(read(edited('hidden_size', -1)), read(TEXT));
    assert.deepEqual(
      back.findings.gone.map((f) => f.code),
      ['schema/minimum'],
    );
    assert.equal(versionHeadline(back), null);
  });
  it('tell keys that came and went, within objects, and lists as one value', () => {
    assert.deepEqual(
      changedKeys({ a: 1, b: { c: [1, 2], d: null }, e: 1 }, { b: { c: [1, 3], d: null, f: 2 }, a: 1 }),
      [
        { path: ['b', 'c'], before: [1, 2], after: [1, 3] },
        { path: ['b', 'f'], after: 2 },
        { path: ['e'], before: 1 },
      ],
    );
  });
  it('of a value against itself have no changed keys; against another at least one', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        assert.deepEqual(changedKeys(a, structuredClone(a)), []);
        if (JSON.stringify(a) !== JSON.stringify(b) && typeof a !== 'object')
          assert.ok(changedKeys(a, b).length > 0);
      }),
    );
  });
});
