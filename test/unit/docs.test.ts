import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import manifest from '../../package.json';
import { DOCS, ruleFiles, ruleNames, writtenPages } from '../../scripts/docs';
import { codeEntries, codePage, codeText, READER_CODES } from '../../src/service';

const SRC = path.resolve(__dirname, '../../src');

describe('docs', function () {
  this.timeout(20_000);

  it('are what npm run docs writes', async () => {
    const pages = await writtenPages();
    for (const [name, text] of pages)
      assert.equal(readFileSync(path.join(DOCS, name), 'utf8'), text, `${name}: run npm run docs`);
    assert.deepEqual(
      ruleFiles().filter((name) => !pages.has(name)),
      [],
    );
  });

  it('are followed by the names that the setting decodeLens.rules takes', () => {
    const { propertyNames } = manifest.contributes.configuration.properties['decodeLens.rules'];
    assert.deepEqual(propertyNames.enum, ruleNames(), 'package.json: run npm run docs');
  });

  it('have a page for every code that the source gives', () => {
    const text = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.endsWith('reader-codes.ts'))
      .map((name) => readFileSync(path.join(SRC, name), 'utf8'))
      .join('\n');
    const given = [
      ...text.matchAll(/'((?:json|schema|config|checkpoint|file|advice|workspace)\/[a-z-]+)'/gi),
    ].map((match) => match[1]);
    assert.ok(given.length > 50);
    const known = new Set(READER_CODES.map(({ code }) => code));
    assert.deepEqual(
      [...new Set(given)].filter((code) => code !== undefined && !known.has(code)),
      [],
    );
    // And none that nothing gives; those of schemas go by the keyword.
    assert.deepEqual(
      [...known].filter((code) => !code.startsWith('schema/') && !given.includes(code)),
      [],
    );
  });

  it('have a page for every keyword of the schemas of configs', () => {
    const schemas = path.resolve(SRC, '../schemas');
    const keywords = new Set<string>();
    const visit = (node: unknown): void => {
      if (Array.isArray(node)) node.forEach(visit);
      else if (typeof node === 'object' && node !== null)
        for (const [key, value] of Object.entries(node)) {
          // Below these stand names, not keywords.
          if (['properties', 'patternProperties', '$defs'].includes(key))
            Object.values(value as object).forEach(visit);
          else if (!ANNOTATIONS.includes(key)) {
            keywords.add(key);
            visit(value);
          }
        }
    };
    for (const name of readdirSync(schemas).filter((file) => /^(config-|common)/.test(file)))
      visit(JSON.parse(readFileSync(path.join(schemas, name), 'utf8')));
    const known = READER_CODES.map(({ code }) => code);
    // Reported as schema/unknown-key.
    keywords.delete('additionalProperties');
    assert.deepEqual(
      [...keywords].filter((keyword) => !known.includes(`schema/${keyword}`)),
      [],
    );
  });

  it('explain every code in Markdown and as text', () => {
    for (const { code } of codeEntries()) {
      assert.match(codePage(code) ?? '', /^# .+\n/);
      const text = codeText(code) ?? '';
      assert.ok(text.startsWith(`${code}: `));
      assert.doesNotMatch(text, /```|\*\*|`/);
    }
    assert.equal(codePage('shape/none'), null);
    assert.equal(codeText(''), null);
  });
});

/** Keywords that never fail by themselves. */
const ANNOTATIONS = [
  '$schema',
  '$id',
  '$ref',
  'title',
  'description',
  'examples',
  'items',
  'allOf',
  'if',
  'then',
];
