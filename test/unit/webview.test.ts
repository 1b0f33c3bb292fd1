import assert from 'node:assert/strict';
import {
  formatBytes,
  formatContext,
  formatCount,
  formatSi,
  formatUsd,
  formatUsdTick,
  plural,
  shorten,
} from '../../webview/format';
import { type Anchor, type Box, crosses, overlaps, placeLabels } from '../../webview/labels';
import { paretoFrontier } from '../../webview/views/compare/pareto';
import { fade, opaque } from '../../webview/color';
import { deltaText } from '../../webview/views/compare/delta';
import { csvOf, markdownOf, tsvOf } from '../../webview/grid';

describe('webview: numbers', () => {
  const table = <T>(format: (value: T) => string, rows: readonly (readonly [T, string])[]): void => {
    for (const [value, text] of rows) assert.equal(format(value), text, `of ${String(value)}`);
  };

  it('writes dollars with three significant digits', () => {
    table(formatUsd, [
      [0, '$0'],
      [0.0550527, '$0.0551'],
      [0.1, '$0.100'],
      [0.9996, '$1.00'],
      [1, '$1.00'],
      [12.34, '$12.3'],
      [999.6, '$1,000'],
      [1234, '$1,230'],
      [1234567, '$1,230,000'],
      [0.00001234, '$0.0000123'],
      [1.234e-9, '$1.23e-9'],
      [-0.5, '-$0.500'],
      [NaN, '—'],
      [Infinity, '—'],
    ]);
  });

  it('writes axis ticks with the decimals of their step', () => {
    assert.equal(formatUsdTick(0.1, 0.05), '$0.10');
    assert.equal(formatUsdTick(0.1 + 0.2, 0.1), '$0.3');
    assert.equal(formatUsdTick(0, 0.005), '$0.000');
    assert.equal(formatUsdTick(20, 10), '$20');
    assert.equal(formatUsdTick(4e-8, 2e-8), '$0.00000004');
    assert.equal(formatUsdTick(NaN, 1), '—');
  });

  it('writes counts as model names do', () => {
    table(formatCount, [
      [0, '0'],
      [999, '999'],
      [38e9, '38.0B'],
      [316e9, '316B'],
      [999.7e9, '1.00T'],
      [1.026e12, '1.03T'],
      [-38e9, '-38.0B'],
      [NaN, '—'],
    ]);
  });

  it('writes bytes and other units with SI prefixes', () => {
    table(formatBytes, [
      [0, '0 B'],
      [512, '512 B'],
      [256e6, '256 MB'],
      [1.07e9, '1.07 GB'],
    ]);
    assert.equal(formatSi(32.7e9, 'FLOP'), '32.7 GFLOP');
    assert.equal(formatSi(128, ''), '128');
  });

  it('writes contexts as powers of two where they are', () => {
    table(formatContext, [
      [1024, '1K'],
      [8192, '8K'],
      [1048576, '1M'],
      [10000, '10,000'],
      [100, '100'],
    ]);
  });

  it('counts nouns and shortens names', () => {
    assert.equal(plural(1, 'model'), '1 model');
    assert.equal(plural(0, 'model'), '0 models');
    assert.equal(shorten('Step-3', 10), 'Step-3');
    assert.equal(shorten('a-very-long-model-name-A22B', 12), 'a-very-…A22B');
    assert.equal(Array.from(shorten('😀'.repeat(20), 5)).length, 5);
  });
});

describe('webview: Pareto frontier', () => {
  const of = (cost: number, activated: number) => ({ cost, activated });

  it('keeps what nothing beats, cheapest first', () => {
    const small = of(1, 10);
    const middle = of(2, 20);
    const large = of(3, 30);
    assert.deepEqual(paretoFrontier([large, of(3, 5), small, of(2.5, 15), middle]), [small, middle, large]);
  });

  it('keeps the larger of two equally expensive ones, and the cheaper of two equally large ones', () => {
    assert.deepEqual(paretoFrontier([of(1, 10), of(1, 12), of(2, 12)]), [of(1, 12)]);
  });

  it('keeps equals together', () => {
    assert.equal(paretoFrontier([of(1, 10), of(1, 10)]).length, 2);
  });

  it('leaves out what has no finite numbers, and changes nothing it was given', () => {
    const items = [of(NaN, 10), of(2, 5), of(1, Infinity), of(1, 5)];
    const before = [...items];
    assert.deepEqual(paretoFrontier(items), [of(1, 5)]);
    assert.deepEqual(items, before);
    assert.deepEqual(paretoFrontier([]), []);
  });
});

describe('webview: labels', () => {
  const area: Box = { left: 0, top: 0, right: 400, bottom: 300 };
  const at = (x: number, y: number): Anchor => ({ x, y, radius: 5, width: 80, height: 14 });

  it('puts a lone name to the right of its point', () => {
    const [placed] = placeLabels([at(100, 100)], area);
    assert.ok(placed && placed.box.left > 105 && !placed.leader);
  });

  it('keeps names inside the chart', () => {
    for (const anchor of [at(395, 5), at(5, 295), at(395, 295), at(5, 5)]) {
      const [placed] = placeLabels([anchor], area);
      assert.ok(placed);
      const { left, top, right, bottom } = placed.box;
      assert.ok(left >= 0 && top >= 0 && right <= 400 && bottom <= 300);
    }
  });

  it('never covers a point or another name, and gives up rather than overlap', () => {
    const anchors = Array.from({ length: 60 }, (_, i) =>
      at(150 + (i % 10) * 9, 120 + Math.floor(i / 10) * 9),
    );
    const placed = placeLabels(anchors, area);
    const boxes = placed.flatMap((label) => (label === null ? [] : [label.box]));
    assert.ok(boxes.length > 0 && boxes.length < anchors.length);
    boxes.forEach((box, i) => {
      assert.ok(boxes.slice(i + 1).every((other) => !overlaps(box, other)));
      assert.ok(anchors.every(({ x, y }) => x < box.left || x > box.right || y < box.top || y > box.bottom));
    });
  });

  it('avoids lines where another side is free', () => {
    const line = { x1: 100, y1: 100, x2: 300, y2: 100 };
    const [placed] = placeLabels([at(100, 100)], area, [line]);
    assert.ok(placed && !crosses(line, placed.box));
  });

  it('knows a segment that crosses a box from one that passes by', () => {
    const box: Box = { left: 10, top: 10, right: 20, bottom: 20 };
    assert.ok(crosses({ x1: 0, y1: 0, x2: 30, y2: 30 }, box));
    assert.ok(crosses({ x1: 12, y1: 12, x2: 13, y2: 13 }, box));
    assert.ok(!crosses({ x1: 0, y1: 15, x2: 5, y2: 15 }, box));
    assert.ok(!crosses({ x1: 0, y1: 25, x2: 30, y2: 25 }, box));
  });
});

describe('webview: colours', () => {
  it('drops transparency, or scales it', () => {
    assert.equal(opaque('rgba(234, 92, 0, 0.33)'), 'rgb(234, 92, 0)');
    assert.equal(opaque('rgb(1, 2, 3)'), 'rgb(1, 2, 3)');
    assert.equal(fade('rgb(1, 2, 3)', 0.5), 'rgba(1, 2, 3, 0.5)');
    assert.equal(fade('rgba(1, 2, 3, 0.5)', 0.5), 'rgba(1, 2, 3, 0.25)');
    assert.equal(fade('color(srgb 1 0 0)', 0.5), 'color(srgb 1 0 0)');
  });
});

describe('webview: tables for other programs', () => {
  const grid = {
    columns: ['Model', '$/1M'],
    rows: [
      ['a|b, "c"', 0.05],
      ['=cmd()', null],
    ] as const,
  };

  it('writes CSV that spreadsheets read as it is, and run nothing of', () => {
    assert.equal(csvOf(grid), `Model,$/1M\r\n"a|b, ""c""",0.05\r\n'=cmd(),\r\n`);
  });

  it('writes Markdown in which nothing is markup', () => {
    assert.equal(
      markdownOf(grid, [false, true]),
      '| Model | $/1M |\n| :-- | --: |\n| a\\|b, "c" | 0.05 |\n| =cmd() |  |\n',
    );
  });

  it('writes tab-separated text, a line a row', () => {
    assert.equal(tsvOf({ columns: ['a', 'b'], rows: [['x\ty\nz', 1]] }), 'a\tb\nx y z\t1');
  });
});

describe('webview: differences from the baseline', () => {
  it('are percents below twice as much, and factors above', () => {
    const rows = [
      [1, 1, 'same'],
      [1.00001, 1, 'same'],
      [1.5, 1, '+50%'],
      [0.875, 1, '−13%'],
      [2, 1, '2.00×'],
      [0, 1, '−100%'],
      [3, 0, 'new'],
      [0, 0, 'same'],
    ] as const;
    for (const [value, base, text] of rows) assert.equal(deltaText(value, base), text);
  });
});
