/** Figure 4 of the Step-3 report: what a decoded token costs beside what training on one does. */
import { el } from '../../dom';
import { recallView, rememberView } from '../../host';
import { dropdown } from '../../toolkit';
import type { View, ViewContext } from '../view';
import { decodeVsTrain } from './decode-vs-train';
import { targetsOf } from './costs';

const ID = 'train';

export function train(): View {
  const memory = recallView(ID);
  /** The target that was chosen; another one where it isn't there. */
  let wanted = typeof memory === 'string' ? memory : '';
  let last: ViewContext | null = null;
  const figure = decodeVsTrain();
  const choice = dropdown<string>('train-target', 'Target', 'The accelerator that both run on', (target) => {
    wanted = target;
    rememberView(ID, target);
    if (last) draw(last);
  });
  const draw = (context: ViewContext): void => {
    const targets = targetsOf(context, context.state.options.targets);
    const target = targets.find((name) => name === wanted) ?? targets[0] ?? null;
    choice.element.hidden = target === null;
    if (target !== null)
      choice.set(
        targets.map((name) => ({ value: name, text: name })),
        target,
      );
    figure.update(context, target);
  };
  return {
    id: ID,
    title: 'Decode against train',
    element: el('div', { class: 'train' }, choice.element, figure.element),
    update(context) {
      last = context;
      draw(context);
    },
  };
}
