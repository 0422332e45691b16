/** What two maps have at the same place, each of its own layers and day. */

import { Marker, type Map as MapView } from 'maplibre-gl';
import { explain, isAbort, type Collection } from '../api';
import { button, el, fill, type Child } from '../dom';
import { askLayer, type Found } from '../here';
import { placeInList } from '../order';
import type { Page } from '../page';
import type { Place } from '../shape';
import { words } from '../words';
import { compareWords } from './compare-words';

export interface Side {
  /** As its map is called */
  readonly name: string;
  readonly layers: readonly string[];
  /** Local legal day; null: now */
  readonly at: string | null;
}

export class Point {
  readonly element = el('section', { class: 'compare-at', hidden: true, 'aria-labelledby': 'compare-at' });
  readonly #page: Page;
  readonly #dots: readonly Marker[];
  readonly #maps: readonly MapView[];
  readonly #sides: () => readonly Side[];
  #place: Place | null = null;
  #asking = new AbortController();

  /** `sides`: as they are at the moment, in the order of the maps. */
  constructor(page: Page, maps: readonly MapView[], sides: () => readonly Side[]) {
    this.#page = page;
    this.#maps = maps;
    this.#sides = sides;
    this.#dots = maps.map(() => new Marker({ element: el('div', { class: 'compare-dot', 'aria-hidden': 'true' }) }));
  }

  ask(place: Place): void {
    this.#place = place;
    this.#dots.forEach((dot, index) => {
      const map = this.#maps[index];
      if (map) dot.setLngLat([place.lon, place.lat]).addTo(map);
    });
    this.element.hidden = false;
    this.again();
    this.element.scrollIntoView({ block: 'nearest' });
  }

  /** After layers or days have changed. */
  again(): void {
    if (this.#place) void this.#tell(this.#place);
  }

  close(): void {
    this.#asking.abort();
    for (const dot of this.#dots) dot.remove();
  }

  async #tell(place: Place): Promise<void> {
    const { language } = this.#page.store.state;
    const w = compareWords[language];
    this.#asking.abort();
    const { signal } = this.#asking = new AbortController();
    const heading = el('h3', { id: 'compare-at' }, w.at);
    fill(this.element, [heading, el('p', { class: 'quiet', role: 'status' }, w.asking)]);
    try {
      const sides = this.#sides();
      const found = await Promise.all(sides.map((side) => this.#askSide(side, place, signal)));
      if (signal.aborted) return;
      fill(this.element, [heading, el('div', { class: 'compare-both', role: 'status' }, ...sides.map((side, index) => this.#side(side, found[index] ?? [], place)))]);
    } catch (error) {
      if (isAbort(error) || signal.aborted) return;
      console.error(error);
      fill(this.element, [heading, el('p', { role: 'alert' }, explain(error, words[language])), button(words[language].retry, { class: 'plain' }, () => this.again())]);
    }
  }

  async #askSide({ layers, at }: Side, place: Place, signal: AbortSignal): Promise<readonly Found[]> {
    const { catalog, store } = this.#page;
    const { language } = store.state;
    const drawn = (await catalog.collections(language)).filter((one: Collection) => layers.includes(one.id) && !one.figures);
    drawn.sort((a, b) => placeInList(a.id) - placeInList(b.id));
    return Promise.all(drawn.map((collection) => askLayer(collection, { place, selected: null, state: { at, language }, catalog, signal })));
  }

  #side({ name, at }: Side, found: readonly Found[], place: Place): HTMLElement {
    const { store } = this.#page;
    const w = compareWords[store.state.language];
    const rows = found.flatMap(({ collection, rows: hits }) => (hits ?? []).map(({ layer, id, title }): Child => (
      el('li', {},
        el('small', {}, collection.title),
        // The card shows it as it was on the day of its map; the way back leads here.
        button(w.opens(title, name), { class: 'text' }, () => store.set({ tool: null, selected: { layer, id }, place, at }), title))
    )));
    const failed = found.filter(({ rows: hits }) => hits === null).map(({ collection }) => collection.title);
    return el('div', {},
      el('h4', {}, name),
      rows.length > 0 ? el('ul', {}, ...rows) : failed.length === 0 && el('p', { class: 'quiet' }, w.nothing),
      found.some(({ more }) => more) && el('p', { class: 'quiet' }, w.more),
      failed.length > 0 && el('p', { class: 'quiet' }, w.failed(failed.join(', '))));
  }
}
