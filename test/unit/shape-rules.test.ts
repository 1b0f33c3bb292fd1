import assert from 'node:assert/strict';
import { analyzeConfig, DEFAULT_SETTINGS } from '../../src/service';
import { catalogConfig, LLAMA_3_8B, QWEN2_5_7B, QWEN3_0_6B, type Config } from './fixtures';

/** What the rules of shape say, as `name path`. */
function said(base: Config, changes: Config = {}): string[] {
  const text = JSON.stringify({ ...base, ...changes });
  const analyzed = analyzeConfig({ text, file: 'config.json', name: 'x' }, DEFAULT_SETTINGS);
  assert.ok(analyzed?.architecture, 'no architecture');
  return analyzed.analysis.findings
    .filter(({ code }) => code.startsWith('shape/'))
    .map(({ code, path }) => `${code.slice('shape/'.length)} ${path.join('.')}`);
}
const rope = (value: Config): Config => ({ rope_theta: 1e6, rope_scaling: value });

describe('shape rules', () => {
  const deepseek = catalogConfig('DeepSeek-V3');
  const gptNeoX: Config = {
    model_type: 'gpt_neox',
    hidden_size: 2048,
    intermediate_size: 8192,
    num_hidden_layers: 2,
    num_attention_heads: 16,
    vocab_size: 50432,
    tie_word_embeddings: false,
  };

  const cases: readonly (readonly [
    name: string,
    base: Config,
    changes: Config,
    expected: readonly string[],
  ])[] = [
    ['heads wide by design', QWEN3_0_6B, {}, []],
    ['a derived head dim', LLAMA_3_8B, { num_attention_heads: 32 }, []],
    ['heads far too narrow', QWEN3_0_6B, { head_dim: 16 }, ['head-dim head_dim']],
    ['a whole part of the head that turns', gptNeoX, { rotary_pct: 0.25 }, []],
    ['an odd part of the head that turns', gptNeoX, { rotary_pct: 33 / 128 }, ['rotary-dims rotary_pct']],
    ['an odd head dim, theta left to the default', QWEN3_0_6B, { head_dim: 127 }, ['rotary-dims head_dim']],
    ['more than the head', gptNeoX, { rotary_pct: 1.5 }, ['rotary-dims rotary_pct']],
    [
      'an odd rotary part of a latent',
      deepseek,
      { qk_rope_head_dim: 63, rope_theta: 10000, max_position_embeddings: 4096 },
      ['rotary-dims qk_rope_head_dim'],
    ],
    ['sections that fill the head', QWEN3_0_6B, rope({ type: 'mrope', mrope_section: [16, 24, 24] }), []],
    [
      'sections that do not',
      QWEN3_0_6B,
      rope({ type: 'mrope', mrope_section: [16, 24, 23] }),
      ['rotary-sections rope_scaling.mrope_section'],
    ],
    [
      'YaRN to the positions',
      QWEN3_0_6B,
      {
        max_position_embeddings: 131072,
        ...rope({ rope_type: 'yarn', factor: 4, original_max_position_embeddings: 32768 }),
      },
      [],
    ],
    [
      'YaRN short of the positions',
      QWEN3_0_6B,
      {
        max_position_embeddings: 131072,
        ...rope({ type: 'yarn', factor: 2, original_max_position_embeddings: 32768 }),
      },
      ['rope-scaling rope_scaling.factor'],
    ],
    [
      'Llama 3.1, which goes further by design',
      LLAMA_3_8B,
      {
        max_position_embeddings: 131072,
        ...rope({ rope_type: 'llama3', factor: 8, original_max_position_embeddings: 8192 }),
      },
      [],
    ],
    [
      'a theta too small',
      QWEN3_0_6B,
      { rope_theta: 10000, max_position_embeddings: 131072 },
      ['rope-theta rope_theta'],
    ],
    [
      'a theta that is scaled',
      QWEN3_0_6B,
      { rope_theta: 10000, max_position_embeddings: 131072, rope_scaling: { type: 'linear', factor: 4 } },
      [],
    ],
    ['groups that divide', deepseek, {}, []],
    ['more groups chosen than there are', deepseek, { topk_group: 9 }, ['expert-groups topk_group']],
    [
      'groups that hold too few experts',
      deepseek,
      { n_group: 64, topk_group: 1 },
      ['expert-groups topk_group'],
    ],
    ['groups that a greedy router ignores', deepseek, { n_group: 7, topk_method: 'greedy' }, []],
    [
      'a list of layers that the family leaves to engines, too short',
      catalogConfig('Qwen3-235B-A22B'),
      { layer_types: Array<string>(60).fill('full_attention') },
      ['layer-lists layer_types'],
    ],
    [
      'such a list of the right length',
      catalogConfig('Qwen3-235B-A22B'),
      { layer_types: Array<string>(94).fill('full_attention') },
      [],
    ],
    ['dense layers before the experts', deepseek, { first_k_dense_replace: 60 }, []],
    [
      'nothing but dense layers',
      deepseek,
      { first_k_dense_replace: 99 },
      ['no-expert-layers first_k_dense_replace'],
    ],
    ['a window that is switched off', QWEN2_5_7B, { max_position_embeddings: 32768 }, []],
    [
      'a window switched on for no layer',
      QWEN2_5_7B,
      { use_sliding_window: true },
      ['window-layers max_window_layers'],
    ],
    [
      'a window as long as the positions',
      QWEN2_5_7B,
      { use_sliding_window: true, max_window_layers: 4, max_position_embeddings: 32768 },
      ['window sliding_window'],
    ],
    ['the last token', LLAMA_3_8B, { eos_token_id: [128255], pad_token_id: -1, bos_token_id: null }, []],
    ['a token beyond the last', LLAMA_3_8B, { eos_token_id: [128255, 128256] }, ['token-ids eos_token_id']],
    ['one tie in two places', catalogConfig('Llama-4-Maverick'), {}, []],
    ['keys that are off', LLAMA_3_8B, { moe_intermediate_size: 0, n_group: null, sliding_window: null }, []],
    [
      'keys of experts in a dense family',
      LLAMA_3_8B,
      { n_group: 8, moe_intermediate_size: 1024 },
      ['dead-key moe_intermediate_size', 'dead-key n_group'],
    ],
  ];
  for (const [name, base, changes, expected] of cases)
    it(`${name}: ${expected.length > 0 ? expected.join(', ') : 'nothing'}`, () => {
      assert.deepEqual(said(base, changes), expected);
    });

  it('know a dialect’s own keys', () => {
    const wrapped: Config = { model_type: 'some_vlm', text_config: { ...LLAMA_3_8B, eos_token_id: 200000 } };
    assert.deepEqual(said(wrapped), ['token-ids text_config.eos_token_id']);
    const gpt2: Config = {
      model_type: 'gpt2',
      n_embd: 768,
      n_head: 12,
      n_layer: 2,
      n_positions: 1024,
      vocab_size: 50257,
      bos_token_id: 50257,
    };
    assert.deepEqual(said(gpt2), ['token-ids bos_token_id']);
  });
});
