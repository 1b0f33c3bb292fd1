/** Packs the built extension as users get it, so that what `.vscodeignore` leaves out is missed here first. */
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { runLogged } from './progress';

const root = path.resolve(__dirname, '../..');

/** Builds `dist/` when it isn't there, or always with `fresh`. */
export async function build({ fresh = true }: { fresh?: boolean } = {}): Promise<void> {
  if (
    !fresh &&
    ['extension', 'server', 'cli', 'webview'].every((name) =>
      existsSync(path.join(root, 'dist', `${name}.js`)),
    )
  )
    return;
  await runLogged({
    command: process.execPath,
    args: ['scripts/build.mjs'],
    cwd: root,
    log: path.join(root, '.cache/build.log'),
  });
}

/** The path of the packed extension; `dist/` has to be there. */
export async function pack(): Promise<string> {
  const vsix = path.join(root, '.cache/decode-lens.vsix');
  mkdirSync(path.dirname(vsix), { recursive: true });
  await runLogged({
    command: process.execPath,
    args: ['node_modules/@vscode/vsce/vsce', 'package', '--no-dependencies', '--out', vsix],
    cwd: root,
    log: path.join(root, '.cache/pack.log'),
  });
  return vsix;
}
