/** What is drawn over the map for as long as it is asked about: one source with its layers. */

import type { Feature, FeatureCollection } from 'geojson';
import type { GeoJSONSource, LayerSpecification, Map as MapView } from 'maplibre-gl';
import { coveredEdges } from '../room';
import type { Box, Place } from '../shape';

export type OverlayLayer = LayerSpecification extends infer L ? L extends { source: string } ? Omit<L, 'source'> : never : never;

export const BLUE = '#1769c2';
export const RED = '#b3261e';

/** Labels in the page's own font. */
export const FONT = ['Be Vietnam Pro SemiBold', 'sans-serif'];

export class Overlay {
  readonly #map: MapView;
  readonly #id: string;
  readonly #layers: readonly string[];

  constructor(map: MapView, id: string, layers: readonly OverlayLayer[]) {
    this.#map = map;
    this.#id = id;
    this.#layers = layers.map((layer) => layer.id);
    this.close();
    map.addSource(id, { type: 'geojson', data: collection([]) });
    for (const layer of layers) map.addLayer({ ...layer, source: id } as LayerSpecification);
  }

  show(features: readonly Feature[]): void {
    this.#map.getSource<GeoJSONSource>(this.#id)?.setData(collection(features));
  }

  close(): void {
    for (const id of this.#layers) if (this.#map.getLayer(id)) this.#map.removeLayer(id);
    if (this.#map.getSource(this.#id)) this.#map.removeSource(this.#id);
  }
}

function collection(features: readonly Feature[]): FeatureCollection {
  return { type: 'FeatureCollection', features: [...features] };
}

/** A text in the middle of a side and along it, the right way up. */
export function sideLabel(from: Place, to: Place, text: string): Feature {
  const high = to.lat - from.lat;
  const wide = (to.lon - from.lon) * Math.cos((from.lat * Math.PI) / 180);
  const turned = (-Math.atan2(high, wide) * 180) / Math.PI;
  const angle = turned > 90 ? turned - 180 : turned <= -90 ? turned + 180 : turned;
  return {
    type: 'Feature',
    properties: { text, angle },
    geometry: { type: 'Point', coordinates: [(from.lon + to.lon) / 2, (from.lat + to.lat) / 2] },
  };
}

/** A layer for the labels of sides. */
export function labelLayer(id: string, color: string, minzoom: number): OverlayLayer {
  return {
    id,
    type: 'symbol',
    minzoom,
    filter: ['has', 'angle'],
    layout: {
      'text-field': ['get', 'text'], 'text-font': FONT, 'text-size': 12, 'text-rotate': ['get', 'angle'],
      'text-rotation-alignment': 'map', 'text-padding': 1,
    },
    paint: { 'text-color': color, 'text-halo-color': '#ffffff', 'text-halo-width': 2 },
  };
}

/** Goes to a box in what the panel and the open sheet leave of the map, near enough to draw in it. */
export function showBeside(map: MapView, [west, south, east, north]: Box): void {
  const { beside, top, right, bottom, left } = coveredEdges(map);
  const padding = beside
    ? { top: 60, bottom: 60, left: left + 40, right: right + 50 }
    : { top: top + 24, bottom: bottom + 24, left: 30, right: 30 };
  map.fitBounds([west, south, east, north], { padding, maxZoom: 20.5, animate: false });
}
