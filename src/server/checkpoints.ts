import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { readCheckpoint } from '../node/checkpoint-files';
import type { CheckpointFacts } from '../service';

/**
 * Checkpoints beside open configs, by folder: read when a config is opened or saved, never on a keystroke. Only for
 * files on disk.
 */
export class Checkpoints {
  private readonly known = new Map<string, CheckpointFacts | null>();

  /** What is known by now. */
  of(uri: string): CheckpointFacts | null {
    const folder = folderOf(uri);
    return folder === null ? null : (this.known.get(folder) ?? null);
  }

  /** Reads the folder again; true where that changed what is known. */
  async refresh(uri: string): Promise<boolean> {
    const folder = folderOf(uri);
    if (folder === null) return false;
    const facts = await readCheckpoint(folder);
    const before = JSON.stringify(this.known.get(folder) ?? null);
    this.known.set(folder, facts);
    return JSON.stringify(facts) !== before;
  }
}

function folderOf(uri: string): string | null {
  if (!uri.startsWith('file:')) return null;
  try {
    return path.dirname(fileURLToPath(uri));
  } catch {
    return null;
  }
}
