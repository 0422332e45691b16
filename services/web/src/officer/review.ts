/** One changeset that waits: each record before and after, what was withheld, and the decision. */

import type { Feature, Geometry } from 'geojson';
import { ApiError, explain, isAbort, type Schema } from '../api';
import { Overlay } from '../ask/overlay';
import { button, el, fill, type Child } from '../dom';
import { formatValue } from '../fields';
import { formatNumber } from '../format';
import type { Page } from '../page';
import { boundsOf } from '../shape';
import { featureTitle } from '../titles';
import { words } from '../words';
import { decide, fetchPage, linkOf, type Change, type Finding, type Waiting } from './api';
import { officerWords } from './words';

const BEFORE = '#52646a';
const AFTER = '#b0005a';
const FOUND = '#c25100';

export class Review {
  readonly element = el('div', { class: 'review' });
  readonly #page: Page;
  readonly #waiting: Waiting;
  /** Leaves the review; with what was done, or null */
  readonly #leave: (said: string | null) => void;
  readonly #closing = new AbortController();
  readonly #overlay: Overlay;
  readonly #changes = el('ul', { class: 'officer-list' });
  readonly #findings = el('ul', { class: 'officer-list' });
  readonly #fault = el('p', { class: 'officer-fault', role: 'alert' });
  #drawn: Feature[] = [];

  constructor(page: Page, waiting: Waiting, leave: (said: string | null) => void) {
    this.#page = page;
    this.#waiting = waiting;
    this.#leave = leave;
    this.#overlay = new Overlay(page.map, 'review', [
      line('review-before', 'before', BEFORE, [2, 2]),
      line('review-after', 'after', AFTER),
      line('review-found', 'found', FOUND),
      { id: 'review-at', type: 'line', filter: ['==', ['get', 'part'], 'at'], paint: { 'line-color': AFTER, 'line-width': 6, 'line-opacity': 0.6 } },
      { id: 'review-points', type: 'circle', filter: ['==', ['geometry-type'], 'Point'], paint: { 'circle-radius': 6, 'circle-color': FOUND, 'circle-stroke-color': '#fff', 'circle-stroke-width': 2 } },
    ]);
    void this.#show();
  }

  close(): void {
    this.#closing.abort();
    this.#overlay.close();
  }

  async #show(): Promise<void> {
    const w = officerWords[this.#page.store.state.language];
    const { name, layerTitle, title } = this.#waiting;
    fill(this.element, [
      button(w.back, { class: 'text' }, () => this.#leave(null)),
      el('h3', {}, `${name} · ${layerTitle}`), el('p', {}, title), el('p', { class: 'help' }, w.legend),
      this.#buttons(), this.#fault, this.#changes, el('h4', {}, w.findings), this.#findings,
    ]);
    await Promise.all([
      this.#load(this.#changes, linkOf(this.#waiting, 'records'), (change: Change, schema) => this.#change(change, schema), null),
      this.#load(this.#findings, linkOf(this.#waiting, 'findings'), (finding: Finding) => this.#finding(finding), w.noFindings),
    ]);
    const first = this.#drawn[0];
    if (first) this.#goTo(first.geometry);
  }

  /** Adds a page of rows, and a button for the next one. */
  async #load<T>(list: HTMLElement, address: string | null, row: (each: T, schema: Schema) => HTMLElement, none: string | null): Promise<void> {
    const { language } = this.#page.store.state;
    if (!address) return;
    try {
      const [schema, { features, next }] = await Promise.all([
        this.#page.catalog.schema(this.#waiting.layer, language), fetchPage<T>(address, language, this.#closing.signal),
      ]);
      list.append(...features.map((each) => row(each, schema)));
      if (features.length === 0 && list.children.length === 0 && none) list.append(el('li', { class: 'remark' }, none));
      this.#overlay.show(this.#drawn);
      if (next) {
        const more = el('li', {}, button(officerWords[language].more, { class: 'plain' }, () => {
          more.remove();
          void this.#load(list, next, row, none);
        }));
        list.append(more);
      }
    } catch (error) {
      if (!isAbort(error)) this.#fail(error);
    }
  }

  #change({ geometry, geometryBefore, properties }: Change, schema: Schema): HTMLElement {
    const { language } = this.#page.store.state;
    const w = officerWords[language];
    const { operation, before, after, changed, moved } = properties;
    if (operation !== 'insert') this.#draw('before', geometryBefore);
    if (operation !== 'close') this.#draw('after', geometry);
    const title = featureTitle(this.#waiting.layer, after ?? before ?? {}, schema, this.#waiting.layerTitle, language);
    const value = (values: typeof before, name: string) => {
      const property = schema.properties[name];
      return (property && formatValue(values?.[name], property, language)) ?? words[language].noData;
    };
    const rows = changed.map((name) => el('tr', {}, el('th', { scope: 'row' }, schema.properties[name]?.title ?? name), el('td', {}, value(before, name)), el('td', {}, value(after, name))));
    const shape = moved && el('tr', {}, el('th', { scope: 'row' }, w.shape), el('td', { colspan: 2 }, w.moved));
    const heads = [w.field, w.before, w.after].map((text) => el('th', { scope: 'col' }, text));
    return this.#row(`${w.operation[operation] ?? operation}: ${title}`, geometry ?? geometryBefore, `review-${operation}`, [
      (rows.length > 0 || moved) && el('table', {}, el('thead', {}, el('tr', {}, ...heads)), el('tbody', {}, ...rows, shape)),
    ]);
  }

  #finding({ geometry, properties: { source_row: row, severity, message } }: Finding): HTMLElement {
    const { language } = this.#page.store.state;
    const w = officerWords[language];
    this.#draw('found', geometry);
    const about = [row !== null && w.row(formatNumber(row, language)), !geometry && w.noPlace].filter(Boolean).join(', ');
    return this.#row(`${w[severity]}: ${message}`, geometry, `review-${severity}`, [about && el('small', {}, about)]);
  }

  /** A row that shows on the map where it is. */
  #row(title: string, geometry: Geometry | null, kind: string, more: readonly Child[]): HTMLElement {
    const head = geometry ? button(title, { class: 'text' }, () => this.#goTo(geometry)) : el('span', {}, title);
    const row = el('li', { class: kind }, head, ...more);
    const mark = (on: boolean) => this.#overlay.show(on && geometry ? [...this.#drawn, { type: 'Feature', properties: { part: 'at' }, geometry }] : this.#drawn);
    for (const event of ['pointerenter', 'focusin']) row.addEventListener(event, () => mark(true));
    for (const event of ['pointerleave', 'focusout']) row.addEventListener(event, () => mark(false));
    return row;
  }

  #draw(part: string, geometry: Geometry | null): void {
    if (geometry) this.#drawn.push({ type: 'Feature', properties: { part }, geometry });
  }

  #goTo(geometry: Geometry): void {
    this.#page.map.fitBounds([...boundsOf(geometry)], { padding: this.#clear(), maxZoom: 19, animate: false });
  }

  /** Pixels that the sheet and the panel cover, with a margin. */
  #clear(): { top: number; right: number; bottom: number; left: number } {
    const sheet = this.element.closest('.sheet')?.getBoundingClientRect();
    const { clientWidth, clientHeight } = this.#page.map.getContainer();
    if (!sheet) return { top: 60, right: 60, bottom: 60, left: 60 };
    const below = sheet.width > clientWidth * 0.6;
    return below ? { top: clientHeight * 0.18, right: 30, bottom: sheet.height + 20, left: 30 } : { top: 60, right: sheet.width + 60, bottom: 60, left: clientWidth * 0.28 };
  }

  #buttons(): HTMLElement {
    const w = officerWords[this.#page.store.state.language];
    const host = el('div', { class: 'officer-buttons' });
    const plain = () => fill(host, [
      linkOf(this.#waiting, 'publish') && button(w.publish, { class: 'officer-send' }, () => ask('publish')),
      linkOf(this.#waiting, 'refuse') && button(w.refuse, { class: 'plain' }, () => ask('refuse')),
    ]);
    const ask = (rel: 'publish' | 'refuse') => {
      const [sure, yes] = rel === 'publish' ? [w.sure, w.yesPublish] : [w.sureRefuse, w.yesRefuse];
      fill(host, [
        el('p', { role: 'alert' }, sure(this.#waiting.name)),
        button(yes, { class: 'officer-send' }, () => void this.#decide(rel, host, plain)),
        button(w.no, { class: 'plain' }, plain),
      ]);
      host.querySelector<HTMLElement>('.plain')?.focus();
    };
    plain();
    return host;
  }

  async #decide(rel: 'publish' | 'refuse', host: HTMLElement, plain: () => void): Promise<void> {
    const { language } = this.#page.store.state;
    const w = officerWords[language];
    const { name } = this.#waiting;
    for (const each of host.querySelectorAll('button')) each.disabled = true;
    try {
      const number = await decide(this.#waiting, rel, language);
      const published = number === null ? w.nothing(name) : w.published(name, String(number));
      this.#leave(rel === 'refuse' ? w.refused(name) : published);
    } catch (error) {
      plain();
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    const { language } = this.#page.store.state;
    this.#fault.textContent = error instanceof ApiError && error.problem.detail ? error.problem.detail : explain(error, words[language]);
  }
}

function line(id: string, part: string, color: string, dashes?: [number, number]) {
  return {
    id, type: 'line' as const, filter: ['==', ['get', 'part'], part] as ['==', ['get', string], string],
    paint: { 'line-color': color, 'line-width': 3, ...(dashes ? { 'line-dasharray': dashes } : {}) },
  };
}
