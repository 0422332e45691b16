/** One report of a citizen: what was told, what happened to it, and what its agency does next. */

import { ApiError, explain, isAbort } from '../api';
import { button, el, fill, type Child } from '../dom';
import { formatInstant, formatNumber, formatPosition } from '../format';
import type { Page } from '../page';
import { words } from '../words';
import { addEvent, fetchPhoto, fetchReport, type ReportEvent, type Seen, type Told, type Whole } from './api';
import { faultOf } from './fault';
import { officerWords, type OfficerWords } from './words';

/** What is asked before something is done. */
type Asked = 'answer' | 'reason' | 'forward';

interface Step {
  readonly label: string;
  readonly asks: readonly Asked[];
  /** What may be left out */
  readonly optional?: readonly Asked[];
  readonly event: Readonly<Record<string, string>>;
}

const LONGEST = 2_000;
const DAY = 86_400_000;

export class OneReport {
  readonly element = el('div', { class: 'one-report' });
  readonly #page: Page;
  readonly #w: OfficerWords;
  /** Leaves it; with what was done, or null */
  readonly #leave: (said: string | null) => void;
  readonly #changed: (now: Told) => void;
  readonly #closing = new AbortController();
  readonly #fault = el('p', { class: 'officer-fault', role: 'alert' });
  readonly #steps = el('div', { class: 'officer-buttons' });
  #photo: string | null = null;

  constructor(page: Page, number: string, leave: (said: string | null) => void, changed: (now: Told) => void) {
    this.#page = page;
    this.#w = officerWords[page.store.state.language];
    this.#leave = leave;
    this.#changed = changed;
    fill(this.element, [this.#back(), el('p', { role: 'status' }, words[page.store.state.language].loading)]);
    void this.#fetch(number);
  }

  close(): void {
    this.#closing.abort();
    this.#forgetPhoto();
  }

  #back(): HTMLElement {
    return button(this.#w.backToQueue, { class: 'text' }, () => this.#leave(null));
  }

  async #fetch(number: string): Promise<void> {
    try {
      this.#show(await fetchReport(number, this.#page.store.state.language, this.#closing.signal), null);
    } catch (error) {
      if (!isAbort(error)) fill(this.element, [this.#back(), faultOf(error, this.#page)]);
    }
  }

  #show(seen: Seen, said: string | null): void {
    const { report } = seen;
    const { language } = this.#page.store.state;
    const w = this.#w;
    const photo = el('div', { class: 'one-photo' });
    fill(this.element, [
      this.#back(),
      el('h3', {}, `${report.number} · ${report.categoryTitle}`),
      said && el('p', { class: 'officer-said', role: 'status' }, said),
      el('p', {}, el('strong', {}, report.stateName), ` · ${formatInstant(report.requested)} · ${waited(report, this.#page)}`),
      report.description && el('p', { class: 'queue-text' }, report.description),
      photo,
      el('dl', { class: 'one-facts' }, ...facts(report, w, formatPosition(report.place.lon, report.place.lat, language))),
      report.answer && el('p', { class: 'one-answer' }, el('strong', {}, w.publicAnswer), ' ', report.answer),
      this.#steps, this.#fault,
      el('h4', {}, w.happened), el('ol', { class: 'one-events' }, ...report.events.map((event) => eventRow(event, w))),
    ]);
    this.#fault.textContent = '';
    this.#choices(seen);
    this.#forgetPhoto();
    if (report.photo) void this.#showPhoto(report, photo);
    this.#changed(report);
  }

  async #showPhoto({ number, photo, description }: Whole, host: HTMLElement): Promise<void> {
    if (photo === 'withheld' && description === undefined) return; // of another agency
    try {
      const blob = await fetchPhoto(number, this.#page.store.state.language, this.#closing.signal);
      this.#photo = URL.createObjectURL(blob);
      fill(host, [el('img', { src: this.#photo, alt: this.#w.photoOf(number) }), el('small', {}, photo === 'released' ? this.#w.photoOpen : this.#w.photoClosed)]);
    } catch (error) {
      if (!isAbort(error)) fill(host, [faultOf(error, this.#page)]);
    }
  }

  #forgetPhoto(): void {
    if (this.#photo) URL.revokeObjectURL(this.#photo);
    this.#photo = null;
  }

  #choices(seen: Seen): void {
    const { report } = seen;
    fill(this.#steps, report.description === undefined
      ? [el('p', { class: 'remark' }, this.#w.notYourReport)]
      : steps(report, this.#w).map((step, index) => button(step.label, { class: index === 0 ? 'officer-send' : 'plain' }, () => {
        if (step.asks.length === 0) void this.#do(seen, step, {});
        else this.#ask(seen, step);
      })));
  }

  #ask(seen: Seen, step: Step): void {
    const w = this.#w;
    const fields = step.asks.map((name) => ({ name, control: control(name, seen.report, w) }));
    const rows = fields.flatMap(({ name, control: input }) => [
      el('label', { for: input.id }, step.optional?.includes(name) ? w.optional(w.asked[name]) : w.asked[name]), input,
    ]);
    const form = el('form', { class: 'one-form' }, el('h4', {}, step.label), ...rows,
      el('div', { class: 'officer-buttons' }, el('button', { type: 'submit', class: 'officer-send' }, step.label), button(w.no, { class: 'plain' }, () => this.#choices(seen))));
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const missing = fields.find(({ name, control: input }) => !input.value.trim() && !step.optional?.includes(name));
      for (const { control: input } of fields) input.toggleAttribute('aria-invalid', false);
      if (missing) {
        this.#fault.textContent = w.needed(w.asked[missing.name]);
        missing.control.setAttribute('aria-invalid', 'true');
        missing.control.focus();
        return;
      }
      const given = fields.map(({ name, control: input }) => [name, input.value.trim()] as const).filter(([, value]) => value);
      void this.#do(seen, step, Object.fromEntries(given), form);
    });
    this.#fault.textContent = '';
    fill(this.#steps, [form]);
    fields[0]?.control.focus();
  }

  async #do(seen: Seen, step: Step, given: Readonly<Record<string, string>>, form?: HTMLFormElement): Promise<void> {
    const { language } = this.#page.store.state;
    const held = [...this.#steps.querySelectorAll('button')];
    for (const each of held) each.disabled = true;
    try {
      const after = await addEvent(seen, { ...step.event, ...given }, language);
      if (after.report.description === undefined) return this.#leave(this.#w.forwarded(seen.report.number, after.report.agencyTitle));
      this.#show(after, this.#w.done(step.label));
    } catch (error) {
      console.error(error);
      for (const each of held) each.disabled = false;
      const stale = error instanceof ApiError && error.status === 412;
      if (stale && !form) await this.#fetch(seen.report.number); // with a form open, what was typed stays to be read
      this.#fault.textContent = error instanceof ApiError && error.problem.detail ? error.problem.detail : explain(error, words[language]);
    }
  }
}

/** What may be done, the usual first. */
function steps({ state, following, photo, others }: Whole, w: OfficerWords): Step[] {
  const closed = state === 'answered' || state === 'declined';
  const by: Record<'in_progress' | 'answered' | 'declined', Omit<Step, 'event'>> = {
    in_progress: closed ? { label: w.reopen, asks: ['reason'] } : { label: w.acknowledge, asks: [] },
    answered: { label: w.resolve, asks: ['answer'] },
    declined: { label: w.reject, asks: ['answer', 'reason'] },
  };
  const found: Step[] = following.flatMap((next) => (next === 'received' ? [] : [{ ...by[next], event: { state: next } }]));
  if (!closed && others && others.length > 0) found.push({ label: w.forward, asks: ['forward', 'reason'], event: {} });
  if (photo === 'withheld') found.push({ label: w.releasePhoto, asks: [], event: { photo: 'released' } });
  if (photo === 'released') found.push({ label: w.withholdPhoto, asks: ['reason'], optional: ['reason'], event: { photo: 'withheld' } });
  return found;
}

function control(name: Asked, { others }: Whole, w: OfficerWords): HTMLTextAreaElement | HTMLSelectElement {
  if (name !== 'forward') return el('textarea', { id: `one-${name}`, rows: name === 'answer' ? 4 : 2, maxlength: LONGEST });
  return el('select', { id: 'one-forward' }, el('option', { value: '' }, w.choose), ...(others ?? []).map(({ id, title }) => el('option', { value: id }, title)));
}

/** `contact`, where it is told at all: null where nobody said, or it was erased. */
function facts({ address, contact, description, agencyTitle }: Whole, w: OfficerWords, position: string): HTMLElement[] {
  const row = (title: string, ...value: Child[]) => el('div', {}, el('dt', {}, title), el('dd', {}, ...value));
  const reached = contact && [contact.name, contact.phone, contact.email].filter(Boolean).join(' · ');
  return [
    row(w.place, [address, position].filter(Boolean).join(' · ')),
    ...(description === undefined ? [row(w.agency, agencyTitle)] : [row(w.contact, reached || w.noContact)]),
  ];
}

function eventRow({ at, kind, actor, reason, answer, state }: ReportEvent, w: OfficerWords): HTMLElement {
  const what = kind === 'state' ? w.queue[state] : w.event[kind];
  return el('li', {},
    el('span', {}, `${formatInstant(at)} · ${what ?? kind}`),
    answer && el('span', { class: 'queue-text' }, `${w.asked.answer}: ${answer}`),
    reason && kind !== 'photo' && kind !== 'erased' && el('span', { class: 'queue-text' }, `${w.asked.reason}: ${reason}`),
    actor !== 'public' && el('small', {}, actor));
}

/** For how long it has waited, or when it was closed. */
export function waited({ requested, state }: Told, page: Page): string {
  const { language } = page.store.state;
  const days = Math.max(0, Math.floor((Date.now() - Date.parse(requested)) / DAY));
  const w = officerWords[language];
  if (state === 'answered' || state === 'declined') return w.sentAgo(formatNumber(days, language), days);
  return w.waits(formatNumber(days, language), days);
}
