import assert from 'node:assert/strict';
import fc from 'fast-check';
import { seriesStyles } from '../../webview/series';
import { spread } from '../../webview/spread';
import { bytesTick, contextTicks, logarithmicTicks, siTick, usdRoundTick } from '../../webview/ticks';
import { costOn } from '../../webview/views/context/quantities';

describe('webview: ticks', () => {
  const K = 1024;

  it('contexts stand at powers of two, or at even steps of one', () => {
    assert.deepEqual(contextTicks(K, 8 * K, true), [K, 2 * K, 4 * K, 8 * K]);
    assert.deepEqual(contextTicks(1500, 5000, true), [2 * K, 4 * K]);
    assert.deepEqual(
      contextTicks(0, K * K, false),
      [0, 1, 2, 3, 4, 5, 6, 7, 8].map((i) => i * 128 * K),
    );
    assert.deepEqual(contextTicks(5, 5, true), []);
  });

  it('logarithmic axes have round ticks, more of them where the axis is short', () => {
    assert.deepEqual(logarithmicTicks(1e3, 1e8), [1e3, 1e4, 1e5, 1e6, 1e7, 1e8]);
    assert.deepEqual(logarithmicTicks(0.03, 0.6), [0.05, 0.1, 0.2, 0.5]);
    assert.deepEqual(logarithmicTicks(0.25, 0.55), [0.3, 0.4, 0.5]);
    assert.deepEqual(logarithmicTicks(0, 10), []);
  });

  it('says round values without zeros', () => {
    assert.equal(bytesTick(2e9), '2 GB');
    assert.equal(bytesTick(1.5e6), '1.5 MB');
    assert.equal(bytesTick(100e9), '100 GB');
    assert.equal(usdRoundTick(0.1), '$0.1');
    assert.equal(usdRoundTick(20), '$20');
    assert.equal(siTick(1e15, 'FLOPS'), '1 PFLOPS');
  });
});

describe('webview: names beside lines', () => {
  it('leaves names where they are wanted if there is room', () => {
    assert.deepEqual(spread([50, 10], 10, 0, 100), [50, 10]);
  });

  it('moves names that would overlap apart, around their middle', () => {
    assert.deepEqual(spread([50, 52, 48], 10, 0, 100), [50, 60, 40]);
  });

  it('keeps every name inside and clear of the others, the first ones where there is no room for all', () => {
    const y = fc.double({ min: -50, max: 350, noNaN: true });
    fc.assert(
      fc.property(fc.array(y, { maxLength: 30 }), (wanted) => {
        const places = spread(wanted, 14, 0, 300);
        const given = places.flatMap((place) => (place === null ? [] : [place]));
        assert.equal(given.length, Math.min(wanted.length, 21));
        assert.ok(places.slice(0, given.length).every((place) => place !== null));
        const sorted = given.sort((a, b) => a - b);
        assert.ok(sorted.every((place) => place >= 7 - 1e-9 && place <= 293 + 1e-9));
        assert.ok(sorted.slice(1).every((place, i) => place - (sorted[i] ?? 0) >= 14 - 1e-9));
      }),
    );
  });
});

describe('webview: looks of models', () => {
  const theme = { active: 'orange', series: ['blue', 'green', 'purple', 'red', 'grey'] };
  const models = Array.from({ length: 60 }, (_, i) => ({ id: String(i), active: i === 7 }));

  it('gives sixty models sixty looks, and the open config one of its own', () => {
    const styles = seriesStyles(models, theme);
    const looks = [...styles.values()].map(({ color, dash, shape }) => [color, dash.join(), shape].join());
    assert.equal(new Set(looks).size, 60);
    const active = styles.get('7');
    assert.ok(active?.color === 'orange' && active.shape === 'rectRot' && active.width > 2);
  });

  it('keeps a model’s look when another becomes the open one', () => {
    const before = seriesStyles(models, theme).get('3');
    const after = seriesStyles(
      models.map((model) => ({ ...model, active: model.id === '9' })),
      theme,
    ).get('3');
    assert.deepEqual(before, after);
  });
});

describe('webview: costs over contexts', () => {
  it('finds the formula of the chosen target alone', () => {
    assert.match('cost on H100-NVL at 8K', costOn('H100-NVL').formula);
    assert.doesNotMatch('cost on H100-NVL at 8K', costOn('H100').formula);
    assert.match('AFD cost at 8K', costOn('afd').formula);
  });
});
