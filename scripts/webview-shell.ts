/** Serves the panel to a plain browser, with a fake host that is answered by the language service: for work and for tests. */
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
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
import type { OpenConfigs } from '../webview/dev/api';

const root = path.resolve(__dirname, '..');

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
export interface Question {
  readonly options: Partial<AnalysisOptions>;
  readonly open: OpenConfigs;
  /** Top-level keys of the active config that were typed over. */
  readonly edits: Readonly<Record<string, unknown>>;
  readonly request?: { readonly method: string; readonly params: unknown };
}

interface OpenFile {
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
}

export const HOSTILE = `<img src=x onerror="document.title='run'"><b>bold</b>`;
/** As many configs as somebody who searches architectures has open. */
export const MANY = 200;

function filesOf(kind: OpenConfigs, { name, config }: OpenFile): OpenFile[] {
  switch (kind) {
    case 'none':
      return [];
    case 'one':
      return [{ name, config }];
    case 'many':
      return Array.from({ length: MANY }, (_, i) => ({
        name: `${name}-${i}`,
        config: { ...config, num_hidden_layers: 8 + i, max_position_embeddings: 131072 },
      }));
    case 'hostile':
      return [
        { name: HOSTILE, config: { ...config, [HOSTILE]: HOSTILE, num_hidden_layer: 4 } },
        { name: 'unknown', config: { ...config, model_type: HOSTILE, architectures: [HOSTILE] } },
      ];
  }
}

type Analyzed = Pick<Question, 'options' | 'open' | 'edits'>;

function analyze({ options, open, edits }: Analyzed, file: string) {
  const { settings } = readSettings(options, DEFAULT_SETTINGS);
  const config = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  const draft = { name: path.basename(path.dirname(file)), config: { ...config, ...edits } };
  const documents = filesOf(open, draft).flatMap((each) => {
    const uri = `file:///examples/${encodeURIComponent(each.name)}/config.json`;
    const text = JSON.stringify(each.config, null, 2);
    const analyzed = analyzeConfig({ text, file: uri, name: each.name }, settings);
    return analyzed ? [{ uri, analyzed }] : [];
  });
  return { settings, documents };
}

/** What the extension's host would answer. The last analysis is kept, as the language server keeps it between edits. */
function answers(file: string): (question: Question) => unknown {
  let last: { readonly key: string; readonly analysis: ReturnType<typeof analyze> } | null = null;
  return ({ request, ...asked }) => {
    const key = JSON.stringify([asked, readFileSync(file, 'utf8')]);
    if (last?.key !== key) last = { key, analysis: analyze(asked, file) };
    const { settings, documents } = last.analysis;
    if (request === undefined) return compareModels(documents, documents[0]?.uri, settings);
    const models = [...documents.map(({ analyzed }) => analyzed), ...analyzedCatalog(settings)];
    return answerView(
      request.method,
      request.params,
      (id) => models.find(({ analysis }) => analysis.file === id)?.subject ?? null,
    );
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  return body;
}

const TYPES: Readonly<Record<string, string>> = { '.js': 'text/javascript', '.css': 'text/css' };
type Files = ReadonlyMap<string, Uint8Array>;

export interface ShellSettings {
  /** 0: any that is free. */
  readonly port: number;
  /** The config that is open, by its path in the project. */
  readonly config?: string;
  /** Builds anew on each request, for work on the panel. */
  readonly rebuild: boolean;
}

export interface Shell {
  readonly url: string;
  stop(): Promise<void>;
}

export async function startShell({ port, config, rebuild }: ShellSettings): Promise<Shell> {
  const file = path.resolve(root, config ?? 'examples/my-draft/config.json');
  const builder = await context({
    absWorkingDir: root,
    entryPoints: {
      webview: 'webview/dev/main.ts',
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
      outputFiles.map(({ path: built, contents }) => [path.basename(built).replace('-style', ''), contents]),
    );
  };
  const first = await build();
  const answer = answers(file);

  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const name = new URL(request.url ?? '/', 'http://localhost').pathname.slice(1);
    const send = (type: string, content: string | Uint8Array): void => {
      response.writeHead(200, { 'content-type': `${type}; charset=utf-8` }).end(content);
    };
    if (name === '') send('text/html', PAGE);
    else if (name === 'answer') {
      const question = JSON.parse(await bodyOf(request)) as Question;
      send('application/json', JSON.stringify(answer(question)));
    } else {
      const contents = (rebuild ? await build() : first).get(name);
      const type = TYPES[path.extname(name)];
      if (contents === undefined || type === undefined) response.writeHead(404).end();
      else send(type, contents);
    }
  };
  const server = createServer((request, response) => {
    respond(request, response).catch((error: unknown) => {
      response.writeHead(500).end(error instanceof Error ? error.message : String(error));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async stop() {
      server.closeAllConnections();
      server.close();
      await builder.dispose();
    },
  };
}
