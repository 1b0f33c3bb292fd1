/**
 * The panel in a plain browser, against a fake host: `npx tsx scripts/webview-dev.ts [--port 5180] [--once]`.
 * `--once` builds, prints the bundle's size and ends; else it rebuilds on each request.
 */
import { createServer } from 'node:http';
import { gzipSync } from 'node:zlib';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { context } from 'esbuild';

const root = path.resolve(__dirname, '..');
const { values } = parseArgs({
  options: { port: { type: 'string', default: '5180' }, once: { type: 'boolean', default: false } },
});

/**
 * The same policy as in VS Code, where 'self' is `webview.cspSource` or the nonce. The hash is that of nothing:
 * the toolkit tries `:focus-visible` in an empty style element.
 */
const EMPTY = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='";
const POLICY = `default-src 'none'; style-src 'self' ${EMPTY}; script-src 'self'; img-src data:`;
const PAGE = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<link rel="icon" href="data:,">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<link rel="stylesheet" href="/webview.css">
<title>Decode Lens: panel against a fake host</title>
</head>
<body>
<div id="app"></div>
<script src="/fake-host.js"></script>
<script src="/webview.js"></script>
</body>
</html>
`;

type Files = ReadonlyMap<string, Uint8Array>;

const TYPES: Readonly<Record<string, string>> = { '.js': 'text/javascript', '.css': 'text/css' };

async function main(): Promise<void> {
  const builder = await context({
    absWorkingDir: root,
    entryPoints: {
      webview: 'webview/main.ts',
      'webview-style': 'webview/panel.css',
      'fake-host': 'webview/dev/fake-host.ts',
    },
    bundle: true,
    format: 'iife',
    target: 'es2022',
    minify: true,
    legalComments: 'none',
    outdir: '.cache/webview-dev',
    write: false,
    logLevel: 'warning',
  });
  const build = async (): Promise<Files> => {
    const { outputFiles } = await builder.rebuild();
    return new Map(
      outputFiles.map(({ path: file, contents }) => [path.basename(file).replace('-style', ''), contents]),
    );
  };

  for (const [name, contents] of await build()) {
    console.log(`${name}\t${contents.length} bytes\t${gzipSync(contents).length} gzipped`);
  }
  if (values.once) {
    await builder.dispose();
    return;
  }
  const server = createServer((request, response) => {
    const name = new URL(request.url ?? '/', 'http://localhost').pathname.slice(1);
    if (name === '') {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(PAGE);
      return;
    }
    build().then(
      (built) => {
        const contents = built.get(name);
        const type = TYPES[path.extname(name)];
        if (contents === undefined || type === undefined) response.writeHead(404).end();
        else response.writeHead(200, { 'content-type': `${type}; charset=utf-8` }).end(contents);
      },
      (error: unknown) => {
        response.writeHead(500).end(String(error));
      },
    );
  });
  server.listen(Number(values.port), '127.0.0.1', () => {
    const themes = 'dark, light, hc-dark, hc-light; &host=empty, failed, silent';
    console.log(`http://127.0.0.1:${values.port}/?theme=dark (${themes})`);
  });
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
