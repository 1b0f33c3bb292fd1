import assert from 'node:assert/strict';
import { TextDocument } from 'vscode-languageserver-textdocument';
import {
  analyzeConfig,
  analyzeText,
  DEFAULT_SETTINGS,
  hoverAt,
  ignoreEdits,
  silenceableNames,
  textChange,
  type ServiceSettings,
} from '../../src/service';
import type { ConfigEdit, RuleSeverity } from '../../src/protocol';
import { LLAMA_3_8B, type Config } from './fixtures';

/** A finding of the reader that is a warning, and one that is an error. */
const MISSPELLED: Config = { ...LLAMA_3_8B, rms_norm_epss: 1e-5 };
const UNEVEN: Config = { ...LLAMA_3_8B, num_key_value_heads: 7 };

const withRules = (rules: Readonly<Record<string, RuleSeverity>>): ServiceSettings => ({
  ...DEFAULT_SETTINGS,
  rules,
});
const analyzed = (config: Config | string, settings = DEFAULT_SETTINGS) => {
  const text = typeof config === 'string' ? config : JSON.stringify(config, null, 2);
  const result = analyzeConfig({ text, file: 'config.json', name: 'x' }, settings);
  assert.ok(result);
  return result;
};
/** Only the reader's: rules have tests of their own. */
const READER = /^(json|schema|config|advice)\//;
const found = (config: Config | string, settings = DEFAULT_SETTINGS) =>
  analyzed(config, settings)
    .analysis.findings.filter(({ code }) => READER.test(code))
    .map(({ code, severity }) => `${code} ${severity}`);

/** The text after some edits. */
const changed = (document: TextDocument, edits: readonly ConfigEdit[]): string => {
  const change = textChange(document, edits);
  return change ? TextDocument.applyEdits(document, [change]) : document.getText();
};

/** What stands for nothing, by its place. */
const unnecessary = (config: Config) =>
  analyzed(config)
    .analysis.findings.filter((finding) => finding.unnecessary)
    .map(({ path }) => path.join('.'));

describe('what changes nothing', () => {
  it('is said to be unnecessary: keys that nothing reads, entries that silence nothing', () => {
    const config = {
      ...LLAMA_3_8B,
      n_group: 8,
      $decodeLens: { ignore: ['nothing/like-it', 'shape/ded-key'] },
    };
    assert.deepEqual(unnecessary(config), ['$decodeLens.ignore.0', 'n_group']);
    assert.deepEqual(unnecessary({ ...UNEVEN, rms_norm_epss: 1e-5 }), []);
  });
});

describe('silencing', () => {
  const ignoring = (config: Config, ...ignore: unknown[]): Config => ({ ...config, $decodeLens: { ignore } });

  it('takes codes and groups from the file', () => {
    assert.deepEqual(found(MISSPELLED), ['schema/unknown-key warning']);
    assert.deepEqual(found(ignoring(MISSPELLED, 'schema/unknown-key')), []);
    assert.deepEqual(found(ignoring(MISSPELLED, 'schema/*')), []);
    assert.deepEqual(found(ignoring(MISSPELLED, 'json/*')), ['schema/unknown-key warning']);
    assert.deepEqual(
      found('{"model_type": "gpt2", "n_layer": 2, "$decodeLens": {"ignore": ["json/*"]},}'),
      [],
    );
  });

  it('takes severities from the settings, for the reader’s warnings too', () => {
    assert.deepEqual(found(MISSPELLED, withRules({ 'schema/unknown-key': 'off' })), []);
    assert.deepEqual(found(MISSPELLED, withRules({ 'schema/*': 'off' })), []);
    assert.deepEqual(found(MISSPELLED, withRules({ 'schema/*': 'off', 'schema/unknown-key': 'error' })), [
      'schema/unknown-key error',
    ]);
  });

  it('never hides why nothing was computed', () => {
    const error = ['config/kv-heads error'];
    assert.deepEqual(found(UNEVEN), error);
    assert.deepEqual(found(ignoring(UNEVEN, 'config/kv-heads', 'config/*')), error);
    assert.deepEqual(found(UNEVEN, withRules({ 'config/*': 'off' })), error);
  });

  it('says which entries name nothing, with the code that was meant', () => {
    const { analysis, document } = analyzed(ignoring(LLAMA_3_8B, 'schema/unknown-keys', 'nonsense', 3));
    const findings = analysis.findings.filter(({ code }) => code.startsWith('advice/'));
    assert.deepEqual(
      findings.map(({ message }) => message),
      [
        'No finding has the code "schema/unknown-keys": did you mean "schema/unknown-key"?',
        'No finding has the code "nonsense": this entry silences nothing.',
      ],
    );
    const [rename, remove] = findings.map(({ fixes: [fix] }) => fix?.edits ?? []);
    const ignoreAfter = (edits: readonly ConfigEdit[]) =>
      (JSON.parse(changed(document, edits)) as { $decodeLens: { ignore: unknown } }).$decodeLens.ignore;
    assert.deepEqual(ignoreAfter(rename ?? []), ['schema/unknown-key', 'nonsense', 3]);
    assert.deepEqual(ignoreAfter(remove ?? []), ['schema/unknown-keys', 3]);
    assert.equal(found(ignoring(LLAMA_3_8B, 3)).join(), 'schema/type warning');
    assert.deepEqual(found(ignoring(LLAMA_3_8B, 'hardware/*', 'schema/*')), []);
  });

  it('tells a key of its own that nothing reads', () => {
    const own = { ...LLAMA_3_8B, $decodeLens: { ignored: ['hardware/*'] } };
    assert.deepEqual(found(own), ['schema/unknown-key warning']);
  });

  it('leaves the file a config, whatever stands there', () => {
    for (const own of [{}, { ignore: [] }, { ignore: null }, null, true, 'no', [1], { ignore: { a: 1 } }]) {
      const { architecture } = analyzed({ ...LLAMA_3_8B, $decodeLens: own });
      assert.ok(architecture, JSON.stringify(own));
    }
    assert.equal(
      analyzeConfig(
        { text: JSON.stringify({ ...LLAMA_3_8B, $decodeLens: false }), file: '', name: '' },
        DEFAULT_SETTINGS,
      ),
      null,
    );
    const unknown = { ...LLAMA_3_8B, model_type: 'nobody-knows', $decodeLens: { ignore: ['config/*'] } };
    assert.ok(analyzed(unknown).architecture);
    assert.deepEqual(found(unknown), []);
  });

  it('is described on hover', () => {
    const result = analyzed(ignoring(LLAMA_3_8B, 'schema/*'));
    const at = (word: string) =>
      hoverAt(
        result,
        result.document.positionAt(result.document.getText().indexOf(word) + 1),
      )?.markdown.toString() ?? '';
    assert.match(at('$decodeLens'), /not analysed/);
    assert.match(at('ignore'), /by code or by group/);
  });

  it('makes the edits that silence a finding', () => {
    const after = (config: Config, code: string): string => {
      const result = analyzed(config);
      return changed(result.document, ignoreEdits(result, code));
    };
    for (const config of [
      MISSPELLED,
      ignoring(MISSPELLED, 'json/*'),
      { ...MISSPELLED, $decodeLens: {} },
      { ...MISSPELLED, $decodeLens: true },
    ])
      assert.deepEqual(found(after(config, 'schema/unknown-key')), []);
    assert.deepEqual(JSON.parse(after(ignoring(MISSPELLED, 'json/*'), 'schema/unknown-key')), {
      ...ignoring(MISSPELLED, 'json/*', 'schema/unknown-key'),
    });
    assert.deepEqual(ignoreEdits(analyzed(UNEVEN), 'config/kv-heads'), []);
    assert.deepEqual(ignoreEdits(analyzed(MISSPELLED), 'config/size'), []);
  });

  it('knows the command line’s own codes too', () => {
    const [finding] = analyzeText({ text: '', file: '', name: '' }, DEFAULT_SETTINGS).findings;
    assert.ok(silenceableNames().includes(finding?.code ?? ''));
  });
});
