import assert from 'node:assert/strict';
import { agreesRounded, lastDigitUnit } from '../../scripts/check-corpus/facts';

describe('check:corpus', () => {
  it('knows the last digit of a rounded figure', () => {
    for (const [value, unit] of [
      [36.7e9, 0.1e9],
      [671e9, 1e9],
      [30e9, 10e9],
      [1.3e9, 0.1e9],
      [4e12, 1e12],
      [0, 1],
    ] as const)
      assert.ok(Math.abs(lastDigitUnit(value) - unit) <= 1e-6 * unit, String(value));
  });
  it('takes rounded and truncated figures, and nothing further away', () => {
    assert.ok(agreesRounded(36.63e9, 36.7e9));
    assert.ok(agreesRounded(671.03e9, 671e9));
    assert.ok(agreesRounded(31.58e9, 30e9));
    assert.ok(!agreesRounded(34e9, 30e9));
    assert.ok(!agreesRounded(704e9, 671e9));
    assert.ok(!agreesRounded(36.55e9, 36.7e9));
  });
});
