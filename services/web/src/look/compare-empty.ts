/** Why one of two compared maps may be blank: a blank map says nothing, and a plan that was not there yet is an answer. */

import type { Map as MapView } from 'maplibre-gl';
import { button, el, fill } from '../dom';
import { formatDay, legalDay } from '../format';
import { anythingDrawn } from '../hints';
import type { Page } from '../page';
import { dataLayer, minimumZoom } from '../style';
import { words } from '../words';
import { compareWords } from './compare-words';

export interface Drawn {
  /** Ids of the data layers that the comparison is about */
  readonly layers: readonly string[];
  readonly plan: boolean;
  /** Local legal day; null: now */
  readonly at: string | null;
}

/** A note for the map, empty while there is something to see. `choose` is told the first day that has something. */
export function emptyNote(page: Page, map: MapView, drawn: () => Drawn, choose: (day: string) => void): HTMLElement {
  const note = el('div', { class: 'twin-empty', role: 'status' });
  const failed = failingSources(map);
  const look = async () => {
    const { layers, plan, at } = drawn();
    const ids = page.style.layers.filter((layer) => layers.includes(dataLayer(layer) ?? '') && map.getLayer(layer.id)).map(({ id }) => id);
    if (layers.length === 0 || layers.some((id) => failed.has(id)) || anythingDrawn(map, ids)) return fill(note, []);
    const { language } = page.store.state;
    const w = compareWords[language];
    if (layers.every((id) => map.getZoom() < minimumZoom(page.style, id))) return fill(note, [words[language].zoomForView]);
    const first = await firstDay(page, layers);
    const early = at !== null && first !== null && at < first;
    const when = at ? w.onDay(formatDay(at)) : w.today;
    if (!early) return fill(note, [plan ? w.emptyHerePlan : w.emptyHere]);
    fill(note, [(plan ? w.emptyPlan : w.empty)(when), ' ', button(w.first(formatDay(first)), { class: 'text' }, () => choose(first))]);
  };
  map.on('idle', () => {
    look().catch((error: unknown) => page.report(error, () => void look()));
  });
  return note;
}

/** Sources of which a tile could not be had since the style was set: what they do not draw may be there all the same. */
export function failingSources(map: Pick<MapView, 'on'>): ReadonlySet<string> {
  const failed = new Set<string>();
  map.on('error', ({ error, ...event }) => {
    console.error(error);
    if ('sourceId' in event && typeof event.sourceId === 'string') failed.add(event.sourceId);
  });
  map.on('style.load', () => failed.clear());
  return failed;
}

/** The earliest legal day on which any of the layers has something, anywhere; null where none says so. */
async function firstDay({ catalog, store }: Page, layers: readonly string[]): Promise<string | null> {
  const starts = (await catalog.collections(store.state.language)).filter(({ id }) => layers.includes(id))
    .flatMap(({ extent }) => extent?.temporal?.interval?.[0]?.[0] ?? []);
  return starts.map(legalDay).sort()[0] ?? null;
}
