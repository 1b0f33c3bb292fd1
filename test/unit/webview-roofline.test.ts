import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { AcceleratorChoice, RooflineOperation } from '../../src/protocol';
import {
  attainable,
  boundBy,
  pointsOf,
  ridgeOf,
  slopeInside,
  slopesOf,
} from '../../webview/views/roofline/intensity';

const accelerator = (name: string, teraflops: number, gigabytes: number): AcceleratorChoice => ({
  name,
  title: name,
  usdPerHour: null,
  flops: {
    fp8: teraflops * 1e12,
    int8: teraflops * 1e12,
    bf16: (teraflops / 2) * 1e12,
    fp4: teraflops * 1e12,
  },
  bandwidth: gigabytes * 1e9,
  source: '',
});
const operation = (name: string, flops: number, bytes: number): RooflineOperation => ({
  name,
  module: 'attentionLinear',
  shape: '',
  flops,
  bytes,
  experts: null,
  precision: 'fp8',
});
const H20 = accelerator('H20', 296, 4000);

describe('webview: roofline', () => {
  it('has its ridge where memory stops being the limit', () => {
    const ridge = ridgeOf(H20, 'fp8');
    assert.equal(ridge, 74);
    assert.equal(ridgeOf(H20, 'bf16'), 37);
    assert.equal(attainable(H20, 'fp8', ridge / 2), 148e12);
    assert.equal(attainable(H20, 'fp8', ridge * 2), 296e12);
    assert.equal(boundBy(ridge - 1, ridge), 'memory');
    assert.equal(boundBy(ridge, ridge), 'compute');
  });

  it('puts operations of one part and intensity on one point', () => {
    const operations = [operation('q', 200, 2), operation('k', 100, 1), operation('o', 90, 1)];
    const points = pointsOf([...operations, operation('free', 1, 0)], H20);
    assert.deepEqual(
      points.map(({ x, operations: own }) => [x, own.map(({ name }) => name).join()]),
      [
        [100, 'q,k'],
        [90, 'o'],
      ],
    );
  });

  it('draws accelerators with one slope once, the steepest first', () => {
    const slopes = slopesOf([H20, accelerator('H800', 1979, 3350), accelerator('H100', 1979, 3350)], 'fp8');
    assert.deepEqual(
      slopes.map(({ names, ridge }) => [names.join(), Math.round(ridge)]),
      [
        ['H800,H100', 591],
        ['H20', 74],
      ],
    );
  });

  it('cuts a slope at the chart’s box', () => {
    const positive = fc.double({ min: 0.1, max: 1000, noNaN: true });
    fc.assert(
      fc.property(positive, positive, positive, (ridge, width, height) => {
        const points = slopeInside(ridge, [width / 10, width], [height / 10, height]);
        for (const { x, y } of points) {
          assert.ok(x >= width / 10 && x <= width * (1 + 1e-9));
          assert.ok(y >= (height / 10) * (1 - 1e-9) && y <= height * (1 + 1e-9));
        }
      }),
    );
    assert.deepEqual(slopeInside(2, [0, 10], [0, 10]), [
      { x: 0, y: 0 },
      { x: 5, y: 10 },
    ]);
    assert.deepEqual(slopeInside(100, [1, 10], [0, 10]), []);
  });
});
