/** What else lies at a place: every public layer is asked, also those that are switched off. */

import { address, boxPath, explain, fetchCoverage, fetchInBox, isAbort, type Collection, type Item } from './api';
import type { Catalog } from './catalog';
import { button, el, fill, type Child } from './dom';
import { placeInList } from './order';
import { boxAround, covers, type Place } from './shape';
import type { Selected, State } from './state';
import { featureTitle } from './titles';
import { words, type Words } from './words';

/** Metres around the place at which points and lines count as there; areas have to cover it. */
const REACH = 3;

export interface Asking {
  readonly place: Place;
  /** Left out of the list: it is what the list belongs to; null: nothing is */
  readonly selected: Selected | null;
  readonly state: Pick<State, 'at' | 'language'>;
  readonly catalog: Catalog;
  readonly signal: AbortSignal;
}

export interface Asked extends Asking {
  readonly selected: Selected;
  readonly state: State;
  readonly select: (selected: Selected) => void;
  /** Told how many there are */
  readonly counted: (count: number) => void;
}

/** Of a layer at a place. */
export interface Found {
  readonly collection: Collection;
  /** null: the layer could not be asked */
  readonly rows: readonly Row[] | null;
  readonly more: boolean;
}

export interface Row extends Selected {
  readonly title: string;
}

/** The first feature that a layer has at a place; null for none. */
export async function featureAt(layer: string, place: Place, { at, language }: State, signal: AbortSignal): Promise<Selected | null> {
  const { features } = await fetchInBox(layer, boxAround(place, REACH), at, language, signal);
  const found = features.find((one) => isThere(one, place));
  return found ? { layer, id: found.id } : null;
}

/** The list, filled as soon as the layers have answered. */
export function whatElse(asked: Asked): HTMLElement {
  const w = words[asked.state.language];
  const body = el('div', {});
  fillInOrExplain(body, asked);
  return el('section', { class: 'here', id: 'here', tabindex: -1, 'aria-labelledby': 'here-title' }, el('h3', { id: 'here-title' }, w.here), body);
}

function fillInOrExplain(body: HTMLElement, asked: Asked): void {
  const w = words[asked.state.language];
  fillIn(body, asked, w).catch((error: unknown) => {
    console.error(error);
    fill(body, [el('p', { class: 'quiet' }, explain(error, w)), button(w.retry, { class: 'plain' }, () => fillInOrExplain(body, asked))]);
  });
}

async function fillIn(body: HTMLElement, asked: Asked, w: Words): Promise<void> {
  const { catalog, state, signal } = asked;
  fill(body, [el('p', { class: 'quiet' }, w.asking)]);
  const layers = (await catalog.collections(state.language))
    .filter(({ itemType, figures }) => !figures && (itemType === undefined || itemType === 'feature'))
    .sort((a, b) => placeInList(a.id) - placeInList(b.id));
  const filled = layers.filter(({ itemCount }) => itemCount !== 0);
  const [found, declared] = await Promise.all([
    Promise.all(filled.map((collection) => askLayer(collection, asked))),
    askCoverage(asked),
  ]);
  if (signal.aborted) return;
  asked.counted(found.reduce((sum, { rows }) => sum + (rows?.length ?? 0), 0));
  const without = (wanted: (one: Found) => boolean) => found.filter(wanted).map(({ collection }) => collection);
  const failed = without(({ rows }) => rows === null);
  const nothing = without(({ rows, more, collection }) => rows?.length === 0 && !more && collection.id !== asked.selected.layer);
  const complete = ({ id, rowsWithheld }: Collection) => declared.get(id) === 'complete' && !rowsWithheld;
  fill(body, [
    el('ul', { class: 'hits' }, ...found.map((one) => group(one, asked, w))),
    remark(w.notHere, nothing.filter(complete)),
    remark(w.nothingOf, nothing.filter((one) => !complete(one) && declared.get(one.id) !== 'none')),
    remark(w.noDataOf, [...nothing.filter(({ id }) => declared.get(id) === 'none'), ...layers.filter(({ itemCount }) => itemCount === 0)]),
    remark(w.notAsked, failed),
    failed.length > 0 && button(w.retry, { class: 'plain' }, () => fillInOrExplain(body, asked)),
  ]);
}

/** What a layer has at a place on the day of the state, but for what is `selected`. */
export async function askLayer(collection: Collection, { place, selected, state, catalog, signal }: Asking): Promise<Found> {
  const { id: layer, title } = collection;
  const { at, language } = state;
  try {
    const { features, more } = await fetchInBox(layer, boxAround(place, REACH), at, language, signal);
    const there = features.filter((one) => one.id !== selected?.id && isThere(one, place));
    const schema = there.length > 0 ? await catalog.schema(layer, language) : { properties: {} };
    const rows = there.map(({ id, properties }) => ({ layer, id, title: featureTitle(layer, properties, schema, title, language) }));
    return { collection, rows, more };
  } catch (error) {
    if (!isAbort(error)) console.error(error);
    return { collection, rows: null, more: false };
  }
}

/** Nothing is claimed where it cannot be asked, nor of another day: declarations speak of the data of today. */
async function askCoverage({ place, state, signal }: Asked): Promise<ReadonlyMap<string, string>> {
  if (state.at) return new Map();
  try {
    return await fetchCoverage(place, state.language, signal);
  } catch (error) {
    if (!isAbort(error)) console.error(error);
    return new Map();
  }
}

function isThere({ geometry }: Item, place: Place): boolean {
  return geometry !== null && covers(geometry, place) !== false;
}

function group({ collection: { id, title }, rows, more }: Found, { place, state, select }: Asked, w: Words): Child {
  if (!rows || (rows.length === 0 && !more)) return null;
  return el('li', {},
    el('span', { class: 'hit-layer', id: `here-${id}` }, title),
    el('ul', { 'aria-labelledby': `here-${id}` },
      ...rows.map((row) => el('li', {}, button(row.title, { class: 'hit' }, () => select(row)))),
      more && el('li', {}, el('a', { href: address(boxPath(id, boxAround(place, REACH), state.at)) }, w.moreHere))));
}

function remark(text: (titles: string) => string, layers: readonly Collection[]): Child {
  return layers.length > 0 && el('p', { class: 'quiet' }, text(layers.map(({ title }) => title).join(', ')));
}
