/** Finds the Chromium that the editor tests and the screenshots drive; on a Debian machine installs it if it may. */
import { type Browser, chromium } from 'playwright-core';
import { canInstall, install, isExecutable, isRoot, onPath } from './debian';

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
  if (!canInstall()) {
    throw new Error(
      'The editor tests need Chromium or Chrome, and none was found. On Debian or Ubuntu: `sudo apt-get install chromium`. ' +
        'If it is installed in an unusual place, set CHROME_PATH to its path.',
    );
  }
  await install('Chromium', ['chromium', 'fonts-dejavu-core', 'fonts-liberation'], '120 MB');
  const installed = find();
  if (installed === undefined) throw new Error('apt-get installed chromium, but it is not on the PATH.');
  return installed;
}

export async function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: await ensureChromium(),
    // Chromium's sandbox can't start as root; as anyone else it stays on.
    chromiumSandbox: !isRoot,
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
