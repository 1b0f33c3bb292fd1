import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { familiesPage } from '../../scripts/docs';

describe('docs', () => {
  it('list the families that are read: npm run docs writes them', async () => {
    const file = path.resolve(__dirname, '../../docs/families.md');
    assert.equal(readFileSync(file, 'utf8'), await familiesPage());
  });
});
