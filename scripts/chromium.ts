/** Finds the Chromium that the editor tests and the screenshots drive; on a Debian machine installs it if it may. */
import { accessSync, constants, existsSync } from 'node:fs';
import path from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { runLogged, terminalProgress } from './vscode-server/progress';

const NAMES = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'chrome',
  'microsoft-edge',
];
const ELSEWHERE = [
  '/snap/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];
const root = process.getuid?.() === 0;

export function onPath(name: string): string | undefined {
  return (process.env.PATH ?? '')
    .split(path.delimiter)
    .filter(Boolean)
    .map((folder) => path.join(folder, name))
    .find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function find(): string | undefined {
  const wanted = process.env.CHROME_PATH;
  if (wanted) {
    if (isExecutable(wanted)) return wanted;
    throw new Error(`CHROME_PATH is ${wanted}, which can't be run.`);
  }
  return NAMES.map(onPath).find((found) => found !== undefined) ?? ELSEWHERE.find(isExecutable);
}

/** The path of Chromium or Chrome. Throws with what to do when there is none and it can't be installed. */
export async function ensureChromium(): Promise<string> {
  const found = find();
  if (found !== undefined) return found;
  if (!root || !existsSync('/etc/debian_version') || !onPath('apt-get')) {
    throw new Error(
      'The editor tests need Chromium or Chrome, and none was found. On Debian or Ubuntu: `sudo apt-get install chromium`. ' +
        'If it is installed in an unusual place, set CHROME_PATH to its path.',
    );
  }
  await install();
  const installed = find();
  if (installed === undefined) throw new Error('apt-get installed chromium, but it is not on the PATH.');
  return installed;
}

async function install(): Promise<void> {
  const progress = terminalProgress('Chromium');
  const aptGet = (args: string[]) =>
    runLogged({
      command: 'apt-get',
      args,
      cwd: '/',
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      log: path.resolve(__dirname, '../.cache/chromium.log'),
    });
  try {
    progress.step('apt-get update');
    await aptGet(['update']);
    progress.step('apt-get install chromium, some 120 MB');
    await aptGet([
      'install',
      '-y',
      '--no-install-recommends',
      'chromium',
      'fonts-dejavu-core',
      'fonts-liberation',
    ]);
  } catch (error) {
    progress.fail();
    throw error;
  }
  progress.end('installed');
}

export async function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: await ensureChromium(),
    // Chromium's sandbox can't start as root; as anyone else it stays on.
    chromiumSandbox: !root,
    args: [
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
