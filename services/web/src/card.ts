/** The card of one feature, and the list of what else lies at the same point. */

import { ADDITIONS, type Addition, type Subject } from './additions';
import { ApiError, address, explain, fetchItem, isAbort, itemPath, type Collection, type Item, type Schema } from './api';
import { button, el, fill, icon, type Child } from './dom';
import { fieldRows, isReduced, type Row } from './fields';
import { formatDay, formatInstant } from './format';
import { whatElse } from './here';
import { factsFirst, PRIMARY } from './order';
import type { Selected, State } from './state';
import type { Page } from './page';
import { placeOn, type Place } from './shape';
import { featureTitle } from './titles';
import { words, type Words } from './words';

const CLOSE = 'M6 6l12 12M18 6L6 18';

export interface CardOptions {
  readonly page: Page;
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
  readonly signal: AbortSignal;
}

export class Card {
  readonly element = el('section', { class: 'card', hidden: true, tabindex: -1 });
  readonly #options: CardOptions;
  #request: AbortController | null = null;

  constructor(options: CardOptions) {
    this.#options = options;
    this.element.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') this.close();
    });
    options.page.store.subscribe((now, before) => {
      const same = now.selected?.id === before.selected?.id && now.selected?.layer === before.selected?.layer;
      if (!same || now.place !== before.place || now.at !== before.at || now.language !== before.language) void this.#load(now);
    });
    void this.#load(options.page.store.state);
  }

  /** `place`: where the feature was pointed at, null where it was not */
  open({ layer, id }: Selected, place: Place | null): void {
    this.#options.page.store.set({ selected: { layer, id }, place });
    this.element.focus({ preventScroll: true });
  }

  close(): void {
    if (this.element.hidden) return;
    this.#options.page.store.set({ selected: null, place: null });
    this.#options.returnFocus();
  }

  async #load(state: State): Promise<void> {
    this.#request?.abort();
    const { selected } = state;
    if (!selected) {
      this.element.hidden = true;
      this.#options.onShow(null);
      return;
    }
    const request = new AbortController();
    this.#request = request;
    this.element.hidden = false;
    this.element.setAttribute('aria-busy', 'true');
    try {
      const { catalog } = this.#options.page;
      const [item, schema, collection] = await Promise.all([
        fetchItem(selected, state.at, state.language, request.signal),
        catalog.schema(selected.layer, state.language),
        catalog.collection(selected.layer, state.language),
      ]);
      if (request.signal.aborted) return;
      this.#show({ selected, item, schema, collection, signal: request.signal }, state);
    } catch (error) {
      if (!isAbort(error) && !request.signal.aborted) this.#fail(error, state);
    } finally {
      if (this.#request === request) this.element.removeAttribute('aria-busy');
    }
  }

  #show({ selected, item, schema, collection, signal }: Shown, state: State): void {
    const { language } = state;
    const w = words[language];
    const layerTitle = collection?.title ?? selected.layer;
    const title = featureTitle(selected.layer, item.properties, schema, layerTitle, language);
    // What lies in a parcel is told by its situation; only where somebody pointed, the point itself is asked about.
    const place = state.place ?? (selected.layer === PRIMARY ? null : item.geometry && placeOn(item.geometry));
    const jump = el('p', { class: 'jump', role: 'status' });
    const toHere = () => {
      here?.scrollIntoView({ block: 'start' });
      here?.focus({ preventScroll: true });
    };
    const here = place && whatElse({
      place, selected, state, signal,
      catalog: this.#options.page.catalog,
      select: (other) => this.open(other, place),
      counted: (count) => {
        fill(jump, [count > 0 && button(w.hereCount(count), { class: 'text' }, toHere)]);
      },
    });
    const rows = fieldRows(item, schema, factsFirst(selected.layer), language);
    const added = ADDITIONS.filter(({ layers }) => !layers || layers.includes(selected.layer));
    const above = added.length > 0 ? rows.filter(({ telling }) => telling) : rows;
    this.#render(state, layerTitle, title, [
      jump,
      ...factLists(above, w),
      ...added.map((addition) => this.#added(addition, { selected, item, state, signal })),
      ...factLists(rows.filter((row) => !above.includes(row)), w),
      isReduced(item, schema) && el('p', { class: 'remark' }, w.notPublic),
      !item.geometry && el('p', { class: 'remark' }, w.noGeometry),
      here,
      el('h3', {}, w.source),
      rowList(sourceRows(item, collection?.attribution, w), w),
      links(selected, state, w),
      el('p', { class: 'advice' }, w.advice),
    ]);
    this.#options.onShow(item);
  }

  /** Filled when its script has come; the facts of the card do not wait for it. */
  #added(addition: Addition, subject: Subject): HTMLElement {
    const w = words[subject.state.language];
    const host = el('div', { class: 'addition' }, el('p', { class: 'quiet', role: 'status' }, w.loading));
    addition.load().then(({ add }) => {
      if (!subject.signal.aborted) fill(host, [add(this.#options.page, subject)]);
    }).catch((error: unknown) => {
      console.error(error);
      fill(host, [el('p', { class: 'quiet', role: 'alert' }, explain(error, w)), button(w.retry, { class: 'plain' }, () => host.replaceWith(this.#added(addition, subject)))]);
    });
    return host;
  }

  #fail(error: unknown, state: State): void {
    const w = words[state.language];
    const absent = error instanceof ApiError && (error.status === 404 || error.status === 410);
    const text = absent && state.at ? w.goneAt(formatDay(state.at)) : explain(error, w);
    this.#render(state, '', w.card, [
      el('p', { class: 'remark', role: 'alert' }, text),
      !absent && button(w.retry, { class: 'plain' }, () => void this.#load(this.#options.page.store.state)),
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
}

/** What is known row by row; what is not, in one row, but for the fields that people look for. */
function factLists(rows: readonly Row[], w: Words): Child[] {
  if (rows.length === 0) return [];
  const shown = rows.filter(({ value, telling }) => value !== null || telling);
  const unknown = rows.filter((row) => !shown.includes(row)).map(({ title }) => title);
  return [
    shown.length > 0 && rowList(shown, w),
    unknown.length > 0 && el('p', { class: 'unknown' }, el('span', {}, `${w.noData}: `), unknown.join(' · ')),
  ];
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
  if (typeof changeset === 'number') {
    const day = item.recordedAt ? formatInstant(item.recordedAt) : '';
    rows.push({ title: w.recorded, value: w.recordedIn(String(changeset), day) });
  }
  if (agency) rows.push({ title: w.agency, value: agency });
  if (item.dataVersion) rows.push({ title: w.dataVersion, value: item.dataVersion });
  return rows;
}

function links(selected: Selected, state: State, w: Words): HTMLElement {
  const path = itemPath(selected);
  const day = state.at ? `&datetime=${state.at}` : '';
  return el('p', { class: 'links' },
    el('a', { href: address(`${path}/versions`) }, w.versions),
    el('a', { href: address(`${path}?f=json${day}`), 'data-answer': true }, w.json));
}
