/** The officer's desk: sign in by key, what waits to be published, and the cases with their clock. */

import './officer.css';
import { ApiError, explain, get, isAbort } from '../api';
import { button, el, fill } from '../dom';
import { formatDay, formatInstant, formatNumber } from '../format';
import { PRIMARY } from '../order';
import type { Page } from '../page';
import { credentials, isKey, keyOfSession, signIn, signOut } from '../session';
import type { Opened } from '../tools';
import { words } from '../words';
import { fetchCases, fetchWaiting, type Case, type Waiting } from './api';
import { Review } from './review';
import { officerWords } from './words';

export function open(page: Page): Opened {
  const desk = new Desk(page);
  return { element: desk.element, close: () => desk.close() };
}

class Desk {
  readonly element = el('div', { class: 'officer' });
  readonly #page: Page;
  readonly #closing = new AbortController();
  #review: Review | null = null;

  constructor(page: Page) {
    this.#page = page;
    if (keyOfSession()) void this.#show(null);
    else fill(this.element, [signInForm(page)]);
  }

  close(): void {
    this.#closing.abort();
    this.#review?.close();
  }

  /** `said`: what has just been done */
  async #show(said: string | null): Promise<void> {
    const { language } = this.#page.store.state;
    const w = officerWords[language];
    this.#review?.close();
    this.#review = null;
    const waiting = el('div', {}, el('p', { role: 'status' }, words[language].loading));
    const cases = el('div', {});
    fill(this.element, [
      el('p', { class: 'officer-who' }, el('span', {}, w.signedIn), button(w.signOut, { class: 'plain' }, signOut)),
      said && el('p', { class: 'officer-said', role: 'status' }, said),
      el('h3', {}, w.waiting), waiting, el('h3', {}, w.cases), cases,
    ]);
    await Promise.all([
      this.#fill(waiting, async (signal) => this.#waitingList(await fetchWaiting(language, signal))),
      this.#fill(cases, async (signal) => caseList(await fetchCases(language, signal), this.#page)),
    ]);
  }

  async #fill(host: HTMLElement, content: (signal: AbortSignal) => Promise<HTMLElement>): Promise<void> {
    const { language } = this.#page.store.state;
    try {
      fill(host, [await content(this.#closing.signal)]);
    } catch (error) {
      if (isAbort(error)) return;
      const refused = error instanceof ApiError && error.status === 403;
      const told = error instanceof ApiError && error.problem.detail ? error.problem.detail : explain(error, words[language]);
      fill(host, [el('p', { class: refused ? 'remark' : 'officer-fault', ...(refused ? {} : { role: 'alert' }) }, told)]);
    }
  }

  #waitingList(waiting: readonly Waiting[]): HTMLElement {
    const w = officerWords[this.#page.store.state.language];
    if (waiting.length === 0) return el('p', { class: 'remark' }, w.noneWaiting);
    return el('ul', { class: 'officer-list' }, ...waiting.map((each) => el('li', {},
      el('strong', {}, `${each.name} · ${each.layerTitle}`),
      el('span', {}, [each.title, each.document && w.ground(each.document)].filter(Boolean).join(' · ')),
      el('span', { class: 'officer-counts' }, countsOf(each, this.#page).join(' · ')),
      el('small', {}, w.by(each.actor, formatInstant(each.created))),
      button(w.look, { class: 'plain' }, () => this.#open(each)))));
  }

  #open(waiting: Waiting): void {
    this.#review = new Review(this.#page, waiting, (said) => void this.#show(said));
    fill(this.element, [this.#review.element]);
  }
}

function countsOf({ counts }: Waiting, page: Page): string[] {
  const { language } = page.store.state;
  const w = officerWords[language];
  const parts = [['insert', w.inserts], ['update', w.updates], ['close', w.closes], ['unchanged', w.unchanged]] as const;
  return parts.flatMap(([name, say]) => (counts[name] ? [say(formatNumber(counts[name], language))] : []));
}

function caseList(cases: readonly Case[], page: Page): HTMLElement {
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

function signInForm(page: Page): HTMLElement {
  const { language } = page.store.state;
  const w = officerWords[language];
  const input = el('input', { id: 'officer-key', type: 'password', autocomplete: 'off', maxlength: 250, spellcheck: 'false', 'aria-describedby': 'officer-help officer-fault' });
  const fault = el('p', { id: 'officer-fault', class: 'officer-fault', role: 'alert' });
  const send = el('button', { type: 'submit', class: 'officer-send' }, w.signIn);
  const form = el('form', { class: 'officer-sign' },
    el('p', {}, w.about), el('label', { for: 'officer-key' }, w.key), input, el('p', { id: 'officer-help', class: 'help' }, w.keyHelp), fault, send);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const key = input.value.trim();
    const wrong = (text: string) => {
      fault.textContent = text;
      input.setAttribute('aria-invalid', 'true');
      input.focus();
    };
    if (!isKey(key)) return wrong(w.notAKey);
    send.disabled = true;
    opens(key, page).then((known) => (known ? signIn(key) : wrong(w.refusedKey)), (error: unknown) => wrong(explain(error, words[language]))).finally(() => {
      send.disabled = false;
    });
  });
  return form;
}

/** Whether the service knows the key; a key that may not review is known all the same. */
async function opens(key: string, { store }: Page): Promise<boolean> {
  try {
    await get('changesets?f=json', store.state.language, { accept: 'application/json', headers: credentials(key) });
    return true;
  } catch (error) {
    if (error instanceof ApiError && error.status === 403) return true;
    if (error instanceof ApiError && error.status === 401) return false;
    throw error;
  }
}
