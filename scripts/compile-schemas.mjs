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

/** What the product itself never checks anything against, nor explains: a form of its output, held by a test alone. */
const FOR_READERS = ['sensitivity.schema.json'];

const schemaFiles = readdirSync(join(root, 'schemas'))
  .filter((name) => name.endsWith('.schema.json') && !FOR_READERS.includes(name))
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

/**
 * Descriptions by dotted key path, and what may be written there: types, and values that are allowed or usual (of a list's
 * entries below `path[]`). References are followed; the first that is found for a path stays.
 */
function describe(schema, schemas) {
  const docs = {};
  const values = {};
  const note = (path, { type, enum: allowed, const: only, examples }) => {
    const known = (values[path] ??= {});
    if (type !== undefined) known.types ??= [type].flat();
    const usual = only !== undefined ? [only] : (allowed ?? examples);
    if (usual !== undefined) known.values ??= usual;
  };
  const resolve = (ref, base) => {
    const [file, pointer = ''] = ref.split('#');
    const target = file === '' ? base : schemas[file];
    const steps = pointer.split('/').slice(1);
    const found = steps.reduce((at, step) => at?.[step.replaceAll('~1', '/').replaceAll('~0', '~')], target);
    if (found === undefined) throw new Error(`Unresolved reference ${ref}`);
    return [found, target];
  };
  const visit = (node, path, base, open, inList = false) => {
    if (typeof node !== 'object' || node === null || open.includes(node)) return;
    const inside = [...open, node];
    if (path !== '' && node.description !== undefined) docs[path] ??= node.description;
    note(inList ? `${path}[]` : path, node);
    for (const [key, value] of Object.entries(node.properties ?? {})) {
      visit(value, path === '' ? key : `${path}.${key}`, base, inside);
    }
    // By the pattern itself, in slashes: a reader of the docs tries it on a key.
    for (const [pattern, value] of Object.entries(node.patternProperties ?? {})) {
      if (path === '' && value.description !== undefined) docs[`/${pattern}/`] ??= value.description;
    }
    // Conditions (`if`) only select: they describe nothing.
    for (const part of [node.then, node.else, ...(node.allOf ?? [])]) visit(part, path, base, inside, inList);
    if (node.items !== undefined) visit({ ...node.items, description: undefined }, path, base, inside, true);
    if (node.$ref !== undefined) {
      const [target, targetBase] = resolve(node.$ref, base);
      visit(target, path, targetBase, inside, inList);
    }
  };
  visit(schema, '', schema, []);
  for (const [path, known] of Object.entries(values))
    if (Object.keys(known).length === 0) delete values[path];
  return { docs, values };
}

/** What only people read. `$schema` too: without it ajv leaves out draft 2020-12's dynamic scopes, which no schema here uses. */
const READ_BY_PEOPLE = ['$schema', '$id', '$defs', 'title', 'description', 'examples'];

/**
 * All schemas as one, with equal properties of all families under one definition, hence one function. The keys of a
 * config schema are a table from key to that function (`tables`): a family's keys as code would be some 200 bytes each.
 */
function combine(schemas) {
  const $defs = {};
  const names = new Map();
  const tables = {};
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
      if (READ_BY_PEOPLE.includes(key)) continue;
      if (key === '$ref') {
        const [other, definition] = value.split('#/$defs/');
        // Definitions are followed to the property they are, so that a table needs no second step.
        const target = other === '' ? file : other;
        Object.assign(result, define(copy(schemas[target].$defs[definition], target)));
      } else if (key === 'properties' || key === 'patternProperties') {
        result[key] = Object.fromEntries(
          Object.entries(value).map(([name, property]) => [name, define(copy(property, file))]),
        );
      } else result[key] = copy(value, file);
    }
    return result;
  };
  for (const [file, schema] of Object.entries(schemas)) {
    if (file === 'common.schema.json') continue;
    const { properties, ...rest } = copy(withSharedKeys(schema, file, schemas), file);
    if (!file.startsWith('config-')) $defs[exportName(file)] = { properties, ...rest };
    else {
      $defs[exportName(file)] = rest;
      tables[exportName(file)] = Object.fromEntries(
        Object.entries(properties).map(([key, { $ref }]) => [key, $ref.slice('#/$defs/'.length)]),
      );
    }
  }
  return { schema: { $id: 'all', $defs }, tables };
}

/** A schema whose keys stand in a definition that it shares with another one, with these keys as its own. */
function withSharedKeys(schema, file, schemas) {
  const shared = (schema.allOf ?? []).filter((part) => part.$ref !== undefined);
  if (shared.length === 0) return schema;
  const definitions = shared.map(({ $ref }) => {
    const [other, definition] = $ref.split('#/$defs/');
    return schemas[other === '' ? file : other].$defs[definition];
  });
  const allOf = schema.allOf.filter((part) => part.$ref === undefined);
  const { allOf: _, ...rest } = schema;
  return {
    ...rest,
    properties: Object.assign({}, ...definitions.map((d) => d.properties), schema.properties),
    ...(allOf.length > 0 ? { allOf } : {}),
  };
}

/** Descriptions and values by path, each different one once: families share most of their keys. */
function eachOnce(described) {
  const numbering = () => {
    const at = new Map();
    const indexOf = (item) => {
      const key = JSON.stringify(item);
      if (!at.has(key)) at.set(key, at.size);
      return at.get(key);
    };
    return [indexOf, () => [...at.keys()].map((key) => JSON.parse(key))];
  };
  const [textAt, texts] = numbering();
  const [valueAt, values] = numbering();
  const paths = Object.entries(described).map(([name, of]) => [
    name,
    Object.fromEntries(
      [...new Set([...Object.keys(of.docs), ...Object.keys(of.values)])].map((path) => [
        path,
        [textAt(of.docs[path] ?? null), valueAt(of.values[path] ?? null)],
      ]),
    ),
  ]);
  return { paths: Object.fromEntries(paths), texts: texts(), values: values() };
}

/** What the compiled module has besides ajv's functions. */
const RUNTIME = `
const pointer = (key) => '/' + key.replaceAll('~', '~0').replaceAll('/', '~1');
const byTable = (table, rest) => {
  const properties = new Map(Object.entries(table));
  const validate = (data) => {
    const errors = rest(data) ? [] : [...rest.errors];
    if (typeof data === 'object' && data !== null && !Array.isArray(data))
      for (const key of Object.keys(data)) {
        const property = properties.get(key);
        const at = { instancePath: pointer(key), parentData: data, parentDataProperty: key, rootData: data };
        if (property && data[key] !== undefined && !property(data[key], at)) errors.push(...property.errors);
      }
    validate.errors = errors.length > 0 ? errors : null;
    return errors.length === 0;
  };
  return validate;
};
let keys;
const lookup = (kind, column) => {
  const known = new Map();
  return (name) => {
    keys ??= JSON.parse(keysText);
    if (!known.has(name)) {
      const paths = Object.entries(keys.paths[name] ?? {}).map(([path, at]) => [path, keys[kind][at[column]]]);
      known.set(name, Object.fromEntries(paths.filter(([, item]) => item !== null)));
    }
    return known.get(name);
  };
};
export const schemaDocs = lookup('texts', 0);
export const schemaValues = lookup('values', 1);
`;

const header = stamp();
if (!existsSync(output) || readFileSync(output, 'utf8').split('\n', 1)[0] !== header) {
  const { default: Ajv } = await import('ajv/dist/ajv.js');
  const { default: standaloneCode } = await import('ajv/dist/standalone/index.js');
  const { buildSync } = await import('esbuild');

  const schemas = Object.fromEntries(
    schemaFiles.map((name) => [name, JSON.parse(readFileSync(join(root, 'schemas', name), 'utf8'))]),
  );
  const { schema, tables } = combine(schemas);
  const ajv = new (Ajv.default ?? Ajv)({
    schemas: [schema],
    allErrors: true,
    strict: true,
    strictRequired: false, // `then` may require what the enclosing schema defines
    allowUnionTypes: true,
    inlineRefs: false, // see combine
    code: { source: true, esm: true, lines: false },
  });
  const documents = schemaFiles
    .filter((name) => name !== 'common.schema.json' && !name.startsWith('config-'))
    .map(exportName);
  const functions = [
    ...Object.keys(tables).map((name) => [`rest_${name}`, name]),
    ...[...new Set(Object.values(tables).flatMap((table) => Object.values(table)))].map((name) => [
      name,
      name,
    ]),
    ...documents.map((name) => [name, name]),
  ];
  const code = (standaloneCode.default ?? standaloneCode)(
    ajv,
    Object.fromEntries(functions.map(([name, definition]) => [name, `all#/$defs/${definition}`])),
  );
  const configs = Object.entries(tables).map(
    ([name, table]) =>
      `${name}: byTable({ ${Object.entries(table)
        .map(([key, property]) => `${JSON.stringify(key)}: ${property}`)
        .join(', ')} }, rest_${name})`,
  );
  const described = Object.fromEntries(
    schemaFiles
      .filter((name) => name !== 'common.schema.json')
      .map((name) => [exportName(name), describe(schemas[name], schemas)]),
  );
  // ajv's functions stay within; only what callers need is exported.
  const contents = [
    code
      .replaceAll('export default ', 'const unused = ')
      .replace(/export const (\w+)/g, (all, name) => (documents.includes(name) ? all : `const ${name}`)),
    `const keysText = ${JSON.stringify(JSON.stringify(eachOnce(described)))};`,
    RUNTIME,
    `export const configs = { ${configs.join(', ')} };`,
  ].join('\n');

  const bundle = buildSync({
    stdin: { contents, resolveDir: root, sourcefile: 'validators.js' },
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
