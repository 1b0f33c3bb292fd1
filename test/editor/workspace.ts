/** The folder that the editor tests open: copies, since tests edit them. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const root = path.resolve(__dirname, '../..');

export interface Workspace {
  readonly folder: string;
  remove(): void;
}

/** Every catalog model as `NAME/config.json`, the examples over them, and a JSON file that is no model. */
export function makeWorkspace(): Workspace {
  const parent = mkdtempSync(path.join(tmpdir(), 'dl-ws-'));
  const folder = path.join(parent, 'models');
  const catalog = path.join(root, 'src/catalog/models');
  for (const file of readdirSync(catalog).filter((name) => name.endsWith('.json'))) {
    cpSync(path.join(catalog, file), path.join(folder, path.parse(file).name, 'config.json'));
  }
  const examples = path.join(root, 'examples');
  if (existsSync(examples)) cpSync(examples, folder, { recursive: true });
  mkdirSync(path.join(folder, 'plain'));
  writeFileSync(path.join(folder, 'plain/settings.json'), '{ "name": "no model", "hidden": -1 }\n');
  return {
    folder,
    remove() {
      rmSync(parent, { recursive: true, force: true });
    },
  };
}
