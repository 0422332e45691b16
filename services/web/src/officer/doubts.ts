/** What is not right with published data: records that were withheld or published with a warning, with their places on the map. */

import type { Feature, Geometry } from 'geojson';
import { isAbort } from '../api';
import { Overlay, showBeside, type OverlayLayer } from '../ask/overlay';
import { button, el, fill } from '../dom';
import { formatNumber } from '../format';
import type { Page } from '../page';
import { boundsOf, boxAround, placeOn, type Place } from '../shape';
import { words } from '../words';
import { doubtsPath, fetchDoubts, type Doubt, type Doubts as Found, type Severity } from './api';
import { faultOf } from './fault';
import { officerWords, type OfficerWords } from './words';

/** In the URL: which are listed */
const WHICH = 'officer.severity';
const SEVERITIES: readonly Severity[] = ['error', 'warning'];
/** Metres around a point, and a margin around shapes */
const NEAR = 60;
const REACH = 8;
const COLOR: Readonly<Record<Severity, string>> = { error: '#b3261e', warning: '#c25100' };

export class Doubts {
  readonly element = el('div', { class: 'doubts' });
  readonly #page: Page;
  /** Of the list that is shown: another one, and closing, end what is loaded for it */
  #loading = new AbortController();
  readonly #overlay: Overlay;
  readonly #counts = el('p', { class: 'officer-counts' });
  readonly #list = el('ul', { class: 'officer-list' });
  readonly #release: () => void;
  #drawn: Feature[] = [];

  constructor(page: Page) {
    this.#page = page;
    this.#overlay = new Overlay(page.map, 'doubts', LAYERS);
    this.#release = page.takeClicks((place) => this.#pick(place));
    this.#show();
  }

  close(): void {
    this.#loading.abort();
    this.#release();
    this.#overlay.close();
  }

  #show(): void {
    const { language } = this.#page.store.state;
    const w = officerWords[language];
    this.#loading.abort();
    this.#loading = new AbortController();
    this.#drawn = [];
    this.#counts.textContent = '';
    this.#list.replaceChildren(el('li', { role: 'status' }, words[language].loading));
    fill(this.element, [el('h3', {}, w.part.quarantine), el('p', { class: 'help' }, w.doubtsAbout), this.#counts, this.#filter(w), this.#list]);
    void this.#load(doubtsPath(this.#which()), true);
  }

  #which(): Severity | null {
    return SEVERITIES.find((one) => one === this.#page.store.state.options[WHICH]) ?? null;
  }

  #filter(w: OfficerWords): HTMLElement {
    const now = this.#which();
    const options = [el('option', { value: '' }, w.bothDoubts), ...SEVERITIES.map((one) => el('option', { value: one, selected: one === now }, w[one]))];
    const select = el('select', { id: 'officer-severity' }, ...options);
    select.addEventListener('change', () => {
      this.#page.store.setOptions({ [WHICH]: select.value || null });
      this.#show();
      document.getElementById('officer-severity')?.focus();
    });
    return el('p', { class: 'officer-filter' }, el('label', { for: 'officer-severity' }, w.kind), select);
  }

  async #load(path: string, first: boolean): Promise<void> {
    const { language } = this.#page.store.state;
    const w = officerWords[language];
    const { signal } = this.#loading;
    try {
      const found = await fetchDoubts(path, language, signal);
      if (signal.aborted) return; // another list is wanted by now
      if (first) this.#list.replaceChildren();
      this.#counts.textContent = countsOf(found, w, (count) => formatNumber(count, language));
      this.#list.append(...found.features.map((one) => this.#row(one, w)));
      if (this.#list.children.length === 0) this.#list.append(el('li', { class: 'remark' }, w.noDoubts));
      this.#mark(null);
      const place = first && this.#drawn[0]?.geometry;
      if (place) this.#goTo(place);
      if (found.next) this.#more(found.next, w);
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

  #row({ id, geometry, properties }: Doubt, w: OfficerWords): HTMLElement {
    const { language } = this.#page.store.state;
    const { layerTitle, changeset, source, source_row: row, severity, message, responsible, supplier } = properties;
    if (geometry) this.#drawn.push({ type: 'Feature', properties: { number: id, severity }, geometry });
    const title = `${w[severity]}: ${message}`;
    const from = [layerTitle, source, row !== null && w.row(formatNumber(row, language)), changeset !== null && w.changeset(String(changeset)), !geometry && w.noPlace];
    const item = el('li', { class: `review-${severity}`, id: `doubt-${id}`, tabindex: -1 },
      geometry ? button(title, { class: 'text' }, () => this.#goTo(geometry)) : el('span', {}, title),
      el('small', {}, from.filter(Boolean).join(' · ')),
      el('span', {}, `${w.acts} ${w.responsible[responsible](supplier ?? '')}`),
      rawRecord(properties, w, language));
    for (const event of ['pointerenter', 'focusin']) item.addEventListener(event, () => this.#mark(id));
    for (const event of ['pointerleave', 'focusout']) item.addEventListener(event, () => this.#mark(null));
    return item;
  }

  #mark(at: number | null): void {
    this.#overlay.show(this.#drawn.map((one) => ({ ...one, properties: { ...one.properties, at: one.properties?.number === at } })));
  }

  #pick({ lon, lat }: Place): void {
    const { map } = this.#page;
    const { x, y } = map.project([lon, lat]);
    const [found] = map.queryRenderedFeatures([[x - REACH, y - REACH], [x + REACH, y + REACH]], { layers: LAYERS.map((layer) => layer.id) });
    const row = found && document.getElementById(`doubt-${String(found.properties.number)}`);
    row?.scrollIntoView({ block: 'nearest' });
    row?.focus();
  }

  #goTo(geometry: Geometry): void {
    const place = placeOn(geometry);
    const [west, south, east, north] = boundsOf(geometry);
    const around = place && boxAround(place, NEAR);
    if (around) showBeside(this.#page.map, [Math.min(west, around[0]), Math.min(south, around[1]), Math.max(east, around[2]), Math.max(north, around[3])]);
  }
}

function countsOf({ counts }: Found, w: OfficerWords, number: (count: number) => string): string {
  return counts.map(({ layerTitle, severity, count }) => `${layerTitle}: ${number(count)} ${w[severity].toLowerCase()}`).join(' · ');
}

/** The record as it was read: what of it this officer may see. */
function rawRecord({ record, columnsWithheld }: Doubt['properties'], w: OfficerWords, language: 'vi' | 'en'): HTMLElement {
  const rows = record.map(({ title, column, value }) => el('tr', {},
    el('th', { scope: 'row' }, title), el('td', {}, column), el('td', {}, value === null || value === '' ? words[language].noData : String(value))));
  const heads = [w.field, w.column, w.value].map((text) => el('th', { scope: 'col' }, text));
  return el('details', { class: 'doubt-record' }, el('summary', {}, w.raw),
    rows.length > 0 && el('table', {}, el('thead', {}, el('tr', {}, ...heads)), el('tbody', {}, ...rows)),
    columnsWithheld > 0 && el('p', { class: 'help' }, w.columnsWithheld(formatNumber(columnsWithheld, language))));
}

const PAINT = ['match', ['get', 'severity'], 'error', COLOR.error, COLOR.warning] as ['match', ['get', 'severity'], 'error', string, string];
const LAYERS: readonly OverlayLayer[] = [
  { id: 'doubts-fill', type: 'fill', filter: ['==', ['geometry-type'], 'Polygon'], paint: { 'fill-color': PAINT, 'fill-opacity': ['case', ['boolean', ['get', 'at'], false], 0.45, 0.18] } },
  { id: 'doubts-line', type: 'line', paint: { 'line-color': PAINT, 'line-width': ['case', ['boolean', ['get', 'at'], false], 5, 2.5] } },
  {
    id: 'doubts-point', type: 'circle', filter: ['==', ['geometry-type'], 'Point'],
    paint: { 'circle-radius': 7, 'circle-color': PAINT, 'circle-stroke-color': '#ffffff', 'circle-stroke-width': 2 },
  },
];
