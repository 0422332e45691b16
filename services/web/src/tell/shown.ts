/** Reports on the map: coloured by category, filled while open, a ring once closed; and the place of a new one. */

import type { Feature } from 'geojson';
import type { ExpressionSpecification, Map as MapView } from 'maplibre-gl';
import { Overlay, type OverlayLayer } from '../ask/overlay';
import type { Place } from '../shape';
import type { Report } from './api';

/** Told apart also by who does not see red and green, and dark enough on the map's ground. */
const COLORS = ['#8a3b12', '#0b6e4f', '#1f5fbf', '#8e2a8a', '#b3261e', '#5b4b00', '#37474f', '#00708a'];
const ACCENT = '#b0005a';
const REACH = 14;

export function colorOf(codes: readonly string[], code: string): string {
  const index = codes.indexOf(code);
  return COLORS[index % COLORS.length] ?? '#37474f';
}

export class Shown {
  readonly #map: MapView;
  readonly #reports: Overlay;
  readonly #place: Overlay;

  constructor(map: MapView) {
    this.#map = map;
    this.#reports = new Overlay(map, 'tell-reports', LAYERS);
    this.#place = new Overlay(map, 'tell-place', MARK);
  }

  show(reports: readonly Report[], codes: readonly string[], chosen: string | null): void {
    this.#reports.show(reports.map((one): Feature => ({
      type: 'Feature',
      properties: { number: one.service_request_id, color: colorOf(codes, one.service_code), open: one.status === 'open', chosen: one.service_request_id === chosen },
      geometry: { type: 'Point', coordinates: [one.long, one.lat] },
    })));
  }

  mark(place: Place | null): void {
    this.#place.show(place ? [{ type: 'Feature', properties: {}, geometry: { type: 'Point', coordinates: [place.lon, place.lat] } }] : []);
  }

  /** The number of the report at a place of the map, as far as a finger is wide. */
  at(place: Place): string | null {
    const { x, y } = this.#map.project([place.lon, place.lat]);
    const [found] = this.#map.queryRenderedFeatures([[x - REACH, y - REACH], [x + REACH, y + REACH]], { layers: ['tell-report'] });
    const number: unknown = found?.properties.number;
    return typeof number === 'string' ? number : null;
  }

  close(): void {
    this.#reports.close();
    this.#place.close();
  }
}

const COLOR: ExpressionSpecification = ['get', 'color'];
const LAYERS: readonly OverlayLayer[] = [
  {
    id: 'tell-chosen', type: 'circle', filter: ['get', 'chosen'],
    paint: { 'circle-radius': 15, 'circle-opacity': 0, 'circle-stroke-color': ACCENT, 'circle-stroke-width': 3 },
  },
  {
    id: 'tell-report', type: 'circle',
    paint: {
      'circle-radius': ['interpolate', ['linear'], ['zoom'], 10, 4.5, 16, 9],
      'circle-color': ['case', ['get', 'open'], COLOR, '#ffffff'],
      'circle-stroke-color': ['case', ['get', 'open'], '#ffffff', COLOR],
      'circle-stroke-width': ['case', ['get', 'open'], 2, 3],
    },
  },
];
const MARK: readonly OverlayLayer[] = [
  { id: 'tell-mark-ring', type: 'circle', paint: { 'circle-radius': 16, 'circle-color': ACCENT, 'circle-opacity': 0.18, 'circle-stroke-color': ACCENT, 'circle-stroke-width': 2.5 } },
  { id: 'tell-mark', type: 'circle', paint: { 'circle-radius': 4.5, 'circle-color': ACCENT, 'circle-stroke-color': '#ffffff', 'circle-stroke-width': 2 } },
];
