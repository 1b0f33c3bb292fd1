// Compiles schemas/ ahead of time into build/validators.js, so that the product ships neither ajv nor `new Function`.
// Types of what it exports: src/service/validators.d.ts. Does nothing when no input has changed.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const require = createRequire(import.meta.url);
const output = join(root, 'build', 'validators.js');

const schemaFiles = readdirSync(join(root, 'schemas'))
  .filter(
    (name) => name === 'common.schema.json' || name === 'analysis.schema.json' || name.startsWith('config-'),
  )
  .sort();

/** A comment on the first line that names all inputs; equal to the one in the output means up to date. */
function stamp() {
  const hash = createHash('sha256');
  const inputs = [fileURLToPath(import.meta.url), ...schemaFiles.map((name) => join(root, 'schemas', name))];
  for (const file of inputs)
    hash
      .update(`${file.slice(root.length)}\0`)
      .update(readFileSync(file))
      .update('\0');
  for (const tool of ['ajv', 'esbuild']) hash.update(require(`${tool}/package.json`).version);
  return `// compiled from schemas/ by scripts/compile-schemas.mjs ${hash.digest('hex')}`;
}

/** Export name of a schema file: `config-llama.schema.json` is `llama`. */
const exportName = (file) => file.replace(/^config-/, '').replace(/\.schema\.json$/, '');

/** Descriptions by dotted key path, references followed; the first description found for a path stays. */
function describe(schema, schemas) {
  const docs = {};
  const resolve = (ref, base) => {
    const [file, pointer = ''] = ref.split('#');
    const target = file === '' ? base : schemas[file];
    const steps = pointer.split('/').slice(1);
    const found = steps.reduce((at, step) => at?.[step.replaceAll('~1', '/').replaceAll('~0', '~')], target);
    if (found === undefined) throw new Error(`Unresolved reference ${ref}`);
    return [found, target];
  };
  const visit = (node, path, base, open) => {
    if (typeof node !== 'object' || node === null || open.includes(node)) return;
    const inside = [...open, node];
    if (path !== '' && node.description !== undefined) docs[path] ??= node.description;
    for (const [key, value] of Object.entries(node.properties ?? {})) {
      visit(value, path === '' ? key : `${path}.${key}`, base, inside);
    }
    // Conditions (`if`) only select: they describe nothing.
    for (const part of [node.then, node.else, ...(node.allOf ?? [])]) visit(part, path, base, inside);
    if (node.items !== undefined) visit({ ...node.items, description: undefined }, path, base, inside);
    if (node.$ref !== undefined) {
      const [target, targetBase] = resolve(node.$ref, base);
      visit(target, path, targetBase, inside);
    }
  };
  visit(schema, '', schema, []);
  return docs;
}

/**
 * All schemas as one, for code a third of the size: without what only people read, and with equal properties of
 * all families under one definition, hence one function. Without `$schema` too, so that ajv leaves out draft
 * 2020-12's dynamic scopes, which no schema here uses.
 */
function combine(schemas) {
  const $defs = {};
  const names = new Map();
  const pointerTo = (name) => ({ $ref: `#/$defs/${name}` });
  const define = (property) => {
    if (property.$ref !== undefined) return property;
    const key = JSON.stringify(property);
    if (!names.has(key)) {
      names.set(key, `property${names.size}`);
      $defs[names.get(key)] = property;
    }
    return pointerTo(names.get(key));
  };
  const copy = (node, file) => {
    if (Array.isArray(node)) return node.map((item) => copy(item, file));
    if (typeof node !== 'object' || node === null) return node;
    const result = {};
    for (const [key, value] of Object.entries(node)) {
      if (['$schema', '$id', '$defs', 'title', 'description', 'examples'].includes(key)) continue;
      if (key === '$ref') {
        const [other, definition] = value.split('#/$defs/');
        Object.assign(result, pointerTo(`${exportName(other === '' ? file : other)}.${definition}`));
      } else if (key === 'properties') {
        result[key] = Object.fromEntries(
          Object.entries(value).map(([name, property]) => [name, define(copy(property, file))]),
        );
      } else result[key] = copy(value, file);
    }
    return result;
  };
  for (const [file, schema] of Object.entries(schemas)) {
    $defs[exportName(file)] = copy(schema, file);
    for (const [name, definition] of Object.entries(schema.$defs ?? {})) {
      $defs[`${exportName(file)}.${name}`] = define(copy(definition, file));
    }
  }
  return { $id: 'all', $defs };
}

const header = stamp();
if (!existsSync(output) || readFileSync(output, 'utf8').split('\n', 1)[0] !== header) {
  const { default: Ajv } = await import('ajv/dist/ajv.js');
  const { default: standaloneCode } = await import('ajv/dist/standalone/index.js');
  const { buildSync } = await import('esbuild');

  const schemas = Object.fromEntries(
    schemaFiles.map((name) => [name, JSON.parse(readFileSync(join(root, 'schemas', name), 'utf8'))]),
  );
  const ajv = new (Ajv.default ?? Ajv)({
    schemas: [combine(schemas)],
    allErrors: true,
    strict: true,
    strictRequired: false, // `then` may require what the enclosing schema defines
    allowUnionTypes: true,
    inlineRefs: false, // see combine
    code: { source: true, esm: true, lines: false },
  });
  const compiled = schemaFiles.filter((name) => name !== 'common.schema.json');
  const code = (standaloneCode.default ?? standaloneCode)(
    ajv,
    Object.fromEntries(compiled.map((name) => [exportName(name), `all#/$defs/${exportName(name)}`])),
  );

  const configs = compiled.filter((name) => name.startsWith('config-')).map(exportName);
  const docs = Object.fromEntries(
    compiled.map((name) => [exportName(name), describe(schemas[name], schemas)]),
  );
  const data = (name, value) =>
    `export const ${name} = JSON.parse(${JSON.stringify(JSON.stringify(value))});`;

  const bundle = buildSync({
    stdin: {
      contents: [code, data('schemaDocs', docs), `export const configs = { ${configs.join(', ')} };`].join(
        '\n',
      ),
      resolveDir: root,
      sourcefile: 'validators.js',
    },
    bundle: true,
    minifySyntax: true,
    minifyWhitespace: true,
    minifyIdentifiers: true,
    format: 'cjs',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    target: 'es2022',
    banner: { js: header },
    legalComments: 'none',
    write: false,
  });
  mkdirSync(dirname(output), { recursive: true });
  // Written beside and renamed: a test that runs meanwhile never reads half a file.
  const temporary = `${output}.${process.pid}.tmp`;
  writeFileSync(temporary, bundle.outputFiles[0].contents);
  renameSync(temporary, output);
}
