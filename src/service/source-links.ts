import { isObject, nodeAt } from '../architecture';
import type { JsonPath, Range } from '../protocol';
import type { AnalyzedConfig } from './analyze';

/** A place in a config that names a page. */
export interface SourceLink {
  readonly range: Range;
  readonly target: string;
  readonly tooltip: string;
}

/** `organisation/name` as the Hugging Face Hub has them; a path on a disk has no such form. */
const REPOSITORY = /^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/;

/** Model cards that a config names: of what it was made from, and of the code that reads it. */
export function sourceLinks({ config, document }: AnalyzedConfig): SourceLink[] {
  const links: SourceLink[] = [];
  const add = (path: JsonPath, text: unknown, repository: unknown, tooltip: string) => {
    const node = nodeAt(config.root, path);
    if (typeof text !== 'string' || typeof repository !== 'string' || node?.type !== 'string') return;
    if (!REPOSITORY.test(repository)) return;
    const start = node.offset + 1; // behind the quote
    links.push({
      range: { start: document.positionAt(start), end: document.positionAt(start + repository.length) },
      target: `https://huggingface.co/${repository}`,
      tooltip,
    });
  };
  const { value } = config;
  if (!isObject(value)) return links;
  add(['_name_or_path'], value._name_or_path, value._name_or_path, 'Model card on Hugging Face');
  // `organisation/name--module.Class`: code of another repository.
  const code = value.auto_map;
  if (isObject(code))
    for (const [key, place] of Object.entries(code))
      if (typeof place === 'string' && place.includes('--'))
        add(['auto_map', key], place, place.split('--')[0], 'Repository of the modelling code');
  return links;
}
