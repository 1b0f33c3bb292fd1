import assert from 'node:assert/strict';
import {
  ACCELERATORS,
  findAccelerator,
  peakFlops,
  resolveAccelerators,
  rooflineRatio,
  usdPerByte,
  usdPerFlop,
  type Accelerator,
} from '../../src/hardware';

const known = (name: string): Accelerator => {
  const found = findAccelerator(ACCELERATORS, name);
  assert.ok(found, `${name} is known`);
  return found;
};

/** Equal to the printed digits: half a unit of the last one, or cut off instead of rounded. */
const printed = (actual: number | null, expected: number, digits: number): void => {
  assert.ok(actual !== null);
  const unit = 10 ** (Math.floor(Math.log10(expected)) - digits + 1);
  assert.ok(Math.abs(actual - expected) < unit, `${actual} is not printed as ${expected}`);
};

describe('accelerators', () => {
  it('begin with the four default targets and have unique names', () => {
    assert.deepEqual(
      ACCELERATORS.slice(0, 4).map((a) => a.name),
      ['H800', 'H20', 'H100', 'H200'],
    );
    const names = ACCELERATORS.map((a) => a.name.toLowerCase());
    assert.equal(new Set(names).size, names.length);
  });

  it('are in base units, with a source for each and for each price', () => {
    for (const a of ACCELERATORS) {
      for (const [precision, flops] of Object.entries(a.peakFlops)) {
        assert.ok(flops >= 1e13 && flops <= 1e17, `${a.name} ${precision}`);
      }
      assert.ok(a.bandwidth >= 1e11 && a.bandwidth <= 1e14, a.name);
      assert.ok(a.memory !== null && a.memory >= 1e10 && a.memory <= 1e12, a.name);
      assert.ok(a.network === null || (a.network >= 1e10 && a.network <= 1e12), a.name);
      assert.ok(a.interconnect === null || (a.interconnect >= 1e11 && a.interconnect <= 1e13), a.name);
      assert.equal(a.usdPerHour === null, a.priceSource === null, a.name);
      assert.ok(a.source.length > 10, a.name);
    }
  });

  it('carry H100 figures of the data sheet', () => {
    const h100 = known('H100');
    assert.deepEqual(h100.peakFlops, { bf16: 989e12, fp8: 1979e12, int8: 1979e12 });
    assert.equal(h100.bandwidth, 3.35e12);
    assert.equal(h100.memory, 80e9);
    assert.equal(h100.interconnect, 450e9);
    assert.equal(h100.network, 50e9);
  });

  it('have the prices and roofline ratios of table 4', () => {
    const table = [
      ['H800', 2, 591],
      ['H20', 0.8, 74],
      ['A800', 0.75, 156],
      ['910B', 0.67, 175],
    ] as const;
    for (const [name, price, ratio] of table) {
      const a = known(name);
      assert.equal(a.usdPerHour, price);
      assert.equal(Math.round(rooflineRatio(a, 'fp8')), ratio, name);
    }
  });

  it('have the unit costs of table 5', () => {
    const table = [
      ['H800', 2.8e-19, 1.66e-16],
      ['H20', 7.51e-19, 5.56e-17],
      ['A800', 6.68e-19, 1.04e-16],
      ['910B', 6.65e-19, 1.16e-16],
    ] as const;
    for (const [name, perFlop, perByte] of table) {
      printed(usdPerFlop(known(name), 'fp8'), perFlop, 3);
      printed(usdPerByte(known(name)), perByte, 3);
    }
  });

  it('cost nothing computable without a price', () => {
    const b300 = known('B300');
    assert.equal(usdPerFlop(b300, 'fp8'), null);
    assert.equal(usdPerByte(b300), null);
  });
});

describe('peakFlops', () => {
  it('takes the native rate', () => {
    assert.deepEqual(peakFlops(known('H800'), 'fp8'), { flops: 1979e12, precision: 'fp8' });
    assert.deepEqual(peakFlops(known('A800'), 'int8'), { flops: 624e12, precision: 'int8' });
  });

  it('computes at BF16 where there is none', () => {
    assert.deepEqual(peakFlops(known('A800'), 'fp8'), { flops: 312e12, precision: 'bf16' });
    assert.deepEqual(peakFlops(known('910B'), 'int8'), { flops: 280e12, precision: 'bf16' });
    assert.deepEqual(peakFlops(known('H800'), 'fp4'), { flops: 989e12, precision: 'bf16' });
  });
});

describe('findAccelerator', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['h800', 'H800'],
    ['Ascend 910B', '910B'],
    ['huawei ascend 910b', '910B'],
    ['H100 SXM', 'H100'],
    ['NVIDIA H200 SXM', 'H200'],
    ['H100 NVL', 'H100-NVL'],
    ['h100pcie', 'H100-PCIe'],
    ['NVIDIA H800 SXM5 80GB', 'H800'],
  ];
  for (const [written, name] of cases) {
    it(`understands ${written}`, () => {
      assert.equal(findAccelerator(ACCELERATORS, written)?.name, name);
    });
  }
  it('knows no other', () => {
    for (const name of ['', '  ', 'NVIDIA', 'H', 'TPU', '__proto__']) {
      assert.equal(findAccelerator(ACCELERATORS, name), undefined, name);
    }
  });
});

describe('resolveAccelerators', () => {
  const resolve = (overrides: unknown) => resolveAccelerators(overrides);

  it('leaves the list as it is without settings', () => {
    for (const nothing of [undefined, null, {}]) {
      assert.deepEqual(resolve(nothing), { accelerators: ACCELERATORS, problems: [] });
    }
  });

  it('overrides a price in place and says whose it is', () => {
    const { accelerators, problems } = resolve({ h200: { usdPerHour: 2.6 } });
    assert.deepEqual(problems, []);
    const h200 = accelerators[3]!;
    assert.equal(h200.name, 'H200');
    assert.equal(h200.usdPerHour, 2.6);
    assert.equal(h200.priceSource, 'user setting');
    assert.equal(h200.bandwidth, 4.8e12);
    assert.equal(ACCELERATORS[3]?.usdPerHour, 2.3);
  });

  it('merges rates one by one; null takes one away', () => {
    const { accelerators, problems } = resolve({ H800: { peakFlops: { bf16: 865e12, fp8: null } } });
    assert.deepEqual(problems, []);
    assert.deepEqual(accelerators[0]?.peakFlops, { bf16: 865e12, int8: 1979e12 });
  });

  it('can take a price away', () => {
    const { accelerators } = resolve({ H800: { usdPerHour: null } });
    const h800 = accelerators[0]!;
    assert.equal(h800.usdPerHour, null);
    assert.equal(h800.priceSource, null);
  });

  it('adds an accelerator of the user', () => {
    const { accelerators, problems } = resolve({
      MyChip: { peakFlops: { bf16: 4e14, fp8: 8e14 }, bandwidth: 3e12, usdPerHour: 1.1 },
    });
    assert.deepEqual(problems, []);
    assert.deepEqual(accelerators.at(-1), {
      name: 'MyChip',
      title: 'MyChip',
      peakFlops: { bf16: 4e14, fp8: 8e14 },
      bandwidth: 3e12,
      memory: null,
      interconnect: null,
      network: null,
      usdPerHour: 1.1,
      source: 'user setting',
      priceSource: 'user setting',
    });
  });

  const bad: readonly (readonly [string, unknown, RegExp])[] = [
    ['a text instead of an object', 'H800', /^accelerators: expected an object/],
    ['an array', [1], /^accelerators: expected an object/],
    ['a number for an accelerator', { H800: 3 }, /accelerators\.H800: expected an object.*got 3/],
    ['NaN', { H800: { bandwidth: NaN } }, /accelerators\.H800\.bandwidth: expected bytes per second.*NaN/],
    [
      'a negative number',
      { H800: { usdPerHour: -1 } },
      /accelerators\.H800\.usdPerHour: expected US dollars/,
    ],
    ['infinity', { H800: { memory: Infinity } }, /accelerators\.H800\.memory: expected bytes/],
    [
      'TFLOPS instead of FLOPS',
      { H800: { peakFlops: { bf16: 989 } } },
      /peakFlops\.bf16: expected dense FLOPS/,
    ],
    ['a huge number', { H800: { bandwidth: 1e300 } }, /accelerators\.H800\.bandwidth: expected/],
    [
      'rates that are a number',
      { H800: { peakFlops: 1e15 } },
      /accelerators\.H800\.peakFlops: expected an object/,
    ],
    ['an unknown precision', { H800: { peakFlops: { fp6: 1e15 } } }, /peakFlops\.fp6: unknown key/],
    ['an unknown key', { H800: { price: 2 } }, /accelerators\.H800\.price: unknown key.*usdPerHour/],
    ['a text that is none', { H800: { title: 7 } }, /accelerators\.H800\.title: expected a text/],
    ['an empty name', { '': {} }, /^accelerators: expected a name/],
    [
      '__proto__',
      JSON.parse('{"__proto__": {"bandwidth": 1e12}}'),
      /^accelerators: expected a name.*__proto__/,
    ],
    ['constructor', { constructor: {} }, /^accelerators: expected a name.*constructor/],
    [
      'a rate named __proto__',
      JSON.parse('{"H800": {"peakFlops": {"__proto__": 1}}}'),
      /__proto__: unknown key/,
    ],
  ];
  for (const [what, overrides, problem] of bad) {
    it(`refuses ${what}, names it and keeps the known figures`, () => {
      const { accelerators, problems } = resolve(overrides);
      assert.equal(problems.length, 1, problems.join('\n'));
      assert.match(problems[0]!, problem);
      assert.deepEqual(
        accelerators.map(({ name, peakFlops: rates, bandwidth, usdPerHour }) => ({
          name,
          rates,
          bandwidth,
          usdPerHour,
        })),
        ACCELERATORS.map(({ name, peakFlops: rates, bandwidth, usdPerHour }) => ({
          name,
          rates,
          bandwidth,
          usdPerHour,
        })),
      );
    });
  }

  it('says what a new accelerator lacks', () => {
    const { accelerators, problems } = resolve({ MyChip: { usdPerHour: 1 } });
    assert.equal(accelerators.length, ACCELERATORS.length);
    assert.deepEqual(problems, [
      'accelerators.MyChip: left out; a new accelerator needs peakFlops.bf16 (FLOPS) and bandwidth (bytes per second).',
    ]);
  });

  it('reads only so many', () => {
    const many = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`chip ${i}`, {}]));
    const { problems } = resolve(many);
    assert.match(problems[0]!, /at most 200 entries; got 300/);
    assert.equal(problems.length, 201);
  });
});
