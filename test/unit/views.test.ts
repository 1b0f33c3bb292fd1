import assert from 'node:assert/strict';
import fc from 'fast-check';
import { CATALOG } from '../../src/catalog';
import { analyzeCatalog, DEFAULT_SETTINGS } from '../../src/service';
import { expectedExperts } from '../../src/cost';
import {
  contextsBetween,
  overviewOf,
  rooflineOf,
  sensitivityAt,
  sweepOf,
  type ViewModel,
} from '../../src/service/views';

const analyzed = (name: string) => {
  const config = analyzeCatalog(name, DEFAULT_SETTINGS);
  assert.ok(config?.subject);
  return { analysis: config.analysis, subject: config.subject };
};
const model = (name: string): ViewModel => ({ id: name, subject: analyzed(name).subject });
const near = (actual: number, expected: number, what: string) => {
  assert.ok(Math.abs(actual - expected) <= 1e-9 * Math.abs(expected), `${what}: ${actual}, not ${expected}`);
};
const total = (numbers: readonly number[]) => numbers.reduce((sum, n) => sum + n, 0);

describe('views', () => {
  for (const { name } of CATALOG)
    it(`${name}: parts make the whole`, () => {
      const { analysis, subject } = analyzed(name);
      const { parts, layers } = overviewOf(name, subject, 8192);
      const [perToken] = analysis.perToken;
      assert.ok(analysis.parameters && perToken);
      near(total(parts.map((p) => p.parameters)), analysis.parameters.total, 'parameters');
      near(total(parts.map((p) => p.kvBytes)), perToken.kvBytes, 'KV bytes');
      const { attentionFlops, attentionLinearFlops, ffnFlops, otherFlops } = perToken;
      near(
        total(parts.map((p) => p.flops)),
        attentionFlops + attentionLinearFlops + ffnFlops + otherFlops,
        'FLOPs',
      );
      for (const cost of analysis.cost.filter((c) => c.context === 8192))
        near(total(parts.map((p) => p.usdPer1M[cost.target] ?? NaN)), cost.totalUsdPer1M, cost.target);
      const { model: described } = subject.architecture;
      assert.deepEqual(
        layers.flatMap((kind) => kind.indices).sort((a, b) => a - b),
        Array.from({ length: described.layers }, (_, i) => i),
      );
      near(
        total(layers.map((kind) => kind.kvBytesPerToken * kind.indices.length)),
        analysis.kv?.bytesPerToken ?? NaN,
        'KV per token',
      );
    });

  it('what a field is worth is what the analysis of the changed config says', () => {
    const { subject, analysis } = analyzed('DeepSeek-V3');
    const { now, fields } = sensitivityAt('DeepSeek-V3', subject, 32768);
    const costAt = (cost: readonly { target: string; context: number; totalUsdPer1M: number }[]) =>
      cost.find((c) => c.target === 'H20' && c.context === 32768)?.totalUsdPer1M ?? NaN;
    near(now.usdPer1M.H20 ?? NaN, costAt(analysis.cost), 'now');
    assert.ok(fields.length > 5);
    for (const { path, steps } of fields.slice(0, 3))
      for (const { edits, change } of steps) {
        const after = subject.after(edits);
        assert.ok(after);
        const { usdPer1M, kvBytesPerToken } = sensitivityAt('x', after, 32768).now;
        near(usdPer1M.H20 ?? NaN, (now.usdPer1M.H20 ?? NaN) + (change.usdPer1M.H20 ?? NaN), path.join('.'));
        assert.equal(kvBytesPerToken, now.kvBytesPerToken + change.kvBytesPerToken, path.join('.'));
      }
  });

  it('a sweep says what an analysis at its contexts does', () => {
    const sweep = sweepOf([model('Step-3'), model('DeepSeek-V3')], 1024, 1 << 20);
    assert.deepEqual([sweep.contexts[0], sweep.contexts.length, sweep.contexts.at(-1)], [1024, 21, 1 << 20]);
    const at = sweep.contexts.indexOf(8192);
    const { analysis } = analyzed('Step-3');
    const cost = (target: string) => analysis.cost.find((c) => c.target === target && c.context === 8192);
    assert.equal(sweep.models[0]?.usdPer1M.H800?.[at], cost('H800')?.totalUsdPer1M);
    assert.equal(sweep.models[0]?.afdUsdPer1M[at], analysis.afdCost[0]?.usdPer1M);
    assert.equal(sweep.models[0]?.kvBytes[at], analysis.kv?.atContext[0]?.bytes);
  });

  it('crossovers are where two models change places, to the token', () => {
    const [a, b] = [model('MiniMax-M1'), model('DeepSeek-V3')] as const;
    const { crossovers } = sweepOf([a, b], 256, 1 << 20);
    assert.ok(crossovers.some((c) => c.quantity === 'bytes'));
    for (const { quantity, below, above, context } of crossovers) {
      const at = (tokens: number) => {
        const { models } = sweepOf([a, b], tokens, tokens + 1);
        const of = (id: string) => {
          const found = models.find((m) => m.id === id);
          if (quantity === 'bytes') return found?.bytesPerSequence[0] ?? NaN;
          return (quantity === 'afd' ? found?.afdUsdPer1M : found?.usdPer1M[quantity])?.[0] ?? NaN;
        };
        return of(below) - of(above);
      };
      assert.ok(at(context - 1) <= 0, `${quantity} before ${context}`);
      assert.ok(at(context) > 0, `${quantity} at ${context}`);
    }
  });

  it('contexts grow from one end to the other', () => {
    const tokens = fc.integer({ min: 1, max: 1 << 30 });
    fc.assert(
      fc.property(tokens, tokens, (a, b) => {
        fc.pre(a < b);
        const contexts = contextsBetween(a, b);
        assert.equal(contexts[0], a);
        assert.equal(contexts.at(-1), b);
        assert.ok(contexts.every((context, i) => i === 0 || context > (contexts[i - 1] ?? 0)));
      }),
    );
  });

  it('attention follows its intensity: 128 FLOPs a byte for Step-3, 512 or so for DeepSeek-V3', () => {
    const step3 = model('Step-3');
    const { attention, operations } = rooflineOf([step3, model('DeepSeek-V3')], 8192, 32768, {
      model: step3,
      context: 8192,
      batch: 64,
    });
    const intensity = attention.map(({ points }) => (points[0]?.flops ?? 0) / (points[0]?.bytes ?? 1));
    assert.ok(Math.abs((intensity[0] ?? 0) - 128) < 1 && (intensity[1] ?? 0) > 460);
    const core = operations?.list.filter((op) => op.module === 'attentionCore') ?? [];
    near(total(core.map((op) => op.flops)), 64 * (attention[0]?.points[0]?.flops ?? NaN), 'a batch’s FLOPs');
  });

  it('a batch reads the experts that it is expected to hit', () => {
    const deepseek = model('DeepSeek-V3');
    const routedAt = (batch: number) => {
      const { operations } = rooflineOf([], 1024, 2048, { model: deepseek, context: 8192, batch });
      const routed = operations?.list.filter((op) => op.module === 'routedFfn') ?? [];
      assert.ok(routed.length > 0 && routed.every((op) => op.experts?.of === 256));
      return { hit: routed[0]?.experts?.hit ?? NaN, bytes: total(routed.map((op) => op.bytes)) };
    };
    // One token reads its 8 experts; so many that every expert is hit read all 256.
    near(routedAt(1).hit, 8, 'experts of one token');
    near(routedAt(32).hit, 256 * (1 - (1 - 8 / 256) ** 32), 'experts of 32 tokens');
    const [one, all] = [routedAt(1), routedAt(100_000)];
    near(all.hit, 256, 'experts of 100,000 tokens');
    near(all.bytes / one.bytes, 256 / 8, 'bytes follow');
  });

  it('two tokens that choose 2 of 4 experts hit 3 of them, counted over every choice', () => {
    const pairs = [0, 1, 2, 3].flatMap((a) => [0, 1, 2, 3].filter((b) => b > a).map((b) => [a, b]));
    const sizes = pairs.flatMap((a) => pairs.map((b) => new Set([...a, ...b]).size));
    near(expectedExperts(4, 2, 2), total(sizes) / sizes.length, 'distinct experts');
  });
});
