/**
 * The panel in a plain browser, against a fake host: `npm run webview:dev -- [--port 5180] [--config FILE] [--once]`.
 * `--once` builds, prints the bundle's size and ends; else it rebuilds on each request.
 */
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { gzipSync } from 'node:zlib';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { context } from 'esbuild';
import type { AnalysisOptions } from '../src/protocol';
import {
  analyzeConfig,
  analyzedCatalog,
  answerView,
  compareModels,
  DEFAULT_SETTINGS,
  readSettings,
} from '../src/service';

const root = path.resolve(__dirname, '..');
const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '5180' },
    config: { type: 'string', default: 'examples/my-draft/config.json' },
    once: { type: 'boolean', default: false },
  },
});

/**
 * The same policy as in VS Code, but for the connection to this server, where 'self' is `webview.cspSource` or the nonce. The hash is that of nothing:
 * the toolkit tries `:focus-visible` in an empty style element.
 */
const EMPTY = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='";
const POLICY = `default-src 'none'; connect-src 'self'; style-src 'self' ${EMPTY}; script-src 'self'; img-src data:`;
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

/** What the page asks: a state, or an answer for one of its views. */
interface Question {
  readonly options: Partial<AnalysisOptions>;
  readonly open: boolean;
  readonly request?: { readonly method: string; readonly params: unknown };
}

/** What the extension's host would answer with the config open. */
function answerTo({ options, open, request }: Question): unknown {
  const { settings } = readSettings(options, DEFAULT_SETTINGS);
  const file = path.resolve(root, values.config);
  const name = path.basename(path.dirname(file));
  const uri = `file:///${name}/${path.basename(file)}`;
  const text = readFileSync(file, 'utf8');
  const analyzed = open ? analyzeConfig({ text, file: uri, name }, settings) : null;
  if (request === undefined) return compareModels(analyzed ? [{ uri, analyzed }] : [], uri, settings);
  const models = [...(analyzed ? [analyzed] : []), ...analyzedCatalog(settings)];
  return answerView(
    request.method,
    request.params,
    (id) => models.find(({ analysis }) => analysis.file === id)?.subject ?? null,
  );
}

async function answer(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  return JSON.stringify(answerTo(JSON.parse(body) as Question));
}

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
    const failed = (error: unknown): void => {
      response.writeHead(500).end(String(error));
    };
    if (name === 'answer') {
      answer(request).then((json) => {
        response.writeHead(200, { 'content-type': 'application/json' }).end(json);
      }, failed);
      return;
    }
    build().then((built) => {
      const contents = built.get(name);
      const type = TYPES[path.extname(name)];
      if (contents === undefined || type === undefined) response.writeHead(404).end();
      else response.writeHead(200, { 'content-type': `${type}; charset=utf-8` }).end(contents);
    }, failed);
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
