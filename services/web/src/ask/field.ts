/** Fields of a form: a name, a control and what helps to fill it. */

import { el, type Child } from '../dom';

export interface FieldOptions {
  readonly id: string;
  readonly title: string;
  readonly help?: string;
  readonly value: string;
  readonly changed: (value: string) => void;
}

export function textField(options: FieldOptions, attributes: Record<string, string | number> = {}): HTMLElement {
  const input = el('input', { type: 'text', autocomplete: 'off', ...attributes });
  return field(options, input);
}

export function numberField(options: FieldOptions): HTMLElement {
  return textField(options, { inputmode: 'decimal', maxlength: 20 });
}

/** `choices`: value and title. */
export function choiceField(options: FieldOptions, choices: readonly (readonly [string, string])[]): HTMLElement {
  return field(options, el('select', {}, ...choices.map(([value, title]) => el('option', { value }, title))));
}

function field({ id, title, help, value, changed }: FieldOptions, control: HTMLInputElement | HTMLSelectElement): HTMLElement {
  control.id = `ask-${id}`;
  control.value = value;
  control.addEventListener('input', () => {
    control.removeAttribute('aria-invalid');
    changed(control.value);
  });
  if (help) control.setAttribute('aria-describedby', `ask-${id}-help`);
  const parts: Child[] = [
    el('label', { for: `ask-${id}` }, title), control, help && el('p', { class: 'help', id: `ask-${id}-help` }, help),
  ];
  return el('div', { class: 'ask-field' }, ...parts);
}
