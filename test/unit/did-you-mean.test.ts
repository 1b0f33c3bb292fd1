import assert from 'node:assert/strict';
import fc from 'fast-check';
import { DEFAULT_SETTINGS, analyzeText } from '../../src/service';
import { didYouMean, editDistance } from '../../src/service/did-you-mean';
import { LLAMA_3_8B, type Config } from './fixtures';

describe('did you mean', () => {
  const keys = ['num_hidden_layers', 'hidden_size', 'vocab_size', 'head_dim', 'n_head'];
  const cases: readonly (readonly [string, string | null])[] = [
    ['num_hiden_layers', 'num_hidden_layers'],
    ['numHiddenLayers', 'num_hidden_layers'],
    ['num-hidden-layers', 'num_hidden_layers'],
    ['num_hidden_layres', 'num_hidden_layers'],
    ['hiden_size', 'hidden_size'],
    ['vocabsize', 'vocab_size'],
    ['headdim', 'head_dim'],
    ['n_heads', 'n_head'],
    ['my_note', null],
    ['num_layers', null],
    ['', null],
  ];
  for (const [key, meant] of cases)
    it(`${key}: ${meant ?? 'nothing'}`, () => {
      assert.equal(didYouMean(key, keys), meant);
    });
  it('is silent between two that are equally near', () => {
    assert.equal(didYouMean('moe_top_x', ['moe_top_k', 'moe_top_n']), null);
  });

  it('measures a distance: symmetric, zero for the same word only, at most one for one edit', () => {
    const word = fc.string({ maxLength: 12 });
    fc.assert(
      fc.property(word, word, fc.nat(11), (a, b, at) => {
        assert.equal(editDistance(a, b, 99), editDistance(b, a, 99));
        assert.equal(editDistance(a, b, 99) === 0, a === b);
        assert.ok(editDistance(a, a.slice(0, at) + a.slice(at + 1), 99) <= 1);
        assert.equal(editDistance(a, b, 1), Math.min(editDistance(a, b, 99), 2));
      }),
    );
  });

  const codes = (config: Config) =>
    analyzeText({ text: JSON.stringify(config), file: 'f', name: 'n' }, DEFAULT_SETTINGS).findings;
  it('names the key that was meant', () => {
    const { num_key_value_heads, ...rest } = LLAMA_3_8B;
    const found = codes({ ...rest, num_key_value_head: num_key_value_heads });
    assert.deepEqual(
      found.map((f) => [f.code, f.severity, f.path]),
      [['schema/unknown-key', 'warning', ['num_key_value_head']]],
    );
    assert.match(found[0]?.message ?? '', /did you mean "num_key_value_heads"\?/);
  });
  it('says nothing of a key that is given rightly as well, nor of one that is like none', () => {
    assert.deepEqual(codes({ ...LLAMA_3_8B, hidden_sizes: 1, my_own_note: 2 }), []);
  });
});
