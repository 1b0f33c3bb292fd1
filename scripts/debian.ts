/** Programs that tests drive and npm has not: on a Debian machine they are installed if that is allowed. */
import { accessSync, constants, existsSync } from 'node:fs';
import path from 'node:path';
import { runLogged, terminalProgress } from './vscode-server/progress';

export const isRoot = process.getuid?.() === 0;

export function onPath(name: string): string | undefined {
  return (process.env.PATH ?? '')
    .split(path.delimiter)
    .filter(Boolean)
    .map((folder) => path.join(folder, name))
    .find(isExecutable);
}

export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export const canInstall = (): boolean =>
  isRoot && existsSync('/etc/debian_version') && onPath('apt-get') !== undefined;

/** Installs Debian packages, the first of which gives the step its name. Throws where apt-get fails; its log tells why. */
export async function install(title: string, packages: readonly string[], size: string): Promise<void> {
  const [name = title] = packages;
  const progress = terminalProgress(title);
  const aptGet = (args: string[]) =>
    runLogged({
      command: 'apt-get',
      args,
      cwd: '/',
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      log: path.resolve(__dirname, `../.cache/${name}.log`),
    });
  try {
    progress.step('apt-get update');
    await aptGet(['update']);
    progress.step(`apt-get install ${name}, some ${size}`);
    await aptGet(['install', '-y', '--no-install-recommends', ...packages]);
  } catch (error) {
    progress.fail();
    throw error;
  }
  progress.end('installed');
}
