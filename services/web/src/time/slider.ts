/** A slider over days on which something changed, today at its place among them. */

import { legalToday } from '../day';
import { button, el, icon } from '../dom';
import { formatDay } from '../format';
import type { Store } from '../store';
import { timeWords } from './words';

const BACK = 'M14.5 6l-6 6 6 6';
const ON = 'M9.5 6l6 6-6 6';

/** `days`: legal days, ascending. */
export function slider(days: readonly string[], store: Store): HTMLElement {
  const { language } = store.state;
  const w = timeWords[language];
  const today = legalToday();
  /** null: now, which is no day of its own in the URL */
  const stops: readonly (string | null)[] = [...days.filter((day) => day < today), null, ...days.filter((day) => day > today)];
  const input = el('input', { type: 'range', id: 'time-step', min: 0, max: stops.length - 1, step: 1 });
  const said = el('output', { for: 'time-step', class: 'step-day' });
  const place = () => {
    const at = store.state.at ?? today;
    return Math.max(0, stops.findLastIndex((stop) => (stop ?? today) <= at));
  };
  const go = (to: number) => store.set({ at: stops[Math.min(stops.length - 1, Math.max(0, to))] ?? null });
  const earlier = button(w.earlier, { class: 'round' }, () => go(store.state.at !== null && (stops[place()] ?? today) < store.state.at ? place() : place() - 1), icon(BACK));
  const later = button(w.later, { class: 'round' }, () => go(place() + 1), icon(ON));
  const render = () => {
    const { at } = store.state;
    input.value = String(place());
    said.textContent = at === null ? w.now : at > today ? w.soon(formatDay(at)) : formatDay(at);
    input.setAttribute('aria-valuetext', w.stepOf(said.textContent, place() + 1, stops.length));
    earlier.disabled = place() === 0;
    later.disabled = place() === stops.length - 1;
  };
  input.addEventListener('input', () => {
    const stop = stops[Number(input.value)] ?? null;
    said.textContent = stop === null ? w.now : formatDay(stop);
  });
  input.addEventListener('change', () => go(Number(input.value)));
  const host = el('div', { class: 'time-slider' }, el('label', { for: 'time-step' }, w.steps), said,
    el('div', { class: 'time-line' }, earlier, input, later),
    el('div', { class: 'time-ends', 'aria-hidden': 'true' }, el('span', {}, formatDay(stops[0] ?? today)), el('span', {}, formatDay(stops.at(-1) ?? today))));
  const leave = store.subscribe((now, before) => {
    if (!host.isConnected) leave();
    else if (now.at !== before.at) render();
  });
  render();
  return host;
}
