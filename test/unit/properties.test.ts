import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { RULE_GROUPS } from '../../src/advice';
import { countParameters, type Architecture, type Layer, type Tensor } from '../../src/architecture';
import { CATALOG } from '../../src/catalog';
import {
  decodeOps,
  kvBytesHeld,
  kvBytesPerToken,
  kvBytesReserved,
  stateBytes,
  unboundedKvBytesPerToken,
  type OpOptions,
} from '../../src/cost';
import { analyzeText, DEFAULT_SETTINGS } from '../../src/service';
import { architectureOf, read, type Config } from './fixtures';

/** Laws that hold for every family, over the catalog and all fixtures. */
const OPTIONS: OpOptions = {
  accounting: 'exact',
  precision: 'fp8',
  kvPrecision: 'bf16',
  kvBlockSize: 16,
  windowReservation: 'window',
};

const folder = path.resolve(__dirname, '../families');
const fixtures = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.json'))
  .map(
    (name) => JSON.parse(readFileSync(path.join(folder, name), 'utf8')) as { model: string; config: Config },
  );
const models: readonly (readonly [string, Config])[] = [
  ...CATALOG.map((m) => [m.name, m.config] as const),
  ...fixtures.map((f) => [f.model, f.config] as const),
];
const anyModel = fc.constantFrom(...models.map(([, config]) => config));

const size = (t: Tensor, count: number) => t.shape.reduce((n, e) => n * e.value, count);
const tensorsOf = (layer: Layer) => [
  ...[...layer.attention, ...layer.ffn].flatMap((block) => block.tensors),
  ...layer.extra,
];

/** Without groups, formulas and folds: layer by layer, tensor by tensor. */
function naiveCount({ model, groups, ends }: Architecture): { total: number; activated: number } {
  const count = { total: 0, activated: 0 };
  const add = (t: Tensor) => {
    count.total += size(t, t.copies.value);
    if (!t.reused) count.activated += size(t, t.activated.value);
  };
  ends.forEach(add);
  for (let i = 0; i < model.layers; i++) {
    const group = groups.filter((g) => g.indices.includes(i));
    assert.equal(group.length, 1, `layer ${i} stands in ${group.length} groups`);
    if (group[0]) tensorsOf(group[0]).forEach(add);
  }
  return count;
}

const near = (actual: number, expected: number, what: string) => {
  assert.ok(Math.abs(actual - expected) <= 1e-12 * Math.abs(expected), `${what}: ${actual}, not ${expected}`);
};

describe('laws of all families', () => {
  it('layer groups count what a walk over the layers counts', () => {
    for (const [name, config] of models) {
      const architecture = architectureOf(config);
      const { total, activated } = countParameters(architecture);
      const naive = naiveCount(architecture);
      near(total, naive.total, `${name}, total`);
      near(activated, naive.activated, `${name}, activated`);
    }
  });

  it('the KV cache never shrinks with the context, and paging reserves no less than is held', () => {
    const context = fc.integer({ min: 1, max: 1 << 20 });
    fc.assert(
      fc.property(
        anyModel,
        context,
        context,
        fc.integer({ min: 1, max: 512 }),
        (config, a, b, kvBlockSize) => {
          const architecture = architectureOf(config);
          const at = (tokens: number, windowReservation: 'window' | 'full') =>
            decodeOps(
              architecture,
              { ...OPTIONS, kvBlockSize, windowReservation },
              { batch: 1, context: tokens },
            );
          const [shorter, longer] = [at(Math.min(a, b), 'window'), at(Math.max(a, b), 'window')];
          assert.ok(kvBytesHeld(shorter).value <= kvBytesHeld(longer).value);
          assert.ok(kvBytesReserved(shorter).value <= kvBytesReserved(longer).value);
          assert.ok(kvBytesHeld(longer).value <= kvBytesReserved(longer).value * (1 + 1e-12));
          const full = at(Math.max(a, b), 'full');
          assert.ok(kvBytesReserved(longer).value <= kvBytesReserved(full).value);
          assert.equal(stateBytes(shorter).value, stateBytes(longer).value);
          assert.ok(unboundedKvBytesPerToken(longer).value <= kvBytesPerToken(longer).value);
        },
      ),
    );
  });

  it('a plain decoder follows the closed form in every size', () => {
    const heads = fc.integer({ min: 1, max: 64 });
    const dims = fc.record({
      hidden: fc.integer({ min: 1, max: 20_000 }),
      inner: fc.integer({ min: 1, max: 80_000 }),
      layers: fc.integer({ min: 1, max: 200 }),
      kvHeads: heads,
      groups: heads,
      headDim: fc.integer({ min: 1, max: 512 }),
      vocab: fc.integer({ min: 1, max: 500_000 }),
      tied: fc.boolean(),
    });
    fc.assert(
      fc.property(dims, ({ hidden, inner, layers, kvHeads, groups, headDim, vocab, tied }) => {
        const { total } = countParameters(
          architectureOf({
            model_type: 'llama',
            hidden_size: hidden,
            intermediate_size: inner,
            num_hidden_layers: layers,
            num_attention_heads: kvHeads * groups,
            num_key_value_heads: kvHeads,
            head_dim: headDim,
            vocab_size: vocab,
            tie_word_embeddings: tied,
          }),
        );
        const attention = 2 * hidden * headDim * (kvHeads * groups + kvHeads);
        const layer = attention + 3 * hidden * inner + 2 * hidden;
        assert.equal(total, layers * layer + (tied ? 1 : 2) * vocab * hidden + hidden);
      }),
    );
  });

  it('parameters grow with the vocabulary by one row of every table and head', () => {
    for (const [name, config] of models) {
      const nested = Object.entries(config).find(
        ([, value]) => typeof value === 'object' && value !== null && 'vocab_size' in value,
      );
      const holder = (nested?.[1] ?? config) as Config;
      // LongCat-Flash-Lite's tables for n-grams are as high as a multiple of the vocabulary.
      if (typeof holder.vocab_size !== 'number' || 'ngram_vocab_size_ratio' in holder) continue;
      const larger = { ...holder, vocab_size: holder.vocab_size + 1 };
      const before = architectureOf(config);
      const after = architectureOf(nested ? { ...config, [nested[0]]: larger } : larger);
      // OPT-350M embeds in half of its hidden size.
      const width = before.ends.find((t) => t.module === 'embedding')?.shape[1]?.value ?? 0;
      const rows = (after.model.vocab - before.model.vocab) * width;
      const grown = countParameters(after).total - countParameters(before).total;
      assert.ok(
        rows === 0 || (grown >= rows && grown <= 3 * rows + 2 * before.model.hidden),
        `${name}: ${grown} for rows of ${width}`,
      );
    }
  });
});

/** Every number of an analysis with the path to it. */
function* numbersIn(value: unknown, at = ''): Generator<readonly [string, number]> {
  if (typeof value === 'number') yield [at, value];
  else if (typeof value === 'object' && value !== null)
    for (const [key, child] of Object.entries(value)) yield* numbersIn(child, `${at}/${key}`);
}

describe('any config without an error', () => {
  /** Sizes and switches as people draft them: from nothing to absurd, and other kinds of value. */
  const drafted = fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: 0, max: 256 }) },
    { weight: 2, arbitrary: fc.integer({ min: -2, max: 1_000_000_000 }) },
    fc.constantFrom<unknown>(null, undefined, true, false, '', 'x', [], {}, 1.5, 1e300, -1),
  );
  it('gives no NaN, no infinity and no negative number, and throws nothing', () => {
    const edits = fc.array(fc.tuple(fc.nat(1000), drafted), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(anyModel, edits, (config, list) => {
        const edited: Record<string, unknown> = structuredClone(config);
        for (const [at, value] of list) {
          const inner = Object.values(edited).filter(
            (x): x is Record<string, unknown> => typeof x === 'object' && x !== null && !Array.isArray(x),
          );
          const holder = [edited, ...inner][at % (inner.length + 1)] ?? edited;
          const keys = Object.keys(holder).filter((key) => key !== 'model_type');
          const key = keys[at % Math.max(1, keys.length)];
          if (key !== undefined) holder[key] = value;
        }
        read(config);
        const analysis = analyzeText(
          { text: JSON.stringify(edited), file: 'f', name: 'n' },
          DEFAULT_SETTINGS,
        );
        // Rules speak of what was read; the reader's own errors say why nothing was.
        const isOwn = (code: string) => !RULE_GROUPS.some((group) => code.startsWith(`${group}/`));
        const hasErrors = analysis.findings.some((f) => f.severity === 'error' && isOwn(f.code));
        if (hasErrors) assert.equal(analysis.parameters, null, 'no number beside an error');
        const { findings, ...shown } = analysis;
        for (const [at, value] of numbersIn(shown))
          assert.ok(Number.isFinite(value) && value >= 0, `${at} is ${value} in ${JSON.stringify(edited)}`);
        assert.ok(findings.length < 200);
      }),
      { numRuns: 300 },
    );
  });
});
