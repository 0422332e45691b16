/** The tool for citizens: report something at a place, see what became of it, and what others reported here. */

import './tell.css';
import { ApiError, isAbort } from '../api';
import { button, el, fill } from '../dom';
import { formatInstant } from '../format';
import type { Page } from '../page';
import type { Place } from '../shape';
import type { Opened } from '../tools';
import type { Language } from '../words';
import { fetchReport, fetchReports, fetchServices, MOST, type Report, type Service } from './api';
import { Form } from './form';
import { readNumber } from './number';
import { colorOf, Shown } from './shown';
import { tellWords, type TellWords } from './words';

const ID = 'tell.id';
const LISTED = 12;
const PAUSE = 250;
const NEAR = 17;

export function open(page: Page): Opened {
  const tool = new TellTool(page);
  return { element: tool.element, close: () => tool.close() };
}

class TellTool {
  readonly element = el('div', { class: 'tell' });
  readonly #page: Page;
  readonly #language: Language;
  readonly #w: TellWords;
  readonly #shown: Shown;
  readonly #main = el('div', {});
  readonly #around = el('section', { class: 'tell-around' });
  readonly #release: () => void;
  readonly #moved = () => this.#look();
  readonly #over = new AbortController();
  #services: readonly Service[] = [];
  #reports: readonly Report[] = [];
  #form: Form | null = null;
  #asking = new AbortController();
  #timer = 0;

  constructor(page: Page) {
    this.#page = page;
    this.#language = page.store.state.language;
    this.#w = tellWords[this.#language];
    this.#shown = new Shown(page.map);
    this.#release = page.takeClicks((place) => this.#clicked(place));
    page.map.on('moveend', this.#moved);
    fill(this.element, [this.#main, this.#lookup(), this.#around]);
    fill(this.#main, [el('p', { role: 'status' }, this.#w.loading)]);
    void this.#start();
  }

  close(): void {
    this.#over.abort();
    this.#asking.abort();
    clearTimeout(this.#timer);
    this.#page.map.off('moveend', this.#moved);
    this.#release();
    this.#shown.close();
    // What was looked at is no part of the next thing that is opened; a change of language opens the same again.
    if (this.#page.store.state.tool !== 'report') this.#page.store.setOptions({ [ID]: null });
  }

  async #start(): Promise<void> {
    try {
      this.#services = await fetchServices(this.#language, this.#over.signal);
    } catch (error) {
      if (!isAbort(error)) this.#page.report(error, () => void this.#start());
      return;
    }
    const number = readNumber(this.#page.store.state.options[ID] ?? '');
    if (number) await this.#track(number, true);
    else this.#write();
    this.#look(0);
  }

  #clicked(place: Place): void {
    const number = this.#shown.at(place);
    if (number) void this.#track(number, false);
    else if (this.#form) this.#form.place(place);
  }

  #write(focus = false): void {
    this.#page.store.setOptions({ [ID]: null });
    this.#shown.mark(null);
    this.#form = new Form({
      language: this.#language,
      services: this.#services,
      centre: () => this.#centre(),
      placed: (place, moved) => {
        this.#shown.mark(place);
        if (moved) this.#go(place);
      },
      sent: (number) => this.#thank(number),
    });
    fill(this.#main, [this.#form.element]);
    this.#draw();
    if (focus) document.getElementById('tell-category')?.focus();
  }

  #thank(number: string): void {
    const w = this.#w;
    this.#form = null;
    this.#page.store.setOptions({ [ID]: number });
    const link = location.href;
    const said = el('span', { role: 'status' });
    const copy = button(w.copy, { class: 'plain' }, () => {
      void navigator.clipboard?.writeText(link).then(() => { said.textContent = w.copied; });
    });
    const title = el('h3', { tabindex: -1 }, w.sent);
    fill(this.#main, [el(
      'div', { class: 'tell-sent' }, title, el('p', {}, w.number), el('p', { class: 'tell-number' }, number), el('p', { class: 'quiet' }, w.keep),
      el('p', {}, el('a', { href: link }, w.link)),
      el('div', { class: 'tell-buttons' }, 'clipboard' in navigator && copy,
        button(w.see, { class: 'plain' }, () => void this.#track(number, false)), button(w.another, { class: 'plain' }, () => this.#write(true))),
      said,
    )]);
    title.focus();
    this.#shown.mark(null);
    this.#look(0);
  }

  /** `go`: the map goes there too. */
  async #track(number: string, go: boolean): Promise<void> {
    const w = this.#w;
    let one: Report;
    try {
      one = await fetchReport(number, this.#language, this.#over.signal);
    } catch (error) {
      if (isAbort(error)) return;
      if (!(error instanceof ApiError) || error.status !== 404) return this.#page.report(error, () => void this.#track(number, go));
      fill(this.#main, [el('p', { class: 'tell-fault', role: 'alert' }, w.notFound), this.#back()]);
      this.#form = null;
      return;
    }
    this.#form = null;
    this.#page.store.setOptions({ [ID]: number });
    this.#shown.mark(null);
    const title = el('h3', { tabindex: -1 }, one.service_name);
    const rows: [string, string][] = [
      [w.number, number], [w.agency, one.agency_responsible], [w.received, formatInstant(one.requested_datetime)], [w.updated, formatInstant(one.updated_datetime)],
    ];
    fill(this.#main, [el(
      'article', { class: 'tell-one' }, title,
      el('p', { class: `tell-state ${one.status}` }, el('span', { class: 'hidden-text' }, `${w.state}: `), one.extended_attributes.state_name),
      el('dl', {}, ...rows.flatMap(([name, value]) => [el('dt', {}, name), el('dd', {}, value)])),
      el('h4', {}, w.answer), el('p', { class: one.status_notes ? 'tell-answer' : 'quiet' }, one.status_notes ?? w.noAnswer),
      one.media_url && el('img', { src: one.media_url, alt: w.shown, class: 'tell-picture' }),
      el('div', { class: 'tell-buttons' }, button(w.show, { class: 'plain' }, () => this.#go({ lon: one.long, lat: one.lat })), this.#back()),
    )]);
    title.focus();
    if (go) this.#go({ lon: one.long, lat: one.lat });
    this.#draw();
  }

  #go({ lon, lat }: Place): void {
    const { map } = this.#page;
    const { clientWidth, clientHeight } = map.getContainer();
    const [x, y] = this.#middle();
    map.easeTo({ center: [lon, lat], zoom: Math.max(NEAR, map.getZoom()), offset: [x - clientWidth / 2, y - clientHeight / 2], duration: 0 });
  }

  #back(): HTMLElement {
    return button(this.#w.back, { class: 'plain' }, () => this.#write(true));
  }

  #lookup(): HTMLElement {
    const w = this.#w;
    const fault = el('p', { class: 'tell-fault', role: 'alert' });
    const input = el('input', { type: 'text', id: 'tell-lookup', autocomplete: 'off', spellcheck: 'false', maxlength: 20, placeholder: w.trackHint });
    const form = el('form', { class: 'tell-lookup' }, el('label', { for: 'tell-lookup' }, w.track), input, el('button', { type: 'submit', class: 'plain' }, w.find), fault);
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const number = readNumber(input.value);
      fault.textContent = number ? '' : w.noNumber;
      if (number) void this.#track(number, true);
    });
    return form;
  }

  /** Asks for the reports of what is seen, once the map has come to rest. */
  #look(pause = PAUSE): void {
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => void this.#fetch(), pause);
  }

  async #fetch(): Promise<void> {
    this.#asking.abort();
    const { signal } = this.#asking = new AbortController();
    const bounds = this.#page.map.getBounds();
    try {
      this.#reports = await fetchReports([bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()], this.#language, signal);
    } catch (error) {
      if (!isAbort(error)) this.#page.report(error, () => this.#look(0));
      return;
    }
    this.#draw();
  }

  #draw(): void {
    const w = this.#w;
    const codes = this.#services.map(({ service_code }) => service_code);
    this.#shown.show(this.#reports, codes, this.#page.store.state.options[ID] ?? null);
    if (this.#reports.length === 0) return fill(this.#around, [el('p', { class: 'quiet' }, w.none)]);
    const focused = this.#around.contains(document.activeElement) ? document.activeElement?.id : null;
    const items = this.#reports.slice(0, LISTED).map((one) => {
      const dot = el('span', { class: `tell-dot ${one.status}`, 'aria-hidden': 'true' });
      dot.style.setProperty('--dot', colorOf(codes, one.service_code));
      const told = el('span', {}, el('b', {}, one.service_name), el('small', {}, `${one.extended_attributes.state_name}, ${formatInstant(one.requested_datetime).slice(0, 10)}`));
      return el('li', {}, button('', { class: 'tell-item', id: `tell-${one.service_request_id}`, 'aria-label': null, title: null }, () => void this.#track(one.service_request_id, false), dot, told));
    });
    const key = ['open', 'closed'] as const;
    fill(this.#around, [
      el('h3', {}, w.nearby(this.#reports.length, this.#reports.length === MOST)),
      el('p', { class: 'tell-key' }, ...key.flatMap((state) => [el('span', { class: `tell-dot ${state}`, 'aria-hidden': 'true' }), w[state]])),
      el('ul', {}, ...items),
    ]);
    if (focused) document.getElementById(focused)?.focus();
  }

  #centre(): Place {
    const { lng, lat } = this.#page.map.unproject(this.#middle());
    return { lon: lng, lat };
  }

  /** The middle of what the panel and the sheet leave of the map, in its pixels. */
  #middle(): [number, number] {
    const frame = this.#page.map.getContainer().getBoundingClientRect();
    let { left, right, top, bottom } = frame;
    const sheet = document.getElementById('sheet')?.getBoundingClientRect();
    const side = document.querySelector('.side')?.getBoundingClientRect();
    const beside = sheet !== undefined && sheet.width < frame.width * 0.7;
    if (sheet && beside) right = sheet.left;
    else if (sheet) bottom = sheet.top;
    if (side && beside) left = side.right;
    else if (side) top = Math.min(side.bottom, bottom);
    return [(left + right) / 2 - frame.left, (top + bottom) / 2 - frame.top];
  }
}
