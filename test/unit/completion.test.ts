import assert from 'node:assert/strict';
import { completionsAt, type Completion } from '../../src/service';

/** The text with a bar where the cursor stands. */
function at(marked: string, file = 'file:///a/config.json') {
  const offset = marked.indexOf('|');
  const text = marked.slice(0, offset) + marked.slice(offset + 1);
  const list = completionsAt(text, offset, file);
  return { text, list, labels: list.map(({ label }) => label) };
}

function accept(text: string, { start, end, newText, commaBefore }: Completion): string {
  const changed = text.slice(0, start) + newText + text.slice(end);
  return commaBefore === null ? changed : `${changed.slice(0, commaBefore)},${changed.slice(commaBefore)}`;
}
/** The text once the completion of this label was taken. */
function taking(marked: string, label: string): string {
  const { text, list, labels } = at(marked);
  const item = list.find((candidate) => candidate.label === label);
  assert.ok(item, `${label} is not among ${labels.slice(0, 20).join(', ')}`);
  return accept(text, item);
}

const LLAMA = '"model_type": "llama", "hidden_size": 4096';

describe('completion', () => {
  describe('of keys', () => {
    const cases: readonly (readonly [string, string, string, string])[] = [
      ['in an open place', `{${LLAMA}, |}`, 'vocab_size', `{${LLAMA}, "vocab_size": 32000}`],
      ['within quotes', `{${LLAMA}, "voc|"}`, 'vocab_size', `{${LLAMA}, "vocab_size": 32000}`],
      [
        'behind a quote that is not closed',
        `{${LLAMA}, "voc|\n}`,
        'vocab_size',
        `{${LLAMA}, "vocab_size": 32000\n}`,
      ],
      ['without quotes', `{${LLAMA}, voc|}`, 'vocab_size', `{${LLAMA}, "vocab_size": 32000}`],
      ['before another key', `{ "v|"\n ${LLAMA}}`, 'vocab_size', `{ "vocab_size": 32000,\n ${LLAMA}}`],
      ['whose value stands already', `{${LLAMA}, "voc|": 7}`, 'vocab_size', `{${LLAMA}, "vocab_size": 7}`],
      [
        'behind an entry without a comma',
        `{${LLAMA}\n  |\n}`,
        'vocab_size',
        `{${LLAMA},\n  "vocab_size": 32000\n}`,
      ],
    ];
    for (const [what, marked, label, expected] of cases)
      it(what, () => {
        assert.equal(taking(marked, label).replace(/("vocab_size": )\d\d+/, '$132000'), expected);
      });

    it('leaves out what the file has, and says what keys mean', () => {
      const { list, labels } = at(`{${LLAMA}, |}`);
      assert.ok(!labels.includes('hidden_size'));
      assert.ok(!labels.includes('kv_lora_rank'), 'another family’s');
      const heads = list.find(({ label }) => label === 'num_key_value_heads');
      assert.match(heads?.documentation ?? '', /KV cache/);
      assert.equal(new Set(labels).size, labels.length);
    });
    it('puts dimensions first', () => {
      const { list } = at(`{${LLAMA}, |}`);
      const rank = (key: string) => list.find(({ label }) => label === key)?.rank ?? NaN;
      assert.ok(rank('architectures') < rank('num_hidden_layers'));
      assert.ok(rank('num_hidden_layers') < rank('initializer_range'));
    });
    it('within nested objects', () => {
      const { labels } = at(`{${LLAMA}, "rope_scaling": {|}}`);
      assert.ok(labels.includes('factor') && labels.includes('rope_type'), labels.join());
      assert.ok(!labels.includes('hidden_size'));
    });
    it('of the language model within a wrapper, and of its tower', () => {
      const wrapper = (text: string, vision: string) =>
        `{"model_type": "gemma3", "text_config": {"model_type": "gemma3_text", "hidden_size": 64, "num_hidden_layers": 2${text}}, "vision_config": {"model_type": "siglip_vision_model"${vision}}}`;
      assert.ok(at(wrapper(', |', '')).labels.includes('num_key_value_heads'));
      const tower = at(wrapper('', ', |')).labels;
      assert.ok(tower.includes('patch_size') && !tower.includes('rope_scaling'), tower.join());
    });
    it('has stops for the cursor, without which the text is plain', () => {
      const item = at(`{${LLAMA}, |}`).list.find(({ label }) => label === 'vocab_size');
      assert.match(item?.snippet ?? '', /^"vocab_size": \$\{1:\d+\}$/);
    });
  });

  describe('of values', () => {
    it('families, also while nothing else stands there', () => {
      assert.equal(taking('{"model_type": |}', '"deepseek_v3"'), '{"model_type": "deepseek_v3"}');
      assert.equal(taking('{"model_type": "dee|"}', '"deepseek_v3"'), '{"model_type": "deepseek_v3"}');
      assert.equal(
        taking('{"model_type": "dee|"\n "hidden_size": 3}', '"deepseek_v3"'),
        '{"model_type": "deepseek_v3",\n "hidden_size": 3}',
      );
    });
    it('class names of the family', () => {
      assert.deepEqual(at(`{${LLAMA}, "architectures": ["|"]}`).labels.includes('"LlamaForCausalLM"'), true);
    });
    it('of architectures: a class of the family, never that of another with the same schema', () => {
      assert.match(taking(`{${LLAMA}, |}`, 'architectures'), /"architectures": \["LlamaForCausalLM"\]/);
      const qwen = '"model_type": "qwen3_moe", "hidden_size": 4096';
      assert.match(taking(`{${qwen}, |}`, 'architectures'), /"architectures": \["Qwen3MoeForCausalLM"\]/);
      const { labels } = at(`{${LLAMA}, "architectures": |}`);
      assert.ok(labels.includes('["LlamaForCausalLM"]') && !labels.join().includes('Qwen'), labels.join());
    });
    it('usual ones of keys that are free', () => {
      for (const [marked, value] of [
        ['"torch_dtype": "|"', '"float16"'],
        ['"hidden_act": |', '"silu"'],
        ['"rope_scaling": {"rope_type": |}', '"yarn"'],
        ['"quantization_config": {"quant_method": "|"}', '"awq"'],
      ] as const)
        assert.ok(at(`{${LLAMA}, ${marked}}`).labels.includes(value), marked);
    });
    it('true and false, null where it is allowed', () => {
      assert.deepEqual(at(`{${LLAMA}, "tie_word_embeddings": |}`).labels.slice(0, 2), ['true', 'false']);
    });
    it('those of catalog models of the family, by name', () => {
      const { list } = at('{"model_type": "deepseek_v3", "hidden_size": 1024, "n_routed_experts": |}');
      assert.deepEqual(
        list.filter(({ detail }) => detail !== '').map(({ label, detail }) => `${label} ${detail}`),
        ['256 class default', '384 Kimi-K2'],
      );
    });
    it('codes of findings in the file’s ignore list, each once', () => {
      const { labels } = at(`{${LLAMA}, "$decodeLens": {"ignore": ["shape/*", "|"]}}`);
      assert.ok(labels.includes('"schema/unknown-key"') && !labels.includes('"shape/*"'));
    });
  });

  describe('of nothing', () => {
    for (const [what, marked, file] of [
      ['in other JSON', '{"name": "x", |}', 'file:///a/package.json'],
      ['where the file opts out', `{${LLAMA}, "$decodeLens": false, |}`, undefined],
      ['behind an entry on its line', `{${LLAMA} |}`, undefined],
      ['between a key and its colon', '{"model_type" |: "llama"}', undefined],
      ['in a comment', `{${LLAMA}, // | \n}`, undefined],
      ['at the end of a comment', `{${LLAMA}, // x|\n}`, undefined],
      ['behind the end', `{${LLAMA}} |`, undefined],
    ] as const)
      it(what, () => {
        assert.deepEqual(at(marked, file).labels, []);
      });
  });

  it('of a whole file from the catalog', () => {
    const { list, text } = at('|');
    const v3 = list.find(({ label }) => label === 'DeepSeek-V3');
    assert.ok(v3);
    assert.equal((JSON.parse(accept(text, v3)) as { kv_lora_rank: number }).kv_lora_rank, 512);
    assert.deepEqual(at('|', 'file:///a/tsconfig.json').labels, []);
  });

  it('never throws and always replaces what is at the cursor, wherever that stands in whatever is left of a config', () => {
    const text = `{${LLAMA}, "rope_scaling": {"factor": 8.0, "a": [1, {"b": "c\\"d"}]}, "x": tru, y: 'z', "architectures": ["A" "B"] /* c */}\n]`;
    for (let cut = 0; cut <= text.length; cut += 2)
      for (const shown of [text, text.slice(0, cut), text.slice(cut)])
        for (const { start, end } of completionsAt(shown, Math.min(cut, shown.length), 'config.json'))
          assert.ok(0 <= start && start <= end && end <= shown.length);
  });
});
