import assert from 'node:assert/strict';
import { analyzeConfig, DEFAULT_SETTINGS, moduleSymbols } from '../../src/service';

describe('symbols', () => {
  it('of very many keys take a time that grows with their number alone', () => {
    const keys = Array.from({ length: 30_000 }, (_, i) => `"key_${i}": ${i}`).join(',\n');
    const input = { text: `{"model_type": "llama",\n${keys}}`, file: 'file:///a/config.json', name: 'a' };
    const analyzed = analyzeConfig(input, DEFAULT_SETTINGS);
    assert.ok(analyzed);
    const before = process.cpuUsage();
    const listed = moduleSymbols(analyzed).flatMap((module) => module.keys);
    const { user, system } = process.cpuUsage(before);
    assert.equal(listed.length, 30_001);
    assert.ok(user + system < 1_000_000, `${Math.round((user + system) / 1000)} ms`);
  });
});
