/** What the panel is for, while no config is there to draw. */
import type { PanelState } from '../src/protocol';
import { el } from './dom';
import { post } from './host';
import { button } from './toolkit';

export interface FirstRun {
  readonly element: HTMLElement;
  update(state: PanelState): void;
}

export function firstRun(): FirstRun {
  const element = el(
    'section',
    { class: 'first-run', id: 'first-run', 'aria-label': 'How to begin' },
    el(
      'p',
      {},
      'Open a model’s config.json, and it is drawn here beside the models below: its parameters, its KV cache, and what ' +
        'a decoded token costs on each accelerator. The charts follow every edit, saved or not.',
    ),
    el(
      'div',
      { class: 'actions' },
      button('New Model Config…', 'Begin a config from a catalog model, or from nothing', () => {
        post({ type: 'command', command: 'decodeLens.newModelConfig' });
      }),
      el('span', { class: 'said' }, 'or click the name of a model in a table to open its config.'),
    ),
  );
  element.hidden = true;
  return {
    element,
    update({ models }) {
      element.hidden = models.some(({ origin }) => origin !== 'catalog');
    },
  };
}
