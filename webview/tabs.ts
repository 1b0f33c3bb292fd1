/** The list of views as tabs: arrow keys move between them, one is shown (ARIA authoring practices, tabs pattern). */
import { el } from './dom';

export interface Tab {
  readonly id: string;
  readonly title: string;
  readonly panel: HTMLElement;
}

export interface Tabs {
  readonly element: HTMLElement;
  /** Shows a tab; an unknown one is the first. */
  show(id: string): void;
}

export function tabs(list: readonly Tab[], onShow: (id: string) => void): Tabs {
  const buttons = list.map(({ id, title, panel }) => {
    panel.id = `view-${id}`;
    panel.setAttribute('role', 'tabpanel');
    panel.setAttribute('aria-labelledby', `tab-${id}`);
    return el('button', { type: 'button', role: 'tab', id: `tab-${id}`, 'aria-controls': panel.id }, title);
  });
  let shown = '';
  const show = (id: string, focus = false): void => {
    const at = Math.max(
      0,
      list.findIndex((tab) => tab.id === id),
    );
    list.forEach(({ panel }, i) => {
      panel.hidden = i !== at;
      buttons[i]?.setAttribute('aria-selected', String(i === at));
      if (buttons[i]) buttons[i].tabIndex = i === at ? 0 : -1;
    });
    if (focus) buttons[at]?.focus();
    const next = list[at]?.id ?? '';
    if (next === shown) return;
    shown = next;
    onShow(next);
  };
  buttons.forEach((button, i) => {
    button.addEventListener('click', () => {
      show(list[i]?.id ?? '');
    });
    button.addEventListener('keydown', ({ key }) => {
      const to = { ArrowRight: i + 1, ArrowLeft: i - 1, Home: 0, End: list.length - 1 }[key];
      if (to !== undefined) show(list[(to + list.length) % list.length]?.id ?? '', true);
    });
  });
  return {
    element: el('div', { class: 'tabs', role: 'tablist', 'aria-label': 'Views' }, ...buttons),
    show(id) {
      show(id);
    },
  };
}
