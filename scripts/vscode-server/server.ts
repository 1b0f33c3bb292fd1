/**
 * Runs the VS Code of `install.ts`. All it writes is in a folder of its own under the system's temporary folder, which
 * goes when it stops: the user's settings, extensions and home stay as they are, and nothing is asked of a marketplace.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { openDoor } from './door';
import { installVscodeServer } from './install';
import { runLogged } from './progress';

export type Theme = 'light' | 'dark' | 'hc';
const THEMES: Readonly<Record<Theme, string>> = {
  light: 'Light Modern',
  dark: 'Dark Modern',
  hc: 'Default High Contrast',
};

/** What a window of the workbench shows, and what it loads. Paths are absolute. */
export interface Window {
  readonly folder: string;
  readonly file?: string;
  /** An extension that is loaded from its sources; the server has to be started with `development`. */
  readonly extension?: string;
  /** A module that is run in the extension host once the window is there; its `run()` decides the exit code. */
  readonly tests?: string;
}

export interface ServerOptions {
  /** Where `/` leads. */
  readonly home: Window;
  /** Packaged extension to install. */
  readonly vsix?: string;
  /** Obey a window's `extension` and `tests`. */
  readonly development?: boolean;
  /** Leave workspace trust on; nobody gives it, so the window is in restricted mode. */
  readonly restricted?: boolean;
  /** Colour theme; without one VS Code is light or dark as the browser is. */
  readonly theme?: Theme;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  /** This port or an error. */
  readonly port?: number | undefined;
  /** This port if it is free. */
  readonly preferredPort?: number;
}

export interface RunningServer {
  /** Opens `home`. */
  readonly url: string;
  readonly origin: string;
  readonly port: number;
  urlOf(window: Window): string;
  /** Resolves when the server has ended, wanted or not. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { node, entry } = await installVscodeServer();
  // Unix sockets have paths of at most 108 bytes, and VS Code adds 60 to this one.
  const dir = mkdtempSync(path.join(tmpdir().length < 30 ? tmpdir() : '/tmp', 'dl-'));
  const remove = () => {
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    prepare(dir, options);
    const env = { ...environment(dir), ...options.env };
    const common = [
      entry,
      '--config',
      path.join(dir, 'config.yaml'),
      '--user-data-dir',
      path.join(dir, 'user'),
      '--extensions-dir',
      path.join(dir, 'extensions'),
    ];
    if (options.vsix !== undefined) {
      const args = [...common, '--install-extension', options.vsix, '--force'];
      await runLogged({ command: node, args, cwd: dir, env, log: path.join(dir, 'vsix.log') });
    }
    const socket = path.join(dir, 'vscode.sock');
    const log = path.join(dir, 'server.log');
    const child = spawnServer(node, [...common, ...serverArgs(socket, options)], {
      cwd: dir,
      env,
      log,
    });
    const kill = () => {
      killGroup(child, 'SIGKILL');
      remove();
    };
    process.once('exit', kill);
    const ended = new Promise<void>((resolve) => {
      child.once('exit', () => {
        resolve();
      });
    });
    try {
      await listening(child, socket, log);
      const door = await openDoor({
        socket,
        port: options.port,
        preferredPort: options.preferredPort,
        home: (host) => windowPath(host, options.home),
      });
      return {
        url: `${door.origin}/?token=${door.token}`,
        origin: door.origin,
        port: door.port,
        urlOf: (window) =>
          `${door.origin}${windowPath(`127.0.0.1:${door.port}`, window)}&token=${door.token}`,
        ended,
        async stop() {
          door.close();
          killGroup(child, 'SIGTERM');
          const impatient = setTimeout(() => {
            killGroup(child, 'SIGKILL');
          }, 3000);
          await ended;
          clearTimeout(impatient);
          kill();
          process.off('exit', kill);
        },
      };
    } catch (error) {
      kill();
      process.off('exit', kill);
      throw error;
    }
  } catch (error) {
    remove();
    throw error;
  }
}

function serverArgs(socket: string, { development = false, restricted = false }: ServerOptions): string[] {
  return [
    ...['--socket', socket, '--socket-mode', '600', '--auth', 'none', '--app-name', 'Decode Lens'],
    ...['--disable-telemetry', '--disable-update-check', '--disable-proxy'],
    ...(restricted ? [] : ['--disable-workspace-trust']),
    ...['--disable-getting-started-override', '--ignore-last-opened'],
    // Without it the workbench ignores the extensions and tests that an address asks for.
    ...(development ? ['--vscode-option', 'enable-smoke-test-driver'] : []),
  ];
}

/**
 * The caller's environment, less what would change the server: npm's and another VS Code's variables (inside VS Code's
 * terminal code-server would hand over to that window), code-server's own, log levels and Node's flags.
 */
function environment(dir: string): NodeJS.ProcessEnv {
  const misleading =
    /^(npm_|VSCODE_|CODE_SERVER_|CS_|ELECTRON_|NODE_OPTIONS$|LOG_LEVEL$|LOG$|DEBUG$|PORT$|PASSWORD$|HASHED_PASSWORD$|GITHUB_TOKEN$)/i;
  return {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !misleading.test(name))),
    HOME: dir,
    TMPDIR: path.join(dir, 'tmp'),
    XDG_CONFIG_HOME: path.join(dir, 'config'),
    XDG_DATA_HOME: path.join(dir, 'data'),
    XDG_CACHE_HOME: path.join(dir, 'cache'),
    XDG_RUNTIME_DIR: path.join(dir, 'tmp'),
    EXTENSIONS_GALLERY: '{}',
  };
}

function prepare(dir: string, { theme, settings }: ServerOptions): void {
  for (const folder of ['user/User', 'extensions', 'tmp'])
    mkdirSync(path.join(dir, folder), { recursive: true });
  writeFileSync(path.join(dir, 'config.yaml'), 'auth: none\ncert: false\n');
  const all = {
    'workbench.startupEditor': 'none',
    'workbench.enableExperiments': false,
    'workbench.secondarySideBar.defaultVisibility': 'hidden',
    ...(theme ? { 'workbench.colorTheme': THEMES[theme] } : { 'window.autoDetectColorScheme': true }),
    'chat.disableAIFeatures': true,
    'extensions.autoCheckUpdates': false,
    'extensions.autoUpdate': false,
    'extensions.ignoreRecommendations': true,
    'git.enabled': false,
    'json.schemaDownload.enable': false,
    // In a restricted window nothing stands in the way.
    'security.workspace.trust.startupPrompt': 'never',
    'npm.fetchOnlinePackageInfo': false,
    'telemetry.telemetryLevel': 'off',
    'files.autoSave': 'off',
    // A terminal that the user opens is to be in their own home.
    'terminal.integrated.env.linux': {
      HOME: homedir(),
      TMPDIR: null,
      XDG_CONFIG_HOME: null,
      XDG_DATA_HOME: null,
      XDG_CACHE_HOME: null,
      XDG_RUNTIME_DIR: null,
    },
    ...settings,
  };
  writeFileSync(path.join(dir, 'user/User/settings.json'), JSON.stringify(all, null, 2));
}

/** Detached, as the leader of a process group: stopping it takes the extension hosts and language servers along. */
function spawnServer(
  node: string,
  args: string[],
  { cwd, env, log }: { cwd: string; env: NodeJS.ProcessEnv; log: string },
): ChildProcess {
  const fd = openSync(log, 'a');
  try {
    return spawn(node, args, { cwd, env, stdio: ['ignore', fd, fd], detached: true });
  } finally {
    closeSync(fd);
  }
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The group has ended already.
  }
}

async function listening(child: ChildProcess, socketPath: string, log: string): Promise<void> {
  const answers = () =>
    new Promise<boolean>((resolve) => {
      http
        .get({ socketPath, path: '/healthz', timeout: 2000 }, (response) => {
          response.resume();
          resolve(response.statusCode === 200);
        })
        .once('error', () => {
          resolve(false);
        });
    });
  for (const end = Date.now() + 60_000; !(await answers());) {
    if (child.exitCode !== null || child.signalCode !== null || Date.now() > end) {
      const tail = readFileSync(log, 'utf8').trimEnd().split('\n').slice(-20).join('\n  ');
      throw new Error(`VS Code's server did not start. The end of its log:\n  ${tail}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** `host` is what the browser calls us, which differs from ours behind a tunnel; the workbench compares the two. */
function windowPath(host: string, { folder, file, extension, tests }: Window): string {
  const remote = (absolute: string) => `vscode-remote://${host}${encodeURI(absolute)}`;
  const payload = [
    ['skipWelcome', 'true'],
    ...(file === undefined ? [] : [['openFile', remote(file)]]),
    ...(extension === undefined ? [] : [['extensionDevelopmentPath', remote(extension)]]),
    ...(tests === undefined ? [] : [['extensionTestsPath', remote(tests)]]),
  ];
  return `/?folder=${encodeURIComponent(folder)}&payload=${encodeURIComponent(JSON.stringify(payload))}`;
}
