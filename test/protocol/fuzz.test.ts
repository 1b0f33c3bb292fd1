import assert from 'node:assert/strict';
import { realConfigs } from '../../scripts/fuzz/inputs';
import { sessionError } from '../../scripts/fuzz/server';
import { sessionOf } from '../../scripts/fuzz/session';

/** A short run of `npm run fuzz -- --sessions`. */
describe('an editor gone wild', () => {
  const configs = realConfigs();
  for (let number = 0; number < 3; number++)
    it(`session ${number} of seed 4`, async () => {
      assert.equal(await sessionError(sessionOf(configs, 4, number)), null);
    });
});
