/** Models side by side: figures 1 and 2 of the Step-3 report. */
import { el } from '../../dom';
import type { View } from '../view';
import { activatedVsCost } from './activated-vs-cost';
import { costByTarget } from './cost-by-target';

export function compare(): View {
  const figures = [activatedVsCost(), costByTarget()];
  return {
    id: 'compare',
    title: 'Compare',
    element: el('div', { class: 'figures wide' }, ...figures.map(({ element }) => element)),
    update(context) {
      for (const figure of figures) figure.update(context);
    },
  };
}
