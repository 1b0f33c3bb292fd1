/** The only module that knows `@vscode/webview-ui-toolkit` (archived upstream: replaceable here). */
import {
  provideVSCodeDesignSystem,
  vsCodeButton,
  vsCodeCheckbox,
  vsCodeDropdown,
  vsCodeOption,
} from '@vscode/webview-ui-toolkit';
import { el, setText } from './dom';

provideVSCodeDesignSystem().register(vsCodeButton(), vsCodeCheckbox(), vsCodeDropdown(), vsCodeOption());

/** The components by the properties that are used here. */
interface DropdownElement extends HTMLElement {
  value: string;
}
interface CheckboxElement extends HTMLElement {
  checked: boolean;
  disabled: boolean;
}

export interface Choice<T extends string> {
  readonly value: T;
  readonly text: string;
}

export interface DropdownControl<T extends string> {
  readonly element: HTMLElement;
  /** Keeps the element, and its options where they are the same ones. */
  set(choices: readonly Choice<T>[], selected: T): void;
}

export function dropdown<T extends string>(
  id: string,
  label: string,
  title: string,
  onChoice: (value: T) => void,
): DropdownControl<T> {
  const select = document.createElement('vscode-dropdown') as DropdownElement;
  select.id = id;
  select.title = title;
  const caption = el('span', { class: 'control-label', id: `${id}-label` }, label);
  select.setAttribute('aria-labelledby', caption.id);
  let choices: readonly Choice<T>[] = [];
  select.addEventListener('change', () => {
    const choice = choices.find((c) => c.value === select.value);
    if (choice !== undefined) onChoice(choice.value);
  });
  return {
    element: el('div', { class: 'control' }, caption, select),
    set(next, selected) {
      const same =
        next.length === choices.length &&
        next.every((c, i) => c.value === choices[i]?.value && c.text === choices[i].text);
      if (same) {
        if (select.value !== selected) select.value = selected;
        return;
      }
      choices = next;
      select.replaceChildren(
        ...next.map(({ value, text }) => {
          const option = document.createElement('vscode-option');
          option.setAttribute('value', value);
          option.textContent = text;
          if (value === selected) option.setAttribute('selected', '');
          return option;
        }),
      );
      // The component learns of its new options by `slotchange`, after this task.
      setTimeout(() => {
        if (select.value !== selected) select.value = selected;
      });
    },
  };
}

export interface CheckboxState {
  readonly checked: boolean;
  readonly text: string;
  readonly title: string;
  readonly disabled: boolean;
}

export interface CheckboxControl {
  readonly element: HTMLElement;
  set(state: CheckboxState): void;
}

export function checkbox(onChange: (checked: boolean) => void): CheckboxControl {
  const box = document.createElement('vscode-checkbox') as CheckboxElement;
  const label = el('span');
  box.append(label);
  let setting = false;
  box.addEventListener('change', () => {
    if (!setting) onChange(box.checked);
  });
  return {
    element: box,
    set({ checked, text, title, disabled }) {
      setting = true;
      if (box.checked !== checked) box.checked = checked;
      setting = false;
      if (box.disabled !== disabled) box.disabled = disabled;
      setText(label, text);
      if (box.title !== title) box.title = title;
    },
  };
}

export function button(text: string, title: string, onClick: () => void): HTMLElement {
  const element = document.createElement('vscode-button');
  element.setAttribute('appearance', 'secondary');
  element.textContent = text;
  element.title = title;
  element.addEventListener('click', onClick);
  return element;
}
