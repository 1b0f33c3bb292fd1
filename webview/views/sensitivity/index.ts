/** What each field is worth: its neighbouring values, in dollars, and the edit that takes one. */
import type { FieldEffect, SensitivityData } from '../../../src/protocol';
import { el } from '../../dom';
import { recallView, rememberView } from '../../host';
import { ask } from '../../requests';
import { dropdown } from '../../toolkit';
import type { View, ViewContext } from '../view';
import { chosenStep } from './chosen-step';
import { stepsOf, type Cost, type Step } from './steps';
import { tornado } from './tornado';

const ID = 'sensitivity';
const AFD = 'afd';

interface Answer {
  readonly context: ViewContext;
  readonly data: SensitivityData | null;
}

export function sensitivity(): View {
  const remembered = recallView(ID);
  let wanted = typeof remembered === 'string' ? remembered : AFD;
  let last: Answer | null = null;
  let chosen: Step | null = null;
  const costs = dropdown(
    'sensitivity-cost',
    'Cost',
    'On the best AFD pair, or with all on one target',
    (value) => {
      wanted = value;
      rememberView(ID, value);
      draw();
    },
  );
  const edit = chosenStep();
  const choose = (step: Step): void => {
    chosen = step;
    draw();
    edit.reveal();
  };
  const chart = tornado(choose);

  const draw = (): void => {
    if (last === null) return;
    const { context, data } = last;
    const { subject } = context;
    const names = data === null ? [] : costNames(data.now);
    const name = names.includes(wanted) ? wanted : (names[0] ?? AFD);
    costs.set(
      names.map((value) => ({ value, text: titleOf(value) })),
      name,
    );
    const cost: Cost = {
      of: (effect) => (name === AFD ? effect.afdUsdPer1M : (effect.usdPer1M[name] ?? null)),
    };
    const steps = subject && data ? stepsOf(data, cost) : [];
    const step = steps.find((each) => chosen !== null && isSame(each, chosen)) ?? null;
    chart.update(context, data, steps, cost, step);
    edit.update(subject, step);
  };

  return {
    id: ID,
    title: 'Sensitivity',
    element: el('div', {}, el('div', { class: 'dropdowns' }, costs.element), edit.element, chart.element),
    async update(context, isCurrent) {
      const { subject } = context;
      const data =
        subject === null ? null : await ask('sensitivity', { id: subject.id, context: context.context });
      if (!isCurrent()) return;
      last = { context, data };
      draw();
    },
  };
}

const costNames = ({ afdUsdPer1M, usdPer1M }: FieldEffect): string[] => [
  ...(afdUsdPer1M === null ? [] : [AFD]),
  ...Object.keys(usdPer1M),
];

/** Once its field has another value, it is another step. */
const isSame = (a: Step, b: Step): boolean => a.key === b.key && a.field.value === b.field.value;

const titleOf = (name: string): string => (name === AFD ? 'Best AFD pair' : name);
