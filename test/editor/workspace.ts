/** The folder that the editor tests open: copies, since tests edit them. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const root = path.resolve(__dirname, '../..');

export interface Workspace {
  readonly folder: string;
  remove(): void;
}

/** The draft that the pictures of advice show: sound, and careless about the hardware. */
export const CARELESS = 'careless-draft';
const careless = (draft: string) =>
  draft
    .replace('"num_experts": 96', '"num_experts": 512')
    .replace('"moe_intermediate_size": 1536', '"moe_intermediate_size": 1500')
    .replace('"vocab_size": 151936', '"vocab_size": 151937');

/** Every catalog model as `NAME/config.json`, the examples over them, a careless draft, and a JSON file that is no model. */
export function makeWorkspace(): Workspace {
  const parent = mkdtempSync(path.join(tmpdir(), 'dl-ws-'));
  const folder = path.join(parent, 'models');
  const catalog = path.join(root, 'src/catalog/models');
  for (const file of readdirSync(catalog).filter((name) => name.endsWith('.json'))) {
    cpSync(path.join(catalog, file), path.join(folder, path.parse(file).name, 'config.json'));
  }
  const examples = path.join(root, 'examples');
  cpSync(examples, folder, { recursive: true });
  mkdirSync(path.join(folder, CARELESS));
  const draft = readFileSync(path.join(examples, 'my-draft/config.json'), 'utf8');
  writeFileSync(path.join(folder, CARELESS, 'config.json'), careless(draft));
  mkdirSync(path.join(folder, 'plain'));
  writeFileSync(path.join(folder, 'plain/settings.json'), '{ "name": "no model", "hidden": -1 }\n');
  return {
    folder,
    remove() {
      rmSync(parent, { recursive: true, force: true });
    },
  };
}
