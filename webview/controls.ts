/** The choices above the charts. They show the state's options and ask the host for others. */
import {
  type AccountingId,
  type AcceleratorChoice,
  ACCOUNTINGS,
  type AnalysisOptions,
  type ComparedModel,
  type PanelState,
  type Precision,
  PRECISIONS,
} from '../src/protocol';
import { el, reconcile, setText } from './dom';
import { formatContext, formatUsd, shorten } from './format';
import { button, checkbox, type CheckboxControl, dropdown } from './toolkit';
import { kindOf, modelHint } from './views/view';

const CONTEXTS: readonly number[] = [1, 4, 8, 16, 32, 64, 128, 256, 512, 1024].map((k) => k * 1024);

const NAME_LIMIT = 22;

const ACCOUNTING_TEXT: Readonly<Record<AccountingId, string>> = {
  exact: 'exact',
  'step3-paper': 'step3-paper',
};
const PRECISION_TEXT: Readonly<Record<Precision, string>> = {
  fp8: 'FP8',
  int8: 'INT8',
  bf16: 'BF16',
  fp4: 'FP4',
};

export interface ControlEvents {
  /** Other options are wanted. */
  options(options: Partial<AnalysisOptions>): void;
  /** The models to hide, by id. */
  hidden(ids: ReadonlySet<string>): void;
}

export interface Controls {
  readonly element: HTMLElement;
  update(state: PanelState, hidden: ReadonlySet<string>): void;
}

/** Choices that are open when asked for: closed, they say what is chosen. */
function choiceList(id: string, label: string, ...children: readonly HTMLElement[]) {
  const chosen = el('span', { class: 'chosen' });
  const element = el(
    'details',
    { id, class: 'choices' },
    el('summary', {}, el('span', { class: 'control-label' }, label), chosen),
    el('fieldset', { 'aria-label': label }, ...children),
  );
  return {
    element,
    say(text: string): void {
      setText(chosen, text);
    },
  };
}

function targetTitle({ title, usdPerHour, source }: AcceleratorChoice): string {
  const price = usdPerHour === null ? 'no price known, so no cost' : `${formatUsd(usdPerHour)} per hour`;
  return `${title}: ${price}. ${source}`;
}

export function controls(events: ControlEvents): Controls {
  let state: PanelState | null = null;
  /** What was asked for last: two quick clicks must not undo each other. */
  let wantedTargets: readonly string[] = [];
  /** The settings' contexts: the chosen one is put before them. */
  let configuredContexts: readonly number[] = [];
  let askedContexts = '';
  let hidden: ReadonlySet<string> = new Set();

  const context = dropdown(
    'context',
    'Context',
    'Tokens of context that a decoded token attends to',
    (value) => {
      const chosen = Number(value);
      const contexts = [chosen, ...configuredContexts.filter((c) => c !== chosen)];
      askedContexts = contexts.join();
      events.options({ contexts });
    },
  );
  const accounting = dropdown<AccountingId>(
    'accounting',
    'Accounting',
    'exact: what a decoded token really does. step3-paper: the simplifications of the Step-3 report.',
    (value) => {
      events.options({ accounting: value });
    },
  );
  const precision = dropdown<Precision>('precision', 'Weights', 'Precision of weights and GEMMs', (value) => {
    events.options({ precision: value });
  });
  const kvPrecision = dropdown<Precision>(
    'kv-precision',
    'KV cache',
    'Precision of the KV cache and of the attention over it',
    (value) => {
      events.options({ kvPrecision: value });
    },
  );

  const targetBoxes = new WeakMap<HTMLElement, CheckboxControl>();
  const targets = el('div', { class: 'boxes' });
  const unpricedNote = el('p', { class: 'note' });
  const toggleTarget = (name: string, checked: boolean): void => {
    if (state === null) return;
    const next = state.accelerators
      .map((a) => a.name)
      .filter((n) => (n === name ? checked : wantedTargets.includes(n)));
    if (next.length === 0)
      showTargets(state); // One target has to stay.
    else {
      wantedTargets = next;
      events.options({ targets: next });
    }
  };
  const showTargets = ({ accelerators, options }: PanelState): void => {
    const usable = accelerators.filter((a) => a.usdPerHour !== null || options.targets.includes(a.name));
    const unpriced = accelerators.filter((a) => !usable.includes(a)).map((a) => a.name);
    unpricedNote.hidden = unpriced.length === 0;
    setText(
      unpricedNote,
      `No price known: ${unpriced.join(', ')}. Set usdPerHour in the setting decodeLens.accelerators to use one.`,
    );
    reconcile(
      targets,
      usable,
      ({ name }) => name,
      ({ name }) => {
        const control = checkbox((checked) => {
          toggleTarget(name, checked);
        });
        targetBoxes.set(control.element, control);
        return control.element;
      },
      (element, accelerator) => {
        const checked = options.targets.includes(accelerator.name);
        const last = checked && options.targets.length === 1;
        const alone = last ? ' The last target stays.' : '';
        const title = targetTitle(accelerator) + alone;
        targetBoxes.get(element)?.set({ checked, text: accelerator.name, title, disabled: last });
      },
    );
  };

  const modelBoxes = new WeakMap<HTMLElement, CheckboxControl>();
  const models = el('div', { class: 'boxes' });
  const setHidden = (ids: Iterable<string>): void => {
    hidden = new Set(ids);
    events.hidden(hidden);
  };
  const showModels = (list: readonly ComparedModel[]): void => {
    reconcile(
      models,
      list,
      ({ id }) => id,
      ({ id }) => {
        const control = checkbox((checked) => {
          setHidden(checked ? [...hidden].filter((h) => h !== id) : [...hidden, id]);
        });
        modelBoxes.set(control.element, control);
        return control.element;
      },
      (element, model) => {
        element.dataset.kind = kindOf(model);
        const title = `${model.label}: ${modelHint(model).replace(' Click to open.', '')}`;
        modelBoxes.get(element)?.set({
          checked: !hidden.has(model.id),
          text: shorten(model.label, NAME_LIMIT),
          title,
          disabled: false,
        });
      },
    );
  };
  const all = button('All', 'Show all models', () => {
    setHidden([]);
  });
  const none = button('None', 'Hide all models but the open config', () => {
    setHidden(state?.models.filter((model) => !model.active).map((model) => model.id) ?? []);
  });

  const targetList = choiceList('targets', 'Targets', targets, unpricedNote);
  const modelList = choiceList('models', 'Models', models, el('div', { class: 'actions' }, all, none));
  const element = el(
    'div',
    { class: 'controls' },
    el(
      'div',
      { class: 'dropdowns' },
      context.element,
      accounting.element,
      precision.element,
      kvPrecision.element,
    ),
    targetList.element,
    modelList.element,
  );

  return {
    element,
    update(next, ids) {
      state = next;
      hidden = ids;
      const { options } = next;
      wantedTargets = options.targets;
      if (options.contexts.join() !== askedContexts) configuredContexts = options.contexts;
      const contexts = [...new Set([...CONTEXTS, ...configuredContexts, ...options.contexts])].sort(
        (a, b) => a - b,
      );
      context.set(
        contexts.map((tokens) => ({ value: String(tokens), text: formatContext(tokens) })),
        String(options.contexts[0] ?? contexts[0] ?? ''),
      );
      accounting.set(
        ACCOUNTINGS.map((value) => ({ value, text: ACCOUNTING_TEXT[value] })),
        options.accounting,
      );
      const precisions = PRECISIONS.map((value) => ({ value, text: PRECISION_TEXT[value] }));
      precision.set(precisions, options.precision);
      kvPrecision.set(precisions, options.kvPrecision);
      showTargets(next);
      targetList.say(options.targets.join(', '));
      showModels(next.models);
      const shown = next.models.filter(({ id }) => !hidden.has(id)).length;
      modelList.say(`${shown} of ${next.models.length} shown`);
    },
  };
}
