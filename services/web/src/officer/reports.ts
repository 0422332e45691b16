/** The queue of citizens' reports: those of the officer's agency by state, the longest waiting first, with their places on the map. */

import type { Feature } from 'geojson';
import type { ExpressionSpecification } from 'maplibre-gl';
import { isAbort } from '../api';
import { Overlay, showBeside } from '../ask/overlay';
import { button, el, fill } from '../dom';
import type { Page } from '../page';
import { boxAround, type Place } from '../shape';
import { words } from '../words';
import { fetchQueue, queuePath, type ReportState, type Told } from './api';
import { faultOf } from './fault';
import { OneReport, waited } from './report';
import { officerWords, type OfficerWords } from './words';

/** In the URL: which states are listed, and the report that is open */
const WHICH = 'officer.state';
const FILTERS: Readonly<Record<string, readonly ReportState[]>> = {
  open: ['received', 'in_progress'], received: ['received'], in_progress: ['in_progress'], answered: ['answered'], declined: ['declined'],
};
/** Metres around a report that are shown */
const NEAR = 60;
const REACH = 14;
const OPEN = '#b0005a';
const CLOSED = '#52646a';
const IS_OPEN: ExpressionSpecification = ['get', 'open'];

export class Reports {
  readonly element = el('div', { class: 'reports' });
  readonly #page: Page;
  /** Of the list that is shown: another one, an opened report and closing end what is loaded for it */
  #loading = new AbortController();
  readonly #overlay: Overlay;
  readonly #list = el('ul', { class: 'officer-list' });
  #drawn: readonly Told[] = [];
  #one: OneReport | null = null;
  #release: (() => void) | null = null;

  constructor(page: Page) {
    this.#page = page;
    this.#overlay = new Overlay(page.map, 'queue', [
      { id: 'queue-at', type: 'circle', filter: ['get', 'at'], paint: { 'circle-radius': 16, 'circle-opacity': 0, 'circle-stroke-color': OPEN, 'circle-stroke-width': 3 } },
      {
        id: 'queue-report', type: 'circle',
        paint: {
          'circle-radius': 8, 'circle-color': ['case', IS_OPEN, OPEN, '#ffffff'], 'circle-stroke-width': ['case', IS_OPEN, 2, 3],
          'circle-stroke-color': ['case', IS_OPEN, '#ffffff', CLOSED],
        },
      },
    ]);
    this.#queue(null);
  }

  close(): void {
    this.#loading.abort();
    this.#one?.close();
    this.#release?.();
    this.#overlay.close();
  }

  /** The list; `said`: what has just been done */
  #queue(said: string | null): void {
    const { language } = this.#page.store.state;
    const w = officerWords[language];
    this.#one?.close();
    this.#one = null;
    this.#loading.abort();
    this.#loading = new AbortController();
    this.#drawn = [];
    this.#list.replaceChildren(el('li', { role: 'status' }, words[language].loading));
    fill(this.element, [said && el('p', { class: 'officer-said', role: 'status' }, said), el('h3', {}, w.part.reports), this.#filter(w), this.#list]);
    this.#release ??= this.#page.takeClicks((place) => this.#pick(place));
    void this.#load(queuePath(FILTERS[this.#which()] ?? []), true);
  }

  #which(): string {
    const asked = this.#page.store.state.options[WHICH];
    return asked && Object.hasOwn(FILTERS, asked) ? asked : 'open';
  }

  #filter(w: OfficerWords): HTMLElement {
    const now = this.#which();
    const select = el('select', { id: 'officer-state' }, ...Object.keys(FILTERS).map((name) => el('option', { value: name, selected: name === now }, w.queue[name] ?? name)));
    select.addEventListener('change', () => {
      this.#page.store.setOptions({ [WHICH]: select.value === 'open' ? null : select.value });
      this.#queue(null);
      document.getElementById('officer-state')?.focus();
    });
    return el('p', { class: 'officer-filter' }, el('label', { for: 'officer-state' }, w.state), select);
  }

  /** Adds a page of the queue, and a button for the next one. */
  async #load(path: string, first: boolean): Promise<void> {
    const { language } = this.#page.store.state;
    const w = officerWords[language];
    const { signal } = this.#loading;
    try {
      const { reports, next } = await fetchQueue(path, language, signal);
      if (signal.aborted) return; // another list is wanted by now
      if (first) this.#list.replaceChildren();
      this.#drawn = [...this.#drawn, ...reports];
      this.#list.append(...reports.map((one) => this.#row(one, w)));
      if (this.#drawn.length === 0) this.#list.append(el('li', { class: 'remark' }, w.noReports));
      this.#mark(null);
      if (next) this.#more(next, w);
    } catch (error) {
      if (isAbort(error) || signal.aborted) return;
      const fault = faultOf(error, this.#page);
      if (first) this.#list.replaceChildren(el('li', {}, fault));
      else this.#more(path, w, fault);
    }
  }

  /** Beneath the list; `fault`: why the last attempt failed */
  #more(next: string, w: OfficerWords, fault: HTMLElement | null = null): void {
    const more = el('li', {}, fault, button(w.more, { class: 'plain' }, () => {
      more.remove();
      void this.#load(next, false);
    }));
    this.#list.append(more);
  }

  #row(one: Told, w: OfficerWords): HTMLElement {
    const row = el('li', { class: `queue-${one.state}` },
      button(`${one.number} · ${one.categoryTitle}`, { class: 'text' }, () => this.#look(one)),
      el('span', {}, [one.stateName, waited(one, this.#page), one.photo && w.hasPhoto].filter(Boolean).join(' · ')),
      one.description && el('span', { class: 'queue-text' }, one.description),
      one.description === undefined && el('small', {}, one.agencyTitle));
    for (const event of ['pointerenter', 'focusin']) row.addEventListener(event, () => this.#mark(one.number));
    for (const event of ['pointerleave', 'focusout']) row.addEventListener(event, () => this.#mark(null));
    return row;
  }

  #mark(at: string | null): void {
    this.#overlay.show(this.#drawn.map((one): Feature => ({
      type: 'Feature',
      properties: { number: one.number, open: one.state === 'received' || one.state === 'in_progress', at: one.number === at },
      geometry: { type: 'Point', coordinates: [one.place.lon, one.place.lat] },
    })));
  }

  #pick({ lon, lat }: Place): void {
    const { map } = this.#page;
    const { x, y } = map.project([lon, lat]);
    const [found] = map.queryRenderedFeatures([[x - REACH, y - REACH], [x + REACH, y + REACH]], { layers: ['queue-report'] });
    const one = this.#drawn.find(({ number }) => number === found?.properties.number);
    if (one) this.#look(one);
  }

  #look(one: Told): void {
    this.#loading.abort();
    this.#release?.(); // the land under it can be asked about
    this.#release = null;
    this.#one = new OneReport(this.#page, one.number, (said) => this.#queue(said), (now) => {
      this.#drawn = this.#drawn.map((each) => (each.number === now.number ? now : each));
      this.#mark(now.number);
    });
    fill(this.element, [this.#one.element]);
    this.#mark(one.number);
    showBeside(this.#page.map, boxAround(one.place, NEAR));
    this.element.closest('.sheet-body')?.scrollTo({ top: 0 });
    this.#one.element.querySelector('button')?.focus();
  }
}
