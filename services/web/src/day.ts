/** The day looked at: typed as dd/mm/yyyy in either language, or chosen from the browser's calendar. */

import { button, el, icon } from './dom';
import { formatDay } from './format';
import { readDay } from './state';
import type { Store } from './store';
import { words } from './words';

const CALENDAR = 'M5 6h14v14H5zM5 10.5h14M8.5 3.5v4M15.5 3.5v4';

export function dayPicker(store: Store): HTMLElement {
  const { at, language } = store.state;
  const w = words[language];
  const typed = el('input', {
    id: 'day', type: 'text', inputmode: 'numeric', autocomplete: 'off', maxlength: 10, placeholder: w.dayPattern,
    value: at ? formatDay(at) : '', 'aria-describedby': 'day-state',
  });
  // Browsers write a date field in their own language's order, which may put the month first: only its calendar is used.
  const native = el('input', { type: 'date', class: 'calendar', value: at ?? '', min: '1975-01-01', tabindex: -1, 'aria-hidden': 'true' });
  typed.addEventListener('change', () => {
    const day = parseDay(typed.value);
    typed.setAttribute('aria-invalid', String(day === undefined));
    if (day !== undefined) store.set({ at: day });
  });
  native.addEventListener('change', () => store.set({ at: readDay(native.value) }));
  return el('div', { class: 'day' },
    el('label', { for: 'day' }, w.date),
    el('span', { class: 'day-field' }, typed, native,
      button(w.calendar, { class: 'round', id: 'calendar' }, () => native.showPicker(), icon(CALENDAR))),
    button(w.today, { class: 'plain', id: 'today', disabled: at === null }, () => store.set({ at: null })),
    el('p', { id: 'day-state', role: 'status', class: at ? 'past' : null }, at ? w.showingDate(formatDay(at)) : w.showingToday));
}

/** `1/3/2024` and `01-03-2024` as `2024-03-01`; null for nothing typed, undefined for what is no day. Never month first. */
export function parseDay(text: string): string | null | undefined {
  if (text.trim() === '') return null;
  const [, day = '', month = '', year = ''] = /^\s*(\d{1,2})[/.\-\s](\d{1,2})[/.\-\s](\d{4})\s*$/.exec(text) ?? [];
  return readDay(`${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`) ?? undefined;
}
