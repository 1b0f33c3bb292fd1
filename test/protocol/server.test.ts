import assert from 'node:assert/strict';
import type { Hover, InlayHint, MarkupContent } from 'vscode-languageserver/node';
import {
  CATALOG_REQUEST,
  COMPARE_REQUEST,
  IDENTIFY_REQUEST,
  type CatalogResult,
  type CompareResult,
  type IdentifyResult,
} from '../../src/protocol';
import { TestClient } from './client';
import { at, plain, QWEN, STEP3, WHOLE_FILE } from './texts';

describe('language server over stdio', () => {
  let client: TestClient;
  before(async () => {
    client = await TestClient.start();
  });
  after(async () => {
    assert.deepEqual(client.errors, []);
    assert.equal(await client.stop(), 0);
  });

  const hints = (uri: string) =>
    client
      .request<InlayHint[] | null>('textDocument/inlayHint', { textDocument: { uri }, range: WHOLE_FILE })
      .then((list) => list ?? []);
  const labels = async (uri: string) =>
    (await hints(uri)).map((hint) => `${hint.position.line}: ${plain(hint.label)}`);

  it('says what it can', () => {
    const capabilities = client.initializeResult?.capabilities;
    assert.equal(capabilities?.hoverProvider, true);
    assert.ok(capabilities.inlayHintProvider);
  });

  it('marks the exact wrong value, and clears the mark when it is mended', async () => {
    const uri = 'file:///a/config.json';
    const broken = QWEN.replace('"num_key_value_heads": 8', '"num_key_value_heads": -8');
    await client.open(uri, broken);
    const [diagnostic] = await client.diagnostics(uri, (list) => list.length > 0);
    assert.ok(diagnostic);
    assert.deepEqual(diagnostic.range.start, at(broken, '-8'));
    assert.equal(diagnostic.range.end.character - diagnostic.range.start.character, 2);
    assert.equal(diagnostic.source, 'decode-lens');
    assert.equal(diagnostic.message, '"num_key_value_heads" must be at least 1.');
    await client.change(uri, 2, QWEN);
    await client.diagnostics(uri, (list) => list.length === 0);
  });

  it('shows KV, parameters and dollars while typing, unsaved text included', async () => {
    const uri = 'file:///b/config.json';
    await client.open(uri, QWEN);
    const first = await labels(uri);
    const line = (key: string) => String(at(QWEN, `"${key}"`).line);
    assert.ok(first.includes(`${line('num_key_value_heads')}: KV 131 kB/token at FP8`), first.join('\n'));
    assert.ok(first.includes(`${line('model_type')}: 32.8B parameters, 32B activated`), first.join('\n'));
    assert.ok(
      first.some((l) => l.startsWith(`${line('num_hidden_layers')}: $/1M at 8K: H800 0.196, H20 0.109`)),
      first.join('\n'),
    );
    await client.change(uri, 2, QWEN.replace('"num_key_value_heads": 8', '"num_key_value_heads": 4'));
    assert.ok((await labels(uri)).includes(`${line('num_key_value_heads')}: KV 65.5 kB/token at FP8`));
  });

  it('explains a key on hover: meaning, share, formula with this model’s numbers', async () => {
    const uri = 'file:///c/config.json';
    await client.open(uri, STEP3);
    const hoverOn = async (needle: string) => {
      const hover = await client.request<Hover | null>('textDocument/hover', {
        textDocument: { uri },
        position: at(STEP3, needle),
      });
      return (hover?.contents as MarkupContent | undefined)?.value ?? '';
    };
    const groups = await hoverOn('"num_attention_groups"');
    assert.match(groups, /KV cache per token +\| +31\.2 kB \| +100%/);
    assert.match(groups, /2 \* n_kv \* d \* b_kv \* L/);
    assert.match(groups, /= 31,232 bytes|= 28,672 bytes/);
    assert.match(
      await hoverOn('"model_type": "step3_vl"'),
      /316B parameters \(316,294,538,240\), 37\.9B activated/,
    );
    assert.match(await hoverOn('"moe_top_k"'), /FFN per token/);
    assert.match(await hoverOn('"torch_dtype"'), /\| stored as \|[^]*\| BF16 \|/);
    assert.equal(await hoverOn('"rope_theta"').then((text) => text.includes('|')), false, 'decides no cost');
  });

  it('follows settings', async () => {
    const uri = 'file:///d/config.json';
    client.configuration = {
      targets: ['L20', 'nonsense'],
      contexts: [4096],
      kvPrecision: 'bf16',
      inlayHints: { enabled: true },
    };
    await client.connection.sendNotification('workspace/didChangeConfiguration', { settings: null });
    await client.open(uri, QWEN);
    const list = await labels(uri);
    assert.ok(
      list.some((l) => l.includes('$/1M at 4K: L20 ')),
      list.join('\n'),
    );
    assert.ok(
      list.some((l) => l.includes('KV 262 kB/token at BF16')),
      list.join('\n'),
    );
    client.configuration = { inlayHints: { enabled: false } };
    await client.connection.sendNotification('workspace/didChangeConfiguration', { settings: null });
    assert.deepEqual(await labels(uri), []);
    client.configuration = {};
    await client.connection.sendNotification('workspace/didChangeConfiguration', { settings: null });
  });

  it('compares open configs with the catalog', async () => {
    const activeUri = 'file:///b/config.json';
    const { models, options } = await client.request<CompareResult>(COMPARE_REQUEST, {
      activeUri,
      options: { accounting: 'step3-paper' },
    });
    assert.equal(options.accounting, 'step3-paper');
    assert.equal(models.filter((m) => m.origin === 'catalog').length, 9);
    assert.deepEqual(
      models.filter((m) => m.active).map((m) => m.id),
      [activeUri],
    );
    const step3 = models.find((m) => m.id === 'catalog:Step-3');
    assert.equal(
      step3?.analysis.cost
        .find((c) => c.target === 'H20' && c.context === 8192)
        ?.attentionUsdPer1M.toFixed(3),
      '0.040',
    );
  });

  it('says what an open config is analysed with', async () => {
    const uri = 'file:///identified/config.json';
    await client.open(uri, STEP3);
    const { family, reason, options } = await client.request<IdentifyResult>(IDENTIFY_REQUEST, { uri });
    assert.match(`${family ?? ''}, by ${reason}`, /Step-?3.*step3/i);
    assert.deepEqual(options?.targets, ['H800', 'H20', 'H100', 'H200']);
    assert.equal(options.accounting, 'exact');
  });

  it('lists the catalog with sizes to choose by', async () => {
    const { models } = await client.request<CatalogResult>(CATALOG_REQUEST, {});
    const step3 = models.find(({ name }) => name === 'Step-3');
    assert.equal(models.length, 9);
    assert.equal(step3?.publisher, 'StepFun');
    assert.ok(step3.totalParameters > 3.1e11 && step3.totalParameters < 3.3e11);
    assert.ok(models.every((m) => m.kvBytesPerToken > 0 && m.activatedParameters <= m.totalParameters));
  });

  it('leaves other JSON alone', async () => {
    const uri = 'file:///e/package.json';
    await client.open(uri, '{ "name": "x", "version": 1 }');
    assert.equal((await client.request<IdentifyResult>(IDENTIFY_REQUEST, { uri })).isModelConfig, false);
    assert.deepEqual(await labels(uri), []);
    assert.equal(client.hasDiagnostics(uri), false);
  });

  describe('bad input', () => {
    const big = `{"model_type": "llama", "hidden_size": 64, "junk": "${'x'.repeat(20_000_000)}"}`;
    const cases: readonly (readonly [string, string, RegExp | null])[] = [
      ['an empty file', '', null],
      ['an array', '[1, 2, 3]', null],
      ['broken JSON', QWEN.slice(0, 300), /closing brace|value is expected|comma/],
      ['comments', QWEN.replace('{', '{ // a comment'), /Comments are not JSON/],
      ['a number as 1e400', QWEN.replace('"hidden_size": 5120', '"hidden_size": 1e400'), /too large/],
      [
        'a negative layer count',
        QWEN.replace('"num_hidden_layers": 64', '"num_hidden_layers": -64'),
        /at least 1/,
      ],
      [
        'an absurd layer count',
        QWEN.replace('"num_hidden_layers": 64', '"num_hidden_layers": 1000000000'),
        /at most/,
      ],
      ['NaN', QWEN.replace('"hidden_size": 5120', '"hidden_size": NaN'), /whole number/],
      [
        'Python’s Infinity in a key that decides nothing',
        QWEN.replace('{', '{ "time_step_limit": [0.0, Infinity],'),
        /not strict JSON/,
      ],
      ['a duplicate key', QWEN.replace('{', '{ "hidden_size": 1024,'), /stands here twice/],
      ['deep nesting', `{"model_type": "llama", "a": ${'['.repeat(100_000)}`, /Nested deeper/],
      ['a 20 MB file', big, /reads model configs of up to/],
      ['a foreign family', '{"model_type": "wav2vec9000", "hidden_size": 8}', /does not know the family/],
      ['experts in a dense family', QWEN.replace('{', '{ "num_experts": 64,'), /changes the architecture/],
      [
        'keys that mean something to JavaScript',
        QWEN.replace('{', '{ "__proto__": {"hidden_size": 1}, "constructor": 3, "toString": null,'),
        null,
      ],
    ];
    for (const [i, [what, text, message]] of cases.entries())
      it(what, async () => {
        const uri = `file:///bad${i}/config.json`;
        await client.open(uri, text);
        if (message) {
          const list = await client.diagnostics(uri, (diagnostics) => diagnostics.length > 0);
          assert.ok(
            list.some((d) => message.test(plain(d.message))),
            list.map((d) => plain(d.message)).join('\n'),
          );
        } else {
          await client.request(IDENTIFY_REQUEST, { uri });
          assert.equal(client.hasDiagnostics(uri), false);
        }
        // It lives on, and answers whatever is asked of this document.
        await client.request('textDocument/hover', {
          textDocument: { uri },
          position: { line: 0, character: 1 },
        });
        await hints(uri);
      });
  });
});

describe('language server for a client that can do nothing', () => {
  it('pushes diagnostics and answers hovers in plain text', async () => {
    const client = await TestClient.start({}, { settings: { contexts: [1024] } });
    const uri = 'file:///plain/config.json';
    await client.open(uri, QWEN.replace('"head_dim": 128', '"head_dim": "128"'));
    const [diagnostic] = await client.diagnostics(uri, (list) => list.length > 0);
    assert.match(plain(diagnostic?.message), /"head_dim" must be/);
    await client.change(uri, 2, QWEN);
    const hover = await client.request<Hover | null>('textDocument/hover', {
      textDocument: { uri },
      position: at(QWEN, '"hidden_size"'),
    });
    const { kind, value } = hover?.contents as MarkupContent;
    assert.equal(kind, 'plaintext');
    assert.match(value, /^hidden_size Width/);
    assert.doesNotMatch(value, /\*\*|`|\\/);
    const list = await client.request<InlayHint[]>('textDocument/inlayHint', {
      textDocument: { uri },
      range: WHOLE_FILE,
    });
    assert.ok(
      list.some((hint) => plain(hint.label).includes('$/1M at 1K')),
      'settings given at the start hold',
    );
    assert.equal(await client.stop(), 0);
  });

  it('marks syntax errors unless the client does so itself', async () => {
    const uri = 'file:///syntax/config.json';
    const text = '{ "model_type": "llama", "num_hidden_layers": -1, "hidden_size": }';
    const bare = await TestClient.start({});
    await bare.open(uri, text);
    assert.ok((await bare.diagnostics(uri, (list) => list.length > 0)).some((d) => d.code === 'json/syntax'));
    await bare.stop();
    const vscode = await TestClient.start({}, { reportsSyntax: true });
    await vscode.open(uri, text);
    assert.ok(
      (await vscode.diagnostics(uri, (list) => list.length > 0)).every((d) => d.code !== 'json/syntax'),
    );
    await vscode.stop();
  });
});
