/** The wards on the map: areas in the colours of their levels, names with values, and the one that is chosen. */

import type { ExpressionSpecification, Map as MapView, StyleSpecification } from 'maplibre-gl';
import { FONT, Overlay } from '../ask/overlay';
import { tilesOn } from '../style';
import type { Ranked } from './data';

/** From light to dark, told apart also by those who do not see red or green; the names above them are written in ink on white. */
export const COLORS = ['#ffffcc', '#a1dab4', '#41b6c4', '#2c7fb8', '#253494'] as const;
export const NO_DATA = '#f4f4f4';
export const SUPPRESSED = '#b9b9b9';
const SOURCE = 'wards-by-indicator';
const FILL = 'wards-by-indicator-fill';
const OUTLINE = 'wards-by-indicator-outline';
const LABELS = 'wards-by-indicator-labels';

export class Choropleth {
  readonly #map: MapView;
  readonly #labels: Overlay;
  #shown: readonly Ranked[] = [];
  #chosen: string | null = null;

  /** `day`: the day whose boundaries are drawn; null: today's. */
  constructor(map: MapView, style: StyleSpecification, day: string | null) {
    this.#map = map;
    remove(map);
    const source = style.sources['wards'];
    if (source?.type !== 'vector') throw new SyntaxError('style: no wards');
    map.addSource(SOURCE, { ...source, tiles: tilesOn(source, day), promoteId: { wards: 'code' } });
    // Above all else: names and colours of other layers would be read as the ward's.
    const below = map.getLayer('selection-casing') ? 'selection-casing' : undefined;
    map.addLayer({
      id: FILL, type: 'fill', source: SOURCE, 'source-layer': 'wards',
      paint: { 'fill-color': colorOf(), 'fill-opacity': 0.9 },
    }, below);
    map.addLayer({
      id: OUTLINE, type: 'line', source: SOURCE, 'source-layer': 'wards',
      layout: { 'line-join': 'round' },
      paint: {
        'line-color': ['case', of('chosen', false), '#b0005a', of('near', false), '#16262b', '#5d6f74'],
        'line-width': ['case', of('chosen', false), 4, of('near', false), 3, 1],
      },
    }, below);
    this.#labels = new Overlay(map, LABELS, [{
      id: LABELS, type: 'symbol',
      layout: {
        'text-field': ['get', 'text'], 'text-font': FONT, 'text-size': 13, 'text-line-height': 1.25,
        'symbol-sort-key': ['get', 'order'],
      },
      paint: { 'text-color': '#16262b', 'text-halo-color': '#ffffff', 'text-halo-width': 1.8 },
    }]);
  }

  /** `text`: what is written on a ward. */
  show(wards: readonly Ranked[], text: (ward: Ranked) => string): void {
    this.#map.removeFeatureState({ source: SOURCE, sourceLayer: 'wards' });
    for (const { code, cell } of wards) this.#set(code, { level: cell?.level ?? (cell?.state === 'SUPPRESSED' ? -1 : 0) });
    this.#labels.show(wards.map((ward, order) => ({
      type: 'Feature', properties: { text: text(ward), order }, geometry: { type: 'Point', coordinates: [...ward.place] },
    })));
    this.#shown = wards;
    const chosen = this.#chosen;
    this.#chosen = null;
    this.choose(chosen);
  }

  choose(code: string | null): void {
    if (this.#chosen) this.#set(this.#chosen, { chosen: false });
    if (code) this.#set(code, { chosen: true });
    this.#chosen = code;
  }

  near(code: string, near: boolean): void {
    this.#set(code, { near });
  }

  /** The ward drawn at a place, of those that are shown. */
  at(place: { readonly lon: number; readonly lat: number }): string | null {
    const [hit] = this.#map.queryRenderedFeatures(this.#map.project([place.lon, place.lat]), { layers: [FILL] });
    const code = String(hit?.properties['code'] ?? '');
    return this.#shown.some((ward) => ward.code === code) ? code : null;
  }

  close(): void {
    this.#labels.close();
    remove(this.#map);
  }

  #set(id: string, state: Record<string, unknown>): void {
    this.#map.setFeatureState({ source: SOURCE, sourceLayer: 'wards', id }, state);
  }
}

function colorOf(): ExpressionSpecification {
  const levels = COLORS.flatMap((color, place) => [place + 1, color]);
  return ['match', of('level', 0), -1, SUPPRESSED, ...levels, NO_DATA] as unknown as ExpressionSpecification;
}

function of(name: string, otherwise: number | boolean): ExpressionSpecification {
  return ['coalesce', ['feature-state', name], otherwise] as ExpressionSpecification;
}

function remove(map: MapView): void {
  for (const id of [OUTLINE, FILL]) if (map.getLayer(id)) map.removeLayer(id);
  if (map.getSource(SOURCE)) map.removeSource(SOURCE);
}
