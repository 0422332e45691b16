/** The wards on the map: areas in the colours of their levels, names with values, and the one that is chosen. */

import type { ExpressionSpecification, Map as MapView, StyleSpecification } from 'maplibre-gl';
import { FONT, Overlay } from '../ask/overlay';
import { tilesOn } from '../style';
import { kindOf, type Kind, type Ranked } from './data';

/** From light to dark, told apart also by those who do not see red or green; the names above them are written in ink on white. */
export const COLORS = ['#ffffcc', '#a1dab4', '#41b6c4', '#2c7fb8', '#253494'] as const;
export const ZERO = '#ffffff';
export const SUPPRESSED = '#b9b9b9';
const WITHOUT: Readonly<Record<Exclude<Kind, 'ranked'>, number>> = { zero: 0, withheld: -1, missing: -2 };
const HATCHED = 'wards-by-indicator-hatched';
const SOURCE = 'wards-by-indicator';
const GROUND = 'wards-by-indicator-ground';
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
    // Nothing else is left to see: names and colours of other layers would be read as the ward's. Only seas and islands keep their names.
    const below = map.getStyle().layers.find(({ id }) => id.startsWith('place-names') || id === 'selection-casing')?.id;
    const ground = style.layers.find(({ type }) => type === 'background');
    if (ground) map.addLayer({ ...ground, id: GROUND }, below);
    map.addLayer({
      id: FILL, type: 'fill', source: SOURCE, 'source-layer': 'wards',
      paint: { 'fill-color': colorOf(), 'fill-opacity': 0.96 },
    }, below);
    if (!map.hasImage(HATCHED)) map.addImage(HATCHED, hatches());
    map.addLayer({
      id: HATCHED, type: 'fill', source: SOURCE, 'source-layer': 'wards',
      paint: { 'fill-pattern': HATCHED, 'fill-opacity': ['case', ['==', of('level', WITHOUT.missing), WITHOUT.missing], 1, 0] },
    }, below);
    map.addLayer({
      id: OUTLINE, type: 'line', source: SOURCE, 'source-layer': 'wards',
      layout: { 'line-join': 'round' },
      paint: {
        'line-color': ['case', of('chosen', false), '#b0005a', of('near', false), '#16262b', '#33454b'],
        'line-width': ['case', of('chosen', false), 4, of('near', false), 3, 1],
      },
    }, below);
    this.#labels = new Overlay(map, LABELS, [{
      id: LABELS, type: 'symbol',
      layout: {
        'text-field': ['get', 'text'], 'text-font': FONT, 'text-size': 13, 'text-line-height': 1.2, 'text-max-width': 6, 'text-padding': 1,
        'text-variable-anchor': ['center', 'top', 'bottom'], 'text-justify': 'center',
        'symbol-sort-key': ['get', 'order'],
      },
      paint: { 'text-color': '#16262b', 'text-halo-color': '#ffffff', 'text-halo-width': 1.8 },
    }]);
  }

  /** `text`: what is written on a ward. */
  show(wards: readonly Ranked[], text: (ward: Ranked) => string): void {
    this.#map.removeFeatureState({ source: SOURCE, sourceLayer: 'wards' });
    for (const { code, cell } of wards) this.#set(code, { level: levelOf(cell) });
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
  return ['match', of('level', WITHOUT.missing), WITHOUT.withheld, SUPPRESSED, ...levels, ZERO] as unknown as ExpressionSpecification;
}

function levelOf(cell: Ranked['cell']): number {
  const kind = kindOf(cell);
  return kind === 'ranked' ? cell?.level ?? WITHOUT.missing : WITHOUT[kind];
}

/** Thin lines from corner to corner, which meet at the edges of the tile. */
function hatches(): { width: number; height: number; data: Uint8ClampedArray } {
  const size = 8;
  const data = new Uint8ClampedArray(4 * size * size);
  for (let row = 0; row < size; row++) data.set([0x87, 0x97, 0x9b, 0xff], 4 * (row * size + (size - 1 - row)));
  return { width: size, height: size, data };
}

function of(name: string, otherwise: number | boolean): ExpressionSpecification {
  return ['coalesce', ['feature-state', name], otherwise] as ExpressionSpecification;
}

function remove(map: MapView): void {
  for (const id of [OUTLINE, HATCHED, FILL, GROUND]) if (map.getLayer(id)) map.removeLayer(id);
  if (map.getSource(SOURCE)) map.removeSource(SOURCE);
}
