import { HOSTILE_KEYS, HOSTILE_SCALARS, HOSTILE_STRINGS } from './hostile';
import type { Random } from './random';
import {
  cloneTree,
  containersOf,
  list,
  object,
  scalar,
  textOf,
  type Entries,
  type List,
  type Style,
  type Tree,
} from './tree';

/** A change of one place of a config, with another config at hand to take keys and values from. */
type Mutation = (random: Random, root: Tree, donor: Tree) => void;

const anyObject = (random: Random, root: Tree): Entries | undefined => {
  const objects = containersOf(root).filter((c): c is Entries => c.kind === 'object' && c.entries.length > 0);
  // Half of the time the root: there stands what decides most.
  if (objects.length === 0) return undefined;
  return random.chance(0.5) ? objects[0] : random.pick(objects);
};

const anyList = (random: Random, root: Tree): List | undefined => {
  const lists = containersOf(root).filter((c): c is List => c.kind === 'list');
  return lists.length === 0 ? undefined : random.pick(lists);
};

/** An entry of any object, to be changed in place. */
function anyEntry(random: Random, root: Tree): [string, Tree] | undefined {
  const holder = anyObject(random, root);
  return holder && random.pick(holder.entries);
}

const hostileString = (random: Random): Tree => scalar(JSON.stringify(random.pick(HOSTILE_STRINGS)));

function hostileValue(random: Random): Tree {
  return random.chance(0.3) ? hostileString(random) : scalar(random.pick(HOSTILE_SCALARS));
}

const replaceValue =
  (by: (random: Random, old: Tree, donor: Tree) => Tree): Mutation =>
  (random, root, donor) => {
    const entry = anyEntry(random, root);
    if (entry) entry[1] = by(random, entry[1], donor);
  };

const dropKey: Mutation = (random, root) => {
  const holder = anyObject(random, root);
  holder?.entries.splice(random.below(holder.entries.length), 1);
};

const duplicateKey: Mutation = (random, root) => {
  const holder = anyObject(random, root);
  if (!holder) return;
  const [key, value] = random.pick(holder.entries);
  const twin = random.chance(0.5) ? cloneTree(value) : hostileValue(random);
  holder.entries.splice(random.below(holder.entries.length + 1), 0, [key, twin]);
};

const renameKey: Mutation = (random, root, donor) => {
  const entry = anyEntry(random, root);
  if (!entry) return;
  const at = random.below(entry[0].length + 1);
  const typo = entry[0].slice(0, at) + entry[0].slice(at + 1);
  entry[0] = random.pick([typo, random.pick(HOSTILE_KEYS), anyEntry(random, donor)?.[0] ?? typo]);
};

/** The donor's value of the same key, or of any. */
const takeValue: Mutation = (random, root, donor) => {
  const entry = anyEntry(random, root);
  if (!entry) return;
  const donors = containersOf(donor).flatMap((c) => (c.kind === 'object' ? c.entries : []));
  const same = donors.filter(([key]) => key === entry[0]);
  if (donors.length > 0) entry[1] = cloneTree(random.pick(same.length > 0 ? same : donors)[1]);
};

const takeEntry: Mutation = (random, root, donor) => {
  const holder = anyObject(random, root);
  const entry = anyEntry(random, donor);
  if (holder && entry)
    holder.entries.splice(random.below(holder.entries.length + 1), 0, [entry[0], cloneTree(entry[1])]);
};

const addHostileKey: Mutation = (random, root) => {
  const holder = anyObject(random, root);
  const value = random.chance(0.2)
    ? object([['ignore', list([hostileString(random)])]])
    : hostileValue(random);
  holder?.entries.splice(random.below(holder.entries.length + 1), 0, [random.pick(HOSTILE_KEYS), value]);
};

/** Neighbours of a number, which reach further into the readers than nonsense does. */
const nudge: Mutation = (random, root) => {
  const numbers = containersOf(root).flatMap((c) =>
    (c.kind === 'object' ? c.entries.map(([, value]) => value) : c.items).filter(
      (t) => t.kind === 'scalar' && /^-?\d+$/.test(t.text),
    ),
  );
  if (numbers.length === 0) return;
  const number = random.pick(numbers);
  if (number.kind !== 'scalar') return;
  const value = Number(number.text);
  number.text = String(
    random.pick([value + 1, value - 1, value * 2, Math.floor(value / 2), -value, value * 3, 0, value * 1000]),
  );
};

const nest = (random: Random, old: Tree): Tree => {
  let tree = old;
  for (let depth = random.pick([1, 2, 5, 30, 62, 70, 500]); depth > 0; depth--)
    tree = random.chance(0.5) ? list([tree]) : object([['text_config', tree]]);
  return tree;
};

/** Values in it, itself counted. */
function sizeOf(tree: Tree): number {
  if (tree.kind === 'scalar') return 1;
  const children = tree.kind === 'list' ? tree.items : tree.entries.map(([, value]) => value);
  return children.reduce((sum, child) => sum + sizeOf(child), 1);
}

const resizeList: Mutation = (random, root) => {
  const target = anyList(random, root);
  if (!target) return;
  const [first] = target.items;
  // Thousands of large ones would take the fuzzer's time, not the product's.
  const filler = first && sizeOf(first) < 50 ? first : scalar('0');
  const length = random.pick([0, 1, target.items.length - 1, target.items.length + 1, 100, 2000]);
  while (target.items.length < length) target.items.push(cloneTree(filler));
  target.items.length = Math.max(0, length);
};

const hostileItem: Mutation = (random, root) => {
  const target = anyList(random, root);
  if (!target) return;
  const at = random.below(target.items.length + 1);
  target.items.splice(at, random.below(2), hostileValue(random));
};

const hugeList = (random: Random): Tree =>
  list(
    Array.from({ length: random.pick([500, 3000, 20_001]) }, () => scalar(random.pick(['1', '0', '"x"']))),
  );

const shuffle: Mutation = (random, root) => {
  const holder = anyObject(random, root);
  if (!holder) return;
  const [moved] = holder.entries.splice(random.below(holder.entries.length), 1);
  if (moved) holder.entries.splice(random.below(holder.entries.length + 1), 0, moved);
};

/** A whole object of the donor laid over this one's: two architectures in one file. */
const merge: Mutation = (random, root, donor) => {
  const [into, from] = [anyObject(random, root), anyObject(random, donor)];
  if (into && from) into.entries.push(...from.entries.map(([k, v]): [string, Tree] => [k, cloneTree(v)]));
};

/** With their weights. */
const MUTATIONS: readonly (readonly [number, Mutation])[] = [
  [12, nudge],
  [8, replaceValue(hostileValue)],
  [6, dropKey],
  [6, takeValue],
  [6, takeEntry],
  [4, renameKey],
  [4, duplicateKey],
  [4, addHostileKey],
  [3, resizeList],
  [3, hostileItem],
  [2, shuffle],
  [2, replaceValue(hostileString)],
  [1, replaceValue(nest)],
  [1, merge],
  [0.2, replaceValue(hugeList)],
];
const TOTAL = MUTATIONS.reduce((sum, [weight]) => sum + weight, 0);

/** Changes a config in one to six places. */
function mutate(random: Random, config: Tree, donor: Tree): Tree {
  const root = cloneTree(config);
  for (let count = 1 + random.below(random.chance(0.7) ? 3 : 6); count > 0; count--) {
    let at = random.next() * TOTAL;
    const chosen = MUTATIONS.find(([weight]) => (at -= weight) < 0);
    chosen?.[1](random, root, donor);
  }
  return root;
}

/** Longer texts would only make the run slow; the limit on the size of files is a test of its own. */
const MAX_LENGTH = 200_000;
export const mutatedText = (random: Random, config: Tree, donor: Tree, style: Style): string =>
  textOf(mutate(random, config, donor), style).slice(0, MAX_LENGTH);

/** Changes a text without regard to what it means. */
export function mutateText(random: Random, text: string, donor: string): string {
  let changed = text;
  for (let count = 1 + random.below(4); count > 0; count--)
    changed = random.pick(TEXT_MUTATIONS)(random, changed, donor);
  return changed;
}

type TextMutation = (random: Random, text: string, donor: string) => string;
const span = (random: Random, text: string, most: number): readonly [number, number] => {
  const start = random.below(text.length + 1);
  return [start, Math.min(text.length, start + random.below(most))];
};
const TEXT_MUTATIONS: readonly TextMutation[] = [
  (random, text) => text.slice(0, random.below(text.length + 1)),
  (random, text) => text.slice(random.below(text.length + 1)),
  (random, text) => {
    const [start, end] = span(random, text, 40);
    return text.slice(0, start) + text.slice(end);
  },
  (random, text) => {
    const [start, end] = span(random, text, 200);
    return text.slice(0, end) + text.slice(start);
  },
  (random, text, donor) =>
    text.slice(0, random.below(text.length + 1)) + donor.slice(random.below(donor.length + 1)),
  (random, text) => {
    const at = random.below(text.length);
    return (
      text.slice(0, at) +
      String.fromCharCode(text.charCodeAt(at) ^ (1 << random.below(16))) +
      text.slice(at + 1)
    );
  },
  (random, text) => {
    const at = random.below(text.length + 1);
    return text.slice(0, at) + random.pick(INSERTIONS) + text.slice(at);
  },
  (_, text) => `\uFEFF${text}`,
  (_, text) => text.replaceAll('\n', '\r\n'),
  (_, text) => text.replaceAll('\n', '\r'),
  (random, text) => text.replaceAll('"', random.pick(["'", '', '”'])),
  (random, text) => {
    const lines = text.split('\n');
    lines.splice(random.below(lines.length), 1);
    return lines.join('\n');
  },
  (random, text) => {
    const lines = text.split('\n');
    const [moved] = lines.splice(random.below(lines.length), 1);
    lines.splice(random.below(lines.length + 1), 0, moved ?? '');
    return lines.join('\n');
  },
];
const INSERTIONS = [
  '{',
  '}',
  '[',
  ']',
  '"',
  ',',
  ':',
  '-',
  '\\',
  '\\u',
  '/*',
  '//',
  '\0',
  '\r',
  '\u2028',
  '\ud800',
  'NaN',
  '-Infinity',
  '1e400',
  '"__proto__": {"hidden_size": 1},',
  '"$decodeLens": {"ignore": ["*"]},',
  '['.repeat(5000),
];
