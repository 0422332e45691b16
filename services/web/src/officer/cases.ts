/** The cases with their clock. */

import { button, el } from '../dom';
import { formatDay, formatNumber } from '../format';
import { PRIMARY } from '../order';
import type { Page } from '../page';
import { words } from '../words';
import type { Case } from './api';
import { officerWords } from './words';

export function caseList(cases: readonly Case[], page: Page): HTMLElement {
  const { language } = page.store.state;
  const w = officerWords[language];
  const open = cases.filter(({ deadline }) => deadline.ended === null);
  if (open.length === 0) return el('p', { class: 'remark' }, w.noCases);
  const urgent = [...open].sort((a, b) => (a.deadline.left ?? Infinity) - (b.deadline.left ?? Infinity));
  return el('ul', { class: 'officer-list' }, ...urgent.map(({ ma_ho_so: number, word, deadline, parcel }) => el('li', {},
    el('strong', {}, number),
    el('span', {}, word[language]),
    clock(deadline, page),
    parcel !== null && button(w.parcel, { class: 'plain' }, () => page.store.set({ selected: { layer: PRIMARY, id: parcel }, place: null, tool: null })))));
}

function clock({ due, left, reason }: Case['deadline'], page: Page): HTMLElement {
  const { language } = page.store.state;
  const w = officerWords[language];
  if (due === null || left === null) return el('span', {}, reason?.[language] ?? words[language].noData);
  const days = formatNumber(Math.abs(left), language);
  return el('span', { class: left < 0 ? 'officer-late' : 'officer-due' }, `${w.due(formatDay(due))}, ${left < 0 ? w.late(days) : w.left(days)}`);
}
