import assert from 'node:assert/strict';
import fc from 'fast-check';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { nearest } from '../../src/architecture';
import type { Finding } from '../../src/protocol';
import { analyzeConfig, DEFAULT_SETTINGS, textChange } from '../../src/service';
import { LLAMA_3_8B, MIXTRAL_8X7B, type Config } from './fixtures';

const analyze = (text: string) => {
  const analyzed = analyzeConfig({ text, file: 'config.json', name: 'x' }, DEFAULT_SETTINGS);
  assert.ok(analyzed);
  return analyzed;
};

/** Titles of a finding's fixes; each of them, applied, mends it. */
function fixesOf(text: string, code: string): string[] {
  const { analysis, document } = analyze(text);
  const of = (findings: readonly Finding[]) => findings.filter((finding) => finding.code === code);
  const [finding] = of(analysis.findings);
  assert.ok(finding, `no ${code}`);
  return finding.fixes.map(({ title, edits, isPreferred }) => {
    const change = textChange(document, edits);
    assert.ok(change, title);
    const after = TextDocument.applyEdits(document, [change]);
    assert.equal(
      of(analyze(after).analysis.findings).length,
      of(analysis.findings).length - 1,
      `${title}:\n${after}`,
    );
    return `${title}${isPreferred ? ' *' : ''}`;
  });
}
const fixesOfConfig = (config: Config, code: string) => fixesOf(JSON.stringify(config, null, 2), code);

describe('fixes of what the reader finds', () => {
  const llama = (changes: Config): Config => ({ ...LLAMA_3_8B, ...changes });

  it('offer the nearest sound values', () => {
    assert.deepEqual(fixesOfConfig(llama({ num_key_value_heads: 7 }), 'config/kv-heads'), [
      'num_key_value_heads 7 → 8 (divides 32)',
      'num_key_value_heads 7 → 4 (divides 32)',
    ]);
    assert.deepEqual(
      fixesOfConfig(llama({ num_attention_heads: 33, num_key_value_heads: null }), 'config/head-dim'),
      ['num_attention_heads 33 → 32 (head_dim 128)', 'num_attention_heads 33 → 64 (head_dim 64)'],
    );
    assert.deepEqual(fixesOfConfig({ ...MIXTRAL_8X7B, num_experts_per_tok: 10 }, 'config/top-k'), [
      'num_experts_per_tok 10 → 8 (all experts)',
      'num_local_experts 8 → 10',
    ]);
  });

  it('go by the family’s own spellings', () => {
    const gpt2 = {
      model_type: 'gpt2',
      n_embd: 768,
      n_head: 11,
      n_layer: 12,
      n_positions: 1024,
      vocab_size: 50257,
    };
    assert.deepEqual(fixesOfConfig(gpt2, 'config/head-dim'), [
      'n_head 11 → 12 (head_dim 64)',
      'n_head 11 → 8 (head_dim 96)',
    ]);
  });

  it('make lists and layer counts agree', () => {
    const qwen3 = {
      ...LLAMA_3_8B,
      model_type: 'qwen3',
      head_dim: 128,
      num_hidden_layers: 3,
      use_sliding_window: true,
      sliding_window: 4096,
      max_window_layers: 1,
    };
    const types = (n: number) => Array<string>(n).fill('full_attention');
    assert.deepEqual(fixesOfConfig({ ...qwen3, layer_types: types(2) }, 'config/per-layer'), [
      'num_hidden_layers 3 → 2',
    ]);
  });

  it('correct names, quotation marks and allowed values', () => {
    assert.deepEqual(fixesOfConfig(llama({ rms_norm_epss: 1e-5 }), 'schema/unknown-key'), [
      'Rename to "rms_norm_eps" *',
    ]);
    assert.deepEqual(fixesOfConfig(llama({ num_hidden_layers: '32' }), 'schema/type'), [
      'num_hidden_layers "32" → 32 *',
    ]);
    assert.deepEqual(fixesOfConfig(llama({ tie_word_embeddings: 'False' }), 'schema/type'), [
      'tie_word_embeddings "False" → false *',
    ]);
    for (const no of ['x', 'constructor', '1e999', ''])
      assert.deepEqual(fixesOfConfig(llama({ num_hidden_layers: no }), 'schema/type'), []);
    assert.deepEqual(fixesOfConfig(llama({ model_type: 'mixtrall' }), 'config/unknown-family'), [
      'model_type "mixtrall" → "mixtral"',
    ]);
  });

  it('remove the key that loses', () => {
    const text = `{
  "model_type": "llama",
  "hidden_size": 1024,
  "hidden_size": 2048,
  "intermediate_size": 4096,
  "rope_scaling": {"type": "linear", "factor": 2, "factor": 4},
  "num_hidden_layers": 2,
  "num_attention_heads": 16,
  "vocab_size": 1000
}`;
    assert.deepEqual(fixesOf(text, 'json/duplicate-key'), [
      'Remove the first "hidden_size", which has no effect *',
    ]);
    const { document, analysis } = analyze(text);
    const edits = analysis.findings
      .filter((f) => f.code === 'json/duplicate-key')
      .flatMap((f) => f.fixes[0]?.edits ?? []);
    const change = textChange(document, edits);
    assert.ok(change);
    const after = TextDocument.applyEdits(document, [change]);
    assert.deepEqual(JSON.parse(after), JSON.parse(text));
    assert.ok(!after.includes('1024') && !after.includes('"factor": 2'));
  });

  it('edit the entry that counts where a key stands twice', () => {
    const text =
      '{"model_type": "llama", "a": {"b": 1}, "a": {"b": 2, "b": 3}, "num_hidden_layers": 2, "vocab_size": 9}';
    const document = TextDocument.create('x', 'json', 0, text);
    for (const [edit, expected] of [
      [{ path: ['a', 'b'], value: 5 }, { b: 5 }],
      [{ path: ['a', 'b'], remove: true as const }, {}],
      [{ path: ['a', 'b'], rename: 'c' }, { c: 3 }],
    ] as const) {
      const change = textChange(document, [edit]);
      assert.ok(change);
      const after = JSON.parse(TextDocument.applyEdits(document, [change])) as { a: unknown };
      assert.deepEqual(after.a, expected);
    }
  });

  it('the nearest are on both sides and none lies between', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 300 }), (value, total) => {
        const divides = (n: number) => total % n === 0;
        const found = nearest(value, divides, total);
        assert.ok(found.length <= 2 && found.every((n) => divides(n) && n !== value));
        if (divides(value)) return;
        for (let n = 1; n <= total; n++)
          if (divides(n))
            assert.ok(
              found.some((f) => f < value === n < value && Math.abs(f - value) <= Math.abs(n - value)),
            );
      }),
    );
  });
});
