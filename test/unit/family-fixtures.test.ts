import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import {
  ALL_FAMILIES,
  attentionName,
  countParameters,
  explainElements,
  type LayerGroup,
} from '../../src/architecture';
import { CATALOG } from '../../src/catalog';
import { decodeOps, kvBytesPerToken, stateBytes, unboundedKvBytesPerToken } from '../../src/cost';
import { architectureOf, type Config } from './fixtures';

/** See test/families/README.md. */
interface Fixture {
  readonly model: string;
  readonly source: string;
  readonly config: Config;
  readonly published?: readonly { readonly value: number; readonly kind: string; readonly source: string }[];
  readonly expect: Readonly<Partial<Record<string, unknown>>>;
}

const folder = path.resolve(__dirname, '../families');
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.json'))
  .sort();
const fixtures = files.map((file): [string, Fixture] => [
  file,
  JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as Fixture,
]);

const groupText = ({ indices, attention, ffn }: LayerGroup): string =>
  [
    indices.length,
    attention.map(attentionName).join(' + ') || 'no attention',
    ffn.map((f) => f.kind).join(' + ') || 'no FFN',
  ].join(' ');

describe('family fixtures', () => {
  for (const [file, { model, config, published, expect }] of fixtures)
    it(`${model} (${file})`, () => {
      const architecture = architectureOf(config);
      const { total, activated, mtp, vision, audio } = countParameters(architecture);
      const ops = decodeOps(
        architecture,
        {
          accounting: 'exact',
          precision: 'bf16',
          kvPrecision: 'bf16',
          kvBlockSize: 16,
          windowReservation: 'window',
        },
        { batch: 1, context: 8192 },
      );
      const actual: Record<string, unknown> = {
        total,
        activated,
        mtp,
        vision,
        audio,
        kvPerToken: kvBytesPerToken(ops).value,
        kvUnbounded: unboundedKvBytesPerToken(ops).value,
        state: stateBytes(ops).value,
        groups: architecture.groups.map(groupText),
      };
      for (const key of Object.keys(expect)) assert.deepEqual(actual[key], expect[key], key);
      for (const { value, kind } of published ?? [])
        if (kind.startsWith('exact'))
          assert.ok(explainElements(architecture, value), `published ${value} (${kind}), counted ${total}`);
    });

  it('cover every family', () => {
    const configs = [...CATALOG.map((model) => model.config), ...fixtures.map(([, { config }]) => config)];
    const covered = new Set(configs.map((config) => architectureOf(config).family));
    const missing = ALL_FAMILIES.map(({ name }) => name).filter((name) => !covered.has(name));
    assert.deepEqual(missing, []);
  });
});
