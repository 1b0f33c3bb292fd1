// Builds dist/: extension, language server, command line and webview. `--watch` rebuilds on change, `--analyze` prints sizes.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, context } from 'esbuild';
import { minify } from 'terser';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
process.chdir(root);
mkdirSync('build', { recursive: true });
execFileSync(process.execPath, ['scripts/compile-schemas.mjs'], { stdio: 'inherit' });

const common = {
  bundle: true,
  minify: true,
  logLevel: 'warning',
  legalComments: 'none',
  sourcemap: process.argv.includes('--watch'),
};
const node = {
  ...common,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  // jsonc-parser's UMD main hides its requires from the bundler.
  mainFields: ['module', 'main'],
};
/**
 * The language service is a file of its own, `dist/service.js`: the command line and the server share it, and the server
 * loads it with the first document, so that `initialize` does not wait for readers, schemas and catalog.
 */
const besideService = {
  ...node,
  // `import()` of it as a deferred `require`.
  supported: { 'dynamic-import': false },
  plugins: [
    {
      name: 'shared-service',
      setup({ onResolve }) {
        onResolve({ filter: /^(\.\.\/)+service$/ }, () => ({ path: './service.js', external: true }));
      },
    },
  ],
};
const bundles = [
  { ...node, entryPoints: { extension: 'src/extension/main.ts' }, external: ['vscode'], outdir: 'dist' },
  { ...node, entryPoints: { service: 'src/service/index.ts' }, outdir: 'dist' },
  // Both are commands.
  {
    ...besideService,
    entryPoints: { server: 'src/server/main.ts', cli: 'src/cli/main.ts' },
    outdir: 'dist',
    // tinyglobby's files ask where they stand, which a CommonJS bundle says otherwise.
    define: { 'import.meta.url': 'importMetaUrl' },
    banner: {
      js: "#!/usr/bin/env node\nconst importMetaUrl = require('node:url').pathToFileURL(__filename).href;",
    },
  },
  {
    ...common,
    entryPoints: { webview: 'webview/main.ts' },
    outdir: 'dist',
    platform: 'browser',
    target: 'es2022',
    format: 'iife',
    tsconfig: 'webview/tsconfig.json',
  },
  { ...common, entryPoints: { webview: 'webview/panel.css' }, outdir: 'dist' },
].filter(({ entryPoints }) => Object.values(entryPoints).every((file) => existsSync(file)));

/** A second minifier takes another twentieth off: the panel has a limit of 400 KB. */
async function shrink(file) {
  if (!existsSync(file)) return;
  const { code } = await minify(readFileSync(file, 'utf8'), { compress: { passes: 3 } });
  writeFileSync(file, code);
}

if (process.argv.includes('--watch')) {
  console.log('building');
  for (const options of bundles) await (await context(options)).watch();
  console.log('built');
} else {
  await Promise.all(bundles.map((options) => build(options)));
  await shrink('dist/webview.js');
  if (process.argv.includes('--analyze'))
    for (const name of readdirSync('dist'))
      console.log(
        `${name.padEnd(14)} ${(statSync(join('dist', name)).size / 1024).toFixed(0).padStart(5)} KB`,
      );
}
