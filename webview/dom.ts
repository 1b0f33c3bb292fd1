/** Building elements without markup: every string becomes text or an attribute's value. */

export type Child = Node | string | null;

export interface Attributes {
  readonly class?: string;
  readonly [attribute: string]: string | undefined;
}

export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** Sets text only where it differs, so that screen readers and selections are left alone. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Makes the children of `parent` those made for `items`, in order, reusing by key the ones that are there.
 * A kept element keeps its focus and its selection.
 */
export function reconcile<T, E extends HTMLElement>(
  parent: HTMLElement,
  items: readonly T[],
  keyOf: (item: T) => string,
  create: (item: T) => E,
  update: (element: E, item: T) => void,
): void {
  const before = new Map<string, E>();
  for (const child of Array.from(parent.children)) {
    const key = (child as E).dataset.key;
    if (key === undefined || before.has(key)) child.remove();
    else before.set(key, child as E);
  }
  const wanted = new Set(items.map(keyOf));
  for (const [key, element] of before) if (!wanted.has(key)) element.remove();
  let place: ChildNode | null = parent.firstChild;
  const made = new Set<string>();
  for (const item of items) {
    const key = keyOf(item);
    if (made.has(key)) continue;
    made.add(key);
    let element = before.get(key);
    if (element === undefined) {
      element = create(item);
      element.dataset.key = key;
    }
    update(element, item);
    if (element === place) place = place.nextSibling;
    else parent.insertBefore(element, place);
  }
}
