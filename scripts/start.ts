/**
 * `npm start`: builds, prints what a decoded token of each example model costs, and opens VS Code with the extension on
 * `examples/`. That is the user's own `code`, or else a VS Code in the browser, which needs npm only.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { onPath } from './debian';
import { build, pack } from './vscode-server/pack';
import { startServer } from './vscode-server/server';

const root = path.resolve(__dirname, '..');
const examples = path.join(root, 'examples');
/** A link that stays the same is one to keep a tunnel or a bookmark for. */
const PREFERRED_PORT = 8137;
const USAGE = `npm start [-- OPTION...]
  --no-editor  build and print the table only
  --editor     open the editor even when the output is no terminal
  --browser    VS Code in the browser, even if \`code\` is on the PATH
  --port N     port of VS Code in the browser (default: ${PREFERRED_PORT} if it is free)`;

/** Exiting runs the exit handlers, which take a half-started server along; a signal's default does not. */
let onSignal: () => void = () => process.exit(130);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    onSignal();
  });
}

interface Choices {
  readonly editor: boolean;
  readonly browser: boolean;
  readonly port: number | undefined;
}

/** Undefined when only help was asked for. */
function choices(): Choices | undefined {
  const { values } = parseArgs({
    options: {
      editor: { type: 'boolean' },
      'no-editor': { type: 'boolean' },
      browser: { type: 'boolean' },
      port: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return undefined;
  const port = values.port === undefined ? undefined : Number(values.port);
  if (port !== undefined && !(Number.isInteger(port) && port > 0 && port < 65536))
    throw new TypeError(`--port ${values.port ?? ''} is not a port.`);
  return {
    editor: !values['no-editor'] && (values.editor ?? process.stdout.isTTY),
    browser: (values.browser ?? false) || port !== undefined,
    port,
  };
}

function exampleConfigs(): string[] {
  const found = readdirSync(examples, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => path.join('examples', name, 'config.json'))
    .filter((file) => existsSync(path.join(root, file)));
  return found.sort();
}

function printTable(configs: readonly string[]): void {
  const { status, error } = spawnSync(process.execPath, ['dist/cli.js', 'compare', ...configs], {
    cwd: root,
    stdio: 'inherit',
  });
  // 1 says that a config has a finding, which the table's readers have just read.
  if (status !== 0 && status !== 1)
    throw new Error(`The table could not be printed${error ? `: ${error.message}` : '.'}`);
}

/** True if the user's own VS Code took over. */
function openDesktop(): boolean {
  const code = onPath('code') ?? onPath('code.cmd');
  if (code === undefined) return false;
  if (process.env.VSCODE_IPC_HOOK_CLI) {
    console.log(
      'This terminal belongs to a remote VS Code window, which loads no extension from a folder; using the browser.',
    );
    return false;
  }
  const { status } = spawnSync(code, [`--extensionDevelopmentPath=${root}`, examples], {
    stdio: 'inherit',
    shell: code.endsWith('.cmd'),
  });
  if (status !== 0) {
    console.log('`code` could not open a window; using the browser.');
    return false;
  }
  console.log(
    'Decode Lens is loaded in a new VS Code window on examples/. No window? `npm start -- --browser` opens one in the browser.',
  );
  return true;
}

async function openBrowser(port: number | undefined, first: string | undefined): Promise<void> {
  console.log('\nOpening VS Code in the browser; first the extension is packed.');
  const vsix = await pack();
  const server = await startServer({
    home: { folder: examples, ...(first === undefined ? {} : { file: path.join(root, first) }) },
    vsix,
    port,
    preferredPort: PREFERRED_PORT,
  });
  const interrupted = new Promise<true>((resolve) => {
    onSignal = () => {
      resolve(true);
    };
  });
  const tunnel = process.env.SSH_CONNECTION
    ? `\n  You are here by SSH. On your own machine first: ssh -L ${server.port}:127.0.0.1:${server.port} ${userInfo().username}@${hostname()}\n`
    : '';
  console.log(`
  VS Code with Decode Lens is at

      ${server.url}
${tunnel}
  Point at a key of the config for its formula, change a value, and run "Decode Lens: Compare Models" (F1).
  Ctrl-C here ends it.
`);
  showLink(server.url);
  if (!(await Promise.race([interrupted, server.ended])))
    throw new Error("VS Code's server has ended by itself.");
  await server.stop();
}

/** Best effort: the link has been printed, and a machine without a desktop has nothing to show it with. */
function showLink(url: string): void {
  const desktop =
    process.platform === 'darwin' || Boolean(process.env.DISPLAY ?? process.env.WAYLAND_DISPLAY);
  const opener = onPath(process.platform === 'darwin' ? 'open' : 'xdg-open');
  if (!desktop || opener === undefined) return;
  spawn(opener, [url], { detached: true, stdio: 'ignore' })
    .on('error', () => undefined)
    .unref();
}

async function main(): Promise<void> {
  const chosen = choices();
  if (!chosen) {
    console.log(USAGE);
    return;
  }
  await build();
  const configs = exampleConfigs();
  printTable(configs);
  if (!chosen.editor) {
    console.log('\nTo open these configs in VS Code with Decode Lens: npm start -- --editor');
  } else if (chosen.browser || !openDesktop()) {
    await openBrowser(chosen.port, configs.find((file) => file.includes('my-draft')) ?? configs[0]);
  }
}

main().then(
  () => process.exit(),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    if (error instanceof TypeError) console.error(USAGE);
    process.exit(1);
  },
);
