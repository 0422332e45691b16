/** The card of one feature, and the list of what else lies at the same point. */

import { ApiError, address, explain, fetchItem, isAbort, itemPath, type Collection, type Item, type Schema } from './api';
import type { Catalog } from './catalog';
import { button, el, fill, icon, type Child } from './dom';
import { fieldRows, isReduced, type Row } from './fields';
import { formatDay, formatInstant } from './format';
import { PRIMARY } from './order';
import type { Hit } from './pick';
import type { Selected, State } from './state';
import type { Store } from './store';
import { featureTitle } from './titles';
import { words, type Words } from './words';

const CLOSE = 'M6 6l12 12M18 6L6 18';

export interface CardOptions {
  readonly catalog: Catalog;
  readonly store: Store;
  /** Called with the item shown, with null when the card closes or cannot show one. */
  readonly onShow: (item: Item | null) => void;
  /** Where the keyboard goes when the card closes */
  readonly returnFocus: () => void;
}

interface Shown {
  readonly selected: Selected;
  readonly item: Item;
  readonly schema: Schema;
  readonly collection: Collection | undefined;
  readonly others: Child;
}

export class Card {
  readonly element = el('section', { class: 'card', hidden: true, tabindex: -1 });
  readonly #options: CardOptions;
  #hits: readonly Hit[] = [];
  #request: AbortController | null = null;

  constructor(options: CardOptions) {
    this.#options = options;
    this.element.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') this.close();
    });
    options.store.subscribe((now, before) => {
      const same = now.selected?.id === before.selected?.id && now.selected?.layer === before.selected?.layer;
      if (!same || now.at !== before.at || now.language !== before.language) void this.#load(now);
    });
    void this.#load(options.store.state);
  }

  /** What was found at a point; the first one opens. */
  open(hits: readonly Hit[]): void {
    const [first] = hits;
    if (!first) return;
    this.#hits = hits;
    this.#select(first);
  }

  close(): void {
    if (this.element.hidden) return;
    this.#options.store.set({ selected: null });
    this.#options.returnFocus();
  }

  #select({ layer, id }: Selected): void {
    this.#options.store.set({ selected: { layer, id } });
    this.element.focus({ preventScroll: true });
  }

  async #load(state: State): Promise<void> {
    this.#request?.abort();
    const { selected } = state;
    if (!selected) {
      this.element.hidden = true;
      this.#hits = [];
      this.#options.onShow(null);
      return;
    }
    if (!this.#hits.some(({ id }) => id === selected.id)) this.#hits = [];
    const request = new AbortController();
    this.#request = request;
    this.element.hidden = false;
    this.element.setAttribute('aria-busy', 'true');
    try {
      const { catalog } = this.#options;
      const [item, schema, collection] = await Promise.all([
        fetchItem(selected, state.at, state.language, request.signal),
        catalog.schema(selected.layer, state.language),
        catalog.collection(selected.layer, state.language),
      ]);
      const others = await this.#others(selected, state);
      if (request.signal.aborted) return;
      this.#show({ selected, item, schema, collection, others }, state);
    } catch (error) {
      if (!isAbort(error) && !request.signal.aborted) this.#fail(error, state);
    } finally {
      if (this.#request === request) this.element.removeAttribute('aria-busy');
    }
  }

  #show({ selected, item, schema, collection, others }: Shown, state: State): void {
    const { language } = state;
    const w = words[language];
    const layerTitle = collection?.title ?? selected.layer;
    const title = featureTitle(selected.layer, item.properties, schema, layerTitle, language);
    this.#render(state, layerTitle, title, [
      others,
      rowList(fieldRows(item, schema, language), w),
      isReduced(item, schema) && el('p', { class: 'remark' }, w.notPublic),
      !item.geometry && el('p', { class: 'remark' }, w.noGeometry),
      el('h3', {}, w.source),
      rowList(sourceRows(item, collection?.attribution, w), w),
      links(selected, state, w),
      el('p', { class: 'advice' }, w.advice),
    ]);
    this.#options.onShow(item);
  }

  #fail(error: unknown, state: State): void {
    const w = words[state.language];
    const absent = error instanceof ApiError && (error.status === 404 || error.status === 410);
    const text = absent && state.at ? w.goneAt(formatDay(state.at)) : explain(error, w);
    this.#render(state, '', w.card, [
      el('p', { class: 'remark', role: 'alert' }, text),
      !absent && button(w.retry, { class: 'plain' }, () => void this.#load(this.#options.store.state)),
    ]);
    this.#options.onShow(null);
  }

  #render(state: State, kicker: string, title: string, body: readonly Child[]): void {
    const w = words[state.language];
    const heading = el('h2', { id: 'card-title' }, title);
    this.element.setAttribute('aria-labelledby', 'card-title');
    fill(this.element, [
      el(
        'header',
        {},
        el('div', {}, kicker && el('p', { class: 'kicker' }, kicker), heading),
        button(w.close, { class: 'round' }, () => this.close(), icon(CLOSE)),
      ),
      el('div', { class: 'card-body' }, ...body),
    ]);
    this.element.scrollTop = 0;
  }

  async #others(selected: Selected, { language }: State): Promise<Child> {
    const others = this.#hits.filter(({ id }) => id !== selected.id);
    if (others.length === 0) return null;
    const { catalog } = this.#options;
    const rows = await Promise.all(others.map(async (hit) => {
      const layerTitle = await catalog.title(hit.layer, language);
      const title = featureTitle(hit.layer, hit.properties, await catalog.schema(hit.layer, language), layerTitle, language);
      return el('li', {}, button(
        title === layerTitle || hit.layer === PRIMARY ? title : `${layerTitle}: ${title}`,
        { class: 'hit' },
        () => this.#select(hit),
        title !== layerTitle && hit.layer !== PRIMARY && el('span', { class: 'hit-layer' }, layerTitle),
        el('span', {}, title),
      ));
    }));
    return el('nav', { 'aria-label': words[language].hits(rows.length) },
      el('p', { class: 'kicker' }, words[language].hits(rows.length)), el('ul', { class: 'hits' }, ...rows));
  }
}

function rowList(rows: readonly Row[], w: Words): HTMLElement {
  return el('dl', {}, ...rows.flatMap(({ title, value }) => [
    el('dt', {}, title),
    value === null ? el('dd', { class: 'missing' }, w.noData) : el('dd', {}, value),
  ]));
}

function sourceRows(item: Item, agency: string | undefined, w: Words): Row[] {
  const { valid_from: from, valid_from_known: known, valid_to: to, changeset } = item.properties;
  const rows: Row[] = [];
  if (typeof from === 'string') {
    const day = formatInstant(from);
    rows.push({ title: w.validFrom, value: known === false ? w.unknownSince(day) : day });
  }
  if (typeof to === 'string') rows.push({ title: w.validTo, value: formatInstant(to) });
  if (typeof changeset === 'number') rows.push({ title: w.recorded, value: w.recordedIn(String(changeset)) });
  if (agency) rows.push({ title: w.agency, value: agency });
  if (item.dataVersion) rows.push({ title: w.dataVersion, value: item.dataVersion });
  return rows;
}

function links(selected: Selected, state: State, w: Words): HTMLElement {
  const path = itemPath(selected);
  const day = state.at ? `&datetime=${state.at}` : '';
  return el('p', { class: 'links' },
    el('a', { href: address(`${path}/versions`) }, w.versions),
    el('a', { href: address(`${path}?f=json${day}`) }, w.json));
}
