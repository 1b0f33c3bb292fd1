import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { realConfigs } from '../../scripts/fuzz/inputs';
import { minimise } from '../../scripts/fuzz/minimise';
import { errorOf, tryInput, type Failure } from '../../scripts/fuzz/run';

/** What `npm run fuzz` found once, and a short run of it. CONTRIBUTING tells how to keep a failure here. */
const folder = path.resolve(__dirname, '../fuzz');

describe('fuzzing', () => {
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.json')))
    it(`what failed once holds: ${name.replace('.json', '')}`, () => {
      const { input } = JSON.parse(readFileSync(path.join(folder, name), 'utf8')) as Failure;
      assert.equal(errorOf(input), null);
    });

  it('sixty inputs of a fixed seed', function () {
    this.timeout(60_000);
    const configs = realConfigs();
    for (let number = 0; number < 60; number++) {
      const failure = tryInput(configs, 4, number);
      assert.equal(failure, null, JSON.stringify(failure));
    }
  });

  it('makes what fails small', () => {
    const text = Array.from({ length: 200 }, (_, i) => `line ${i}`).join('\n');
    assert.equal(
      minimise(text, (shorter) => /\b77\b/.test(shorter) && /\b1\b/.test(shorter)),
      '1\n77',
    );
  });
});
