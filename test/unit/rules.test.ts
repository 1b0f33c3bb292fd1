import assert from 'node:assert/strict';
import { applyEdits, RULE_GROUPS, RULES, type Rule } from '../../src/advice';
import { isObject, objectAt } from '../../src/architecture';
import type { Finding, JsonPath } from '../../src/protocol';
import {
  analyzeConfig,
  analyzeExample,
  READER_CODES,
  textChange,
  type AnalyzedConfig,
} from '../../src/service';
import { catalogConfig } from './fixtures';

/** What one rule says of a config. */
const saidBy = ({ code }: Rule, { analysis }: AnalyzedConfig): Finding[] =>
  analysis.findings.filter((finding) => finding.code === code);

function exampleOf(rule: Rule, changes = rule.example.changes): AnalyzedConfig {
  const analyzed = analyzeExample(rule, changes);
  assert.ok(analyzed, `${rule.code}: no model config`);
  return analyzed;
}

/** One sentence or more, ended as such. */
const isProse = (text: string): boolean =>
  /^([\p{Lu}"`0-9]|[a-z]+_).*[.?!]$/su.test(text) && !/ {2}|TODO/.test(text);

const stands = (config: unknown, path: JsonPath): boolean => {
  const holder = isObject(config) ? path.slice(0, -1).reduce<unknown>(stepInto, config) : undefined;
  return path.length === 0 || stepInto(holder, path.at(-1) ?? '') !== undefined;
};
const stepInto = (at: unknown, step: string | number): unknown =>
  Array.isArray(at) ? (at as unknown[])[Number(step)] : isObject(at) ? at[step] : undefined;

describe('rules', () => {
  it('have codes of their own', () => {
    const codes = [...RULES, ...READER_CODES].map(({ code }) => code);
    assert.equal(new Set(codes).size, codes.length);
    for (const code of codes) assert.match(code, /^[a-z]+\/[a-z][a-zA-Z0-9]*(-[a-z0-9]+)*$/);
    for (const { code } of RULES)
      assert.ok(
        RULE_GROUPS.some((group) => code.startsWith(`${group}/`)),
        code,
      );
  });

  it('are listed by group', () => {
    const groups = RULES.map(({ code }) => code.slice(0, code.indexOf('/')));
    assert.deepEqual(
      groups,
      RULE_GROUPS.flatMap((group) => groups.filter((g) => g === group)),
    );
  });

  for (const rule of RULES)
    describe(rule.code, () => {
      it('explains itself', () => {
        for (const text of [rule.what, rule.why, rule.ignoreWhen, rule.source])
          assert.ok(isProse(text), `no sentence: ${text}`);
        assert.match(rule.title, /^\p{Lu}.*[^.]$/u);
      });

      it('speaks of its example', () => {
        const said = saidBy(rule, exampleOf(rule));
        assert.ok(said.length > 0, 'says nothing of its example');
        for (const finding of said) {
          assert.ok(isProse(finding.message), `no sentence: ${finding.message}`);
          assert.ok(!/NaN|undefined|Infinity|\[object/.test(finding.message), finding.message);
        }
      });

      it('says nothing of the model without the changes', () => {
        if (rule.example.firesUnchanged) return;
        assert.deepEqual(
          saidBy(rule, exampleOf(rule, {})).map(({ message }) => message),
          [],
        );
      });

      it('offers fixes that mend it', () => {
        const analyzed = exampleOf(rule);
        for (const finding of saidBy(rule, analyzed))
          for (const fix of finding.fixes) {
            assert.ok(!fix.title.endsWith('.') && /^\S/.test(fix.title), fix.title);
            const config = analyzed.config.value;
            assert.ok(isObject(config));
            for (const { path, ...edit } of fix.edits)
              assert.ok(
                'value' in edit || stands(config, path),
                `${fix.title}: nothing at ${path.join('.')}`,
              );
            const change = textChange(analyzed.document, fix.edits);
            assert.ok(change, `${fix.title}: changes nothing`);
            assert.ok(objectAt(applyEdits(config, fix.edits), []));
            const { document } = analyzed;
            const text = document.getText();
            const after = analyzeConfig(
              {
                text:
                  text.slice(0, document.offsetAt(change.range.start)) +
                  change.newText +
                  text.slice(document.offsetAt(change.range.end)),
                file: 'fixed.json',
                name: rule.example.model,
              },
              analyzed.settings,
            );
            assert.ok(after);
            const same = saidBy(rule, after).filter((f) => f.path.join('.') === finding.path.join('.'));
            // A fix with a price may ease what it doesn't mend; the one right thing to do mends it.
            if (fix.isPreferred)
              assert.deepEqual(
                same.map(({ message }) => message),
                [],
                fix.title,
              );
            assert.ok(
              same.every(({ message }) => message !== finding.message),
              `${fix.title}: the finding stays as it was`,
            );
            // No fix breaks the config.
            assert.deepEqual(
              after.analysis.findings.filter((f) => f.severity === 'error' && f.code !== rule.code),
              analyzed.analysis.findings.filter((f) => f.severity === 'error' && f.code !== rule.code),
              fix.title,
            );
          }
      });

      it('has at most one preferred fix a finding', () => {
        for (const { fixes } of saidBy(rule, exampleOf(rule)))
          assert.ok(fixes.filter(({ isPreferred }) => isPreferred).length <= 1);
      });

      it('is as severe as its group may be', () => {
        for (const { severity } of saidBy(rule, exampleOf(rule))) {
          const rank = ['information', 'warning', 'error'];
          assert.ok(rank.indexOf(severity) <= rank.indexOf(rule.severity), 'milder at most');
        }
        // An error says that the model can't be built or served so: never a matter of cost.
        if (rule.code.startsWith('codesign/')) assert.notEqual(rule.severity, 'error');
      });

      it('takes its example from the catalog', () => {
        assert.ok(catalogConfig(rule.example.model));
      });
    });
});
