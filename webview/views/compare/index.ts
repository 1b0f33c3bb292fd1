/** Models side by side: figures 1 and 2 of the Step-3 report. */
import { el } from '../../dom';
import type { View } from '../view';
import { activatedVsCost } from './activated-vs-cost';
import { costByTarget } from './cost-by-target';
import { sideBySide } from './side-by-side';

export function compare(): View {
  const figures = [activatedVsCost(), costByTarget()];
  const table = sideBySide();
  return {
    id: 'compare',
    title: 'Compare',
    element: el(
      'div',
      { class: 'figures' },
      el('div', { class: 'figures wide' }, ...figures.map(({ element }) => element)),
      table.element,
    ),
    update(context) {
      for (const figure of [...figures, table]) figure.update(context);
    },
  };
}
