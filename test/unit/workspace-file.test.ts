import assert from 'node:assert/strict';
import fc from 'fast-check';
import { workspace as validateWorkspace } from '#validators';
import {
  DEFAULT_SETTINGS,
  globMatcher,
  readSettings,
  readWorkspaceFile,
  settingsWith,
  targetsOf,
} from '../../src/service';
import { silenceableNames } from '../../src/service/silence';

const read = (value: unknown) =>
  readWorkspaceFile(typeof value === 'string' ? value : JSON.stringify(value, null, 2), 'decode-lens.json');
/** Findings as `code@text that is marked`. */
const marked = (text: string) => {
  const lines = text.split('\n');
  return read(text).findings.map(({ code, severity, range }) => {
    const line = lines[range.start.line] ?? '';
    const end = range.end.line === range.start.line ? range.end.character : undefined;
    return `${severity} ${code} ${line.slice(range.start.character, end)}`;
  });
};

describe('workspace file', () => {
  it('lies over the settings that it is given, and says nothing of what it does not name', () => {
    const editor = readSettings({
      contexts: [4096],
      kvPrecision: 'bf16',
      accelerators: { MyChip: { peakFlops: { bf16: 4e14 }, bandwidth: 3e12, usdPerHour: 1 } },
      serving: { tensorParallel: 4 },
    }).settings;
    const file = readWorkspaceFile(
      JSON.stringify({
        targets: ['MyChip', 'h20'],
        precision: 'bf16',
        accelerators: { MyChip: { usdPerHour: 2 } },
        serving: { tpotMs: 30 },
        rules: { 'hardware/*': 'off' },
      }),
      'decode-lens.json',
      editor,
    );
    assert.deepEqual(file.findings, []);
    const { options, accelerators, rules } = settingsWith(file, editor, 'config.json');
    assert.deepEqual(options.targets, ['MyChip', 'H20']);
    assert.deepEqual(options.contexts, [4096]);
    assert.equal(options.kvPrecision, 'bf16');
    assert.equal(options.precision, 'bf16');
    assert.deepEqual(
      [options.serving.tensorParallel, options.serving.tpotMs, options.serving.gpusPerServer],
      [4, 30, 8],
    );
    const chip = accelerators.find((a) => a.name === 'MyChip');
    assert.deepEqual([chip?.bandwidth, chip?.usdPerHour], [3e12, 2]);
    assert.deepEqual(rules, { 'hardware/*': 'off' });
  });
  it('gives every accelerator one network, but those with an entry of their own', () => {
    const file = read({ network: 25e9, targets: ['H800', 'H20'], accelerators: { h20: { network: 100e9 } } });
    assert.deepEqual(
      targetsOf(settingsWith(file, DEFAULT_SETTINGS, null)).map((a) => a.network),
      [25e9, 100e9],
    );
  });
  it('takes comments and trailing commas', () => {
    const file = read('{\n  // the team’s\n  "contexts": [1024,],\n}\n');
    assert.deepEqual(file.findings, []);
    assert.deepEqual(settingsWith(file, DEFAULT_SETTINGS, null).options.contexts, [1024]);
  });
  it('names the key as it stands, and what is asked of it', () => {
    const messages = read('{"rules": {"shape/window": "loud", "nope": "off"}, "targets": []}').findings.map(
      ({ message }) => message,
    );
    assert.ok(
      messages.some((m) => m.startsWith('"shape/window" must be one of "error"')),
      messages.join(),
    );
    assert.ok(messages.includes('"targets" must have at least 1 entry.'), messages.join());
    const example = /write a rule such as "([^"]+)"/.exec(messages.join())?.[1];
    assert.ok(silenceableNames().includes(example ?? ''), `${String(example)} is no rule`);
    assert.deepEqual(
      read('[]').findings.map(({ message }) => message),
      ['This file must be an object.'],
    );
  });
  it('marks exactly what is wrong, and the rest holds', () => {
    const text = `{
  "targets": ["H800", "H8000", 5],
  "contexts": [8192, 0],
  "acounting": "exact",
  "precision": "fp7",
  "kvBlockSize": 32,
  "rules": { "shape/kv-heads": "loud", "hardwear/*": "off" },
  "accelerators": { "H20": { "bandwidth": 4, "price": 1 }, "My.Chip": { "bandwidth": 3e12 } },
  "budgets": [
    { "kvBytesPerToken": -1, "totalParameters": 7e9 },
    { "files": "a/*.json" },
    { "usdPer1M": [{ "target": "H9", "context": 8192, "atMost": 1 }, { "target": "H20", "context": 8192 }] },
    { "usdPer1M": [{ "target": "B300", "context": 8192, "atMost": 1 }] }
  ]
}`;
    assert.deepEqual(marked(text).sort(), [
      'error schema/enum "fp7"',
      'error schema/enum "loud"',
      'error schema/exclusiveMinimum -1',
      'error schema/minimum 0',
      'error schema/required {',
      'error schema/type 5',
      'error workspace/accelerator 1',
      'error workspace/accelerator 4',
      'error workspace/accelerator {',
      'error workspace/unknown-target "H8000"',
      'error workspace/unknown-target "H9"',
      'warning schema/unknown-key "acounting"',
      'warning workspace/empty-budget {',
      'warning workspace/no-price "B300"',
      'warning workspace/unknown-rule "hardwear/*"',
    ]);
    const { options, budgets } = settingsWith(read(text), DEFAULT_SETTINGS, 'x/config.json');
    assert.deepEqual(options.targets, ['H800']);
    assert.deepEqual(options.contexts, [8192]);
    assert.equal(options.precision, 'fp8');
    assert.equal(options.kvBlockSize, 32);
    assert.deepEqual(budgets[0], { totalParameters: 7e9, source: 'decode-lens.json, budgets[0]' });
    assert.equal(budgets[1]?.usdPer1M?.length, 1);
    assert.equal(budgets[1].source, 'decode-lens.json, budgets[2]');
  });

  it('passes over budgets that are only begun', () => {
    const text =
      '{"budgets": [{"usdPer1M": [{}, {"target": "H800"}, {"target": 1, "context": 8, "atMost": 1}]}]}';
    const { budgets } = settingsWith(read(text), DEFAULT_SETTINGS, 'x/config.json');
    assert.deepEqual(budgets[0]?.usdPer1M, []);
  });
  it('says what it could have meant', () => {
    const [finding] = read({ acounting: 'exact' }).findings;
    assert.match(finding?.message ?? '', /did you mean "accounting"\?/);
  });
  it('reads what stands before a mistake of syntax', () => {
    const file = read('{ "contexts": [1024], "targets": [');
    assert.equal(file.findings[0]?.code, 'json/syntax');
    assert.deepEqual(settingsWith(file, DEFAULT_SETTINGS, null).options.contexts, [1024]);
  });
  it('that is empty says nothing; one that is no object is wrong', () => {
    assert.deepEqual(read('').findings, []);
    assert.deepEqual(
      read('[]').findings.map((f) => f.code),
      ['schema/type'],
    );
  });

  const globs: readonly (readonly [readonly string[], string, boolean])[] = [
    [['config.json'], 'a/b/config.json', true],
    [['./config.json'], 'config.json', true],
    [['./config.json'], 'a/config.json', false],
    [['*.json'], '.drafts/x.json', true],
    [['models/*/config.json'], 'models/a/config.json', true],
    [['models/*/config.json'], 'models/a/b/config.json', false],
    [['models/**'], 'models/a/b/config.json', true],
    [['models/**', '!models/old/**'], 'models/old/config.json', false],
    [['!old/**'], 'new/config.json', true],
    [['{a,b}/config.json'], 'b/config.json', true],
    [['**'], 'config.json', true],
  ];
  for (const [patterns, file, isMatch] of globs)
    it(`${patterns.join(' ')} ${isMatch ? 'takes' : 'leaves'} ${file}`, () => {
      assert.equal(globMatcher(patterns)(file), isMatch);
    });

  it('holds a budget against the files of its globs', () => {
    const file = read({
      budgets: [
        { files: ['small/**'], totalParameters: 8e9 },
        { files: 'config.json', kvBytesPerToken: 1e5 },
        { activatedParameters: 1e9 },
      ],
    });
    const sources = (path: string | null) =>
      settingsWith(file, DEFAULT_SETTINGS, path).budgets.map((b) => b.source.slice(-2, -1));
    assert.deepEqual(sources('small/a/config.json'), ['0', '1', '2']);
    assert.deepEqual(sources('small/a/params.json'), ['0', '2']);
    assert.deepEqual(sources('large/config.json'), ['1', '2']);
    assert.deepEqual(sources(null), ['2']);
  });

  it('never throws, whatever it holds', () => {
    const keys = ['targets', 'contexts', 'accelerators', 'serving', 'models', 'rules', 'budgets', 'network'];
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.dictionary(fc.constantFrom(...keys), fc.jsonValue()).map((v) => JSON.stringify(v)),
        ),
        (text) => {
          const file = read(text);
          const { options } = settingsWith(file, DEFAULT_SETTINGS, 'config.json');
          assert.ok(options.targets.length > 0 && options.contexts.length > 0);
          assert.ok(file.budgets.every(({ budget }) => budget.source.startsWith('decode-lens.json')));
        },
      ),
    );
  });
  it('has no finding where its schema has none, names and figures aside', () => {
    const value = {
      $schema: './workspace.schema.json',
      targets: ['H800'],
      models: ['DeepSeek-V3', 'models/**/config.json'],
      budgets: [{ files: ['a'], usdPer1M: [{ target: 'H20', context: 1, atMost: 0.1 }] }],
    };
    assert.ok(validateWorkspace(value), JSON.stringify(validateWorkspace.errors));
    assert.deepEqual(read(value).findings, []);
  });
});
