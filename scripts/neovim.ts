import { canInstall, install, onPath } from './debian';

/** The path of Neovim; installed on a Debian machine if it may be. Null where there is none: its tests say so and are skipped. */
export async function ensureNeovim(): Promise<string | null> {
  const found = onPath('nvim');
  if (found !== undefined) return found;
  if (!canInstall()) return null;
  try {
    await install('Neovim', ['neovim'], '40 MB');
  } catch {
    return null;
  }
  return onPath('nvim') ?? null;
}
