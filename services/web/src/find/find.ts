/** The box that finds: what is typed is asked for as one types, and chosen by keyboard or pointer (WAI-ARIA combobox). */

import { ApiError, MOST_FOUND, fetchFound, explain, isAbort, type Found } from '../api';
import type { Catalog } from '../catalog';
import { button, el, fill, icon } from '../dom';
import type { Place } from '../shape';
import type { Selected } from '../state';
import type { Store } from '../store';
import { formatNumber } from '../format';
import { PRIMARY } from '../order';
import { featureTitle } from '../titles';
import { words } from '../words';
import { placeOfMetres } from './metres';
import { readMetres, readPlaces, type Metres } from './places';
import { WardNames } from './wards';

const LENS = 'M10.5 4a6.5 6.5 0 1 0 0 13a6.5 6.5 0 0 0 0-13zM15.5 15.5L21 21';
const CROSS = 'M6 6l12 12M18 6L6 18';
const LIST = 'found';
/** Milliseconds without a key before the server is asked */
const PAUSE = 180;
const LEAST = 2;

export interface FindOptions {
  readonly store: Store;
  readonly catalog: Catalog;
  readonly choose: (selected: Selected) => void;
  readonly go: (place: Place) => void;
}

/** One line of the list. */
interface Choice {
  readonly title: string;
  readonly about: string;
  readonly take: () => void;
}

export class Find {
  readonly element = el('form', { class: 'find', role: 'search' });
  readonly #input = el('input', {
    type: 'text', role: 'combobox', autocomplete: 'off', autocapitalize: 'off', spellcheck: 'false', enterkeyhint: 'search',
    maxlength: 200, 'aria-autocomplete': 'list', 'aria-controls': LIST, 'aria-expanded': 'false',
  });
  readonly #list = el('ul', { id: LIST, class: 'found', role: 'listbox', hidden: true });
  readonly #said = el('p', { class: 'found-said', role: 'status' });
  readonly #options: FindOptions;
  readonly #wards = new WardNames();
  #choices: readonly Choice[] = [];
  #at = -1;
  #asking = new AbortController();
  #pause = 0;

  constructor(options: FindOptions) {
    this.#options = options;
    this.element.append(this.#input, this.#list, this.#said);
    this.element.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#take(Math.max(this.#at, 0));
    });
    this.#input.addEventListener('input', () => this.#typed());
    this.#input.addEventListener('keydown', (event) => this.#key(event));
    this.element.addEventListener('focusout', ({ relatedTarget }) => {
      if (!this.element.contains(relatedTarget as Node | null)) this.#close();
    });
    options.store.subscribe((now, before) => {
      if (now.language !== before.language) this.#speak();
    });
    this.#speak();
  }

  #speak(): void {
    const w = words[this.#options.store.state.language];
    this.#input.setAttribute('aria-label', w.find);
    this.#input.placeholder = w.findHint;
    this.#list.setAttribute('aria-label', w.found);
    const clear = button(w.clear, { class: 'round clear', hidden: this.#input.value === '' }, () => this.#clear(), icon(CROSS));
    fill(this.element, [icon(LENS), this.#input, clear, this.#list, this.#said]);
    this.#close();
  }

  #clear(): void {
    this.#input.value = '';
    this.#typed();
    this.#input.focus();
  }

  #typed(): void {
    const text = this.#input.value.trim();
    this.element.querySelector('.clear')?.toggleAttribute('hidden', this.#input.value === '');
    this.#asking.abort();
    clearTimeout(this.#pause);
    if (text.length < LEAST) this.#close();
    else this.#pause = window.setTimeout(() => void this.#ask(text), PAUSE);
  }

  async #ask(text: string): Promise<void> {
    const { state } = this.#options.store;
    const w = words[state.language];
    const places = readPlaces(text);
    if (places.length > 0) {
      this.#show(places.map((place) => ({ title: w.goTo(place), about: w.coordinates, take: () => this.#options.go(place) })));
      return;
    }
    this.#asking = new AbortController();
    const { signal } = this.#asking;
    try {
      const metres = readMetres(text);
      if (metres) return await this.#askMetres(metres, signal);
      const { features, readAs } = await fetchFound(text, state.at, state.language, signal);
      const choices = await Promise.all(features.map((each) => this.#choice(each)));
      if (!signal.aborted) this.#show(choices, readAs?.note ?? (sameNumbers(features) ? (features.length < MOST_FOUND ? w.sameNumbers : w.manySameNumbers)(features.length) : null));
    } catch (error) {
      if (!isAbort(error) && !signal.aborted) this.#say(error instanceof ApiError && error.problem.detail ? error.problem.detail : explain(error, w));
    }
  }

  /** The larger number is the northing wherever it stands: the list says how they were read. */
  async #askMetres({ north, east }: Metres, signal: AbortSignal): Promise<void> {
    const { catalog, store, go } = this.#options;
    const { language } = store.state;
    const w = words[language];
    const crs = (await catalog.collection(PRIMARY, language))?.storageCrs;
    if (!crs) return this.#say(w.notFound);
    const place = await placeOfMetres({ north, east }, crs, language, signal);
    if (signal.aborted) return;
    const [x, y] = [north, east].map((part) => formatNumber(part, language, 3));
    this.#show([{ title: w.goToMetres(x ?? '', y ?? ''), about: place.crs, take: () => go(place) }]);
  }

  async #choice({ layer, id, properties }: Found): Promise<Choice> {
    const { catalog, choose, store } = this.#options;
    const { language } = store.state;
    const [title, schema] = await Promise.all([catalog.title(layer, language), catalog.schema(layer, language)]);
    const about = [title, ...ABOUT.map((name) => properties[name]), ...await this.#lies(properties)].filter((part) => typeof part === 'string' && part !== '');
    return { title: featureTitle(layer, properties, schema, title, language), about: about.join(' · '), take: () => choose({ layer, id }) };
  }

  /** The ward of today and the one of before: numbers of sheets and parcels repeat in each. */
  async #lies({ commune, commune_old: before }: Found['properties']): Promise<readonly string[]> {
    const w = words[this.#options.store.state.language];
    const now = typeof commune === 'string' ? await this.#wards.today(commune) ?? commune : '';
    const former = typeof before === 'string' ? await this.#wards.former(before) : undefined;
    return [now, former ? w.formerWard(former) : ''];
  }

  /** `note`: what the user should know of how the list came about. */
  #show(choices: readonly Choice[], note: string | null = null): void {
    const w = words[this.#options.store.state.language];
    this.#choices = choices;
    this.#at = -1;
    fill(this.#list, choices.map(({ title, about }, place) => {
      const row = el('li', { id: `${LIST}-${place}`, role: 'option', 'aria-selected': 'false' }, el('span', {}, title), el('small', {}, about));
      row.addEventListener('pointerdown', (event) => event.preventDefault()); // the box keeps the focus
      row.addEventListener('click', () => this.#take(place));
      return row;
    }));
    this.#list.hidden = choices.length === 0;
    this.#input.setAttribute('aria-expanded', String(choices.length > 0));
    this.#input.removeAttribute('aria-activedescendant');
    this.#said.textContent = choices.length === 0 ? w.notFound : note ?? w.foundCount(choices.length);
    this.#said.classList.toggle('hidden-text', choices.length > 0 && note === null);
  }

  #say(text: string): void {
    this.#close();
    this.#said.textContent = text;
    this.#said.classList.remove('hidden-text');
  }

  #close(): void {
    this.#asking.abort();
    clearTimeout(this.#pause);
    this.#choices = [];
    this.#at = -1;
    this.#list.hidden = true;
    this.#input.setAttribute('aria-expanded', 'false');
    this.#input.removeAttribute('aria-activedescendant');
    this.#said.textContent = '';
    this.#said.classList.add('hidden-text');
  }

  #key(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === 'Escape' && !this.#list.hidden) {
      event.stopPropagation();
      this.#close();
    } else if (step && this.#choices.length > 0) {
      event.preventDefault();
      this.#mark((this.#at + step + this.#choices.length + (this.#at < 0 && step < 0 ? 1 : 0)) % this.#choices.length);
    } else if (step) {
      this.#typed();
    }
  }

  #mark(place: number): void {
    this.#at = place;
    [...this.#list.children].forEach((row, index) => row.setAttribute('aria-selected', String(index === place)));
    this.#input.setAttribute('aria-activedescendant', `${LIST}-${place}`);
    this.#list.children[place]?.scrollIntoView({ block: 'nearest' });
  }

  #take(place: number): void {
    const choice = this.#choices[place];
    if (!choice) {
      this.#typed();
      return;
    }
    this.#close();
    choice.take();
  }
}

/** What tells features of the same name apart. */
const ABOUT = ['street', 'formed_from', 'decision'];

/** Several parcels, which are called alike. */
function sameNumbers(found: readonly Found[]): boolean {
  const called = new Set(found.map(({ layer, properties: { sheet, parcel } }) => (layer === PRIMARY && sheet ? `${String(sheet)}/${String(parcel)}` : null)));
  return found.length > 1 && called.size === 1 && !called.has(null);
}
