/** The day looked at: typed as dd/mm/yyyy in either language, or chosen from the browser's calendar. */

import { button, el, fill, icon } from './dom';
import { formatDay, legalDay } from './format';
import { readDay } from './state';
import type { Store } from './store';
import { words, type Language, type Words } from './words';

const CALENDAR = 'M5 6h14v14H5zM5 10.5h14M8.5 3.5v4M15.5 3.5v4';

/** The field keeps what is being typed, whatever happens around it. */
export function dayPicker(store: Store): HTMLElement {
  const typed = el('input', {
    id: 'day', type: 'text', inputmode: 'numeric', autocomplete: 'off', maxlength: 10, 'aria-describedby': 'day-fault day-state',
  });
  // Browsers write a date field in their own language's order, which may put the month first: only its calendar is used.
  const native = el('input', { type: 'date', class: 'calendar', min: '1975-01-01', tabindex: -1, 'aria-hidden': 'true' });
  const label = el('label', { for: 'day' });
  const field = el('span', { class: 'day-field' });
  const host = el('div', { class: 'day' });
  const fault = el('p', { id: 'day-fault', role: 'alert', class: 'fault' });
  const said = el('p', { id: 'day-state', role: 'status' });
  const today = el('span', {});
  host.append(label, field, today, fault, said);

  const blame = (text: string) => {
    typed.setAttribute('aria-invalid', String(text !== ''));
    fault.textContent = text;
  };
  const render = () => {
    const { at, language } = store.state;
    const w = words[language];
    label.textContent = w.date;
    typed.placeholder = w.dayPattern;
    typed.value = at ? formatDay(at) : '';
    native.value = at ?? '';
    blame('');
    fill(field, [typed, native, button(w.calendar, { class: 'round', id: 'calendar' }, () => native.showPicker(), icon(CALENDAR))]);
    fill(today, [button(w.today, { class: 'plain', id: 'today', disabled: at === null }, () => store.set({ at: null }))]);
    said.className = at ? 'past' : '';
    said.textContent = !at ? w.showingToday : at > legalToday() ? w.showingFuture(formatDay(at)) : w.showingDate(formatDay(at));
  };
  typed.addEventListener('change', () => {
    const read = parseDay(typed.value);
    blame('fault' in read ? faultText(read.fault, words[store.state.language]) : '');
    if ('day' in read) store.set({ at: read.day });
  });
  typed.addEventListener('input', () => {
    if ('day' in parseDay(typed.value)) blame('');
  });
  native.addEventListener('change', () => store.set({ at: readDay(native.value) }));
  store.subscribe((now, before) => {
    if (now.at !== before.at || now.language !== before.language) render();
  });
  render();
  return host;
}

export interface DayField {
  readonly id: string;
  readonly label: string;
  readonly hint: string;
  readonly day: string | null;
  readonly language: Language;
}

/** A field for a day of its own, as in a tool; `choose` is told a day, or null where the field was emptied. */
export function dayField({ id, label, hint, day, language }: DayField, choose: (day: string | null) => void): HTMLElement {
  const w = words[language];
  const typed = el('input', {
    id, type: 'text', inputmode: 'numeric', autocomplete: 'off', maxlength: 10, placeholder: w.dayPattern, 'aria-describedby': `${id}-fault ${id}-hint`,
  });
  const fault = el('p', { id: `${id}-fault`, role: 'alert', class: 'fault' });
  typed.value = day ? formatDay(day) : '';
  typed.addEventListener('change', () => {
    const read = parseDay(typed.value);
    typed.setAttribute('aria-invalid', String('fault' in read));
    fault.textContent = 'fault' in read ? faultText(read.fault, w) : '';
    if ('day' in read) choose(read.day);
  });
  return el('div', { class: 'day' }, el('label', { for: id }, label), el('span', { class: 'day-field' }, typed), fault, el('p', { id: `${id}-hint` }, hint));
}

/** Today in the city, wherever the reader is, as yyyy-mm-dd. */
export function legalToday(): string {
  return legalDay(new Date().toISOString());
}

/** Why what was typed is no day. */
export type DayFault =
  | { readonly kind: 'form' }
  | { readonly kind: 'month'; readonly month: number }
  | { readonly kind: 'day'; readonly day: number; readonly month: number; readonly year: number };

/** `1/3/2024` and `01-03-2024` as `2024-03-01`, nothing typed as null. Never month first. */
export function parseDay(text: string): { readonly day: string | null } | { readonly fault: DayFault } {
  if (text.trim() === '') return { day: null };
  const parts = /^\s*(\d{1,2})[/.\-\s](\d{1,2})[/.\-\s](\d{4})\s*$/.exec(text)?.slice(1).map(Number);
  const [day, month, year] = parts ?? [];
  if (day === undefined || month === undefined || !year) return { fault: { kind: 'form' } };
  if (month < 1 || month > 12) return { fault: { kind: 'month', month } };
  const read = readDay(iso(year, month, day));
  return read ? { day: read } : { fault: { kind: 'day', day, month, year } };
}

export function faultText(fault: DayFault, w: Words): string {
  switch (fault.kind) {
    case 'form': return w.dayForm;
    case 'month': return w.dayMonth(fault.month);
    case 'day': {
      const { day, month, year } = fault;
      const last = new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate(); // the calendar repeats after 400 years
      return w.dayOfMonth(day, month, year, formatDay(iso(year, month, last)));
    }
  }
}

function iso(year: number, month: number, day: number): string {
  const digits = (part: number, length: number) => String(part).padStart(length, '0');
  return `${digits(year, 4)}-${digits(month, 2)}-${digits(day, 2)}`;
}
