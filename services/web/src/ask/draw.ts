/** A line or an area drawn on the map by clicks, fingers or the keyboard. */

import type { Feature, Position } from 'geojson';
import type { MapMouseEvent } from 'maplibre-gl';
import type { Page } from '../page';
import type { Place } from '../shape';
import { distance } from './geodesy';
import { BLUE, labelLayer, Overlay, sideLabel, type OverlayLayer } from './overlay';

/** Pixels within which a click means a corner that is there */
const NEAR = 12;

export interface Sketch {
  readonly kind: 'line' | 'area';
  readonly points: readonly Place[];
}

export interface DrawOptions {
  readonly kind: Sketch['kind'];
  /** Corners and sides that points are drawn to */
  readonly snap: readonly (readonly Place[])[];
  readonly label: (length: number) => string;
  readonly changed: (points: readonly Place[]) => void;
  readonly finished: (points: readonly Place[]) => void;
  readonly cancelled: () => void;
}

export function sketchLayers(id: string): OverlayLayer[] {
  return [
    { id: `${id}-area`, type: 'fill', filter: ['==', ['geometry-type'], 'Polygon'], paint: { 'fill-color': BLUE, 'fill-opacity': 0.22 } },
    { id: `${id}-casing`, type: 'line', paint: { 'line-color': '#ffffff', 'line-width': 5 } },
    { id: `${id}-line`, type: 'line', paint: { 'line-color': BLUE, 'line-width': 2.5 } },
    {
      id: `${id}-point`, type: 'circle', filter: ['==', ['get', 'kind'], 'corner'],
      paint: { 'circle-radius': 5, 'circle-color': '#ffffff', 'circle-stroke-color': BLUE, 'circle-stroke-width': 2.5 },
    },
    labelLayer(`${id}-text`, '#0c3f78', 0),
  ];
}

/** The features of a sketch; `open`: it is still being drawn, and its area not closed. */
export function sketchFeatures({ kind, points }: Sketch, label: (length: number) => string, open: boolean): Feature[] {
  const path = points.map(({ lon, lat }): Position => [lon, lat]);
  const closed = kind === 'area' && points.length > 2;
  const sides = points.slice(1).map((to, index) => [points[index] as Place, to] as const);
  if (closed && !open) sides.push([points.at(-1) as Place, points[0] as Place]);
  const shape: Feature[] = closed
    ? [{ type: 'Feature', properties: {}, geometry: { type: 'Polygon', coordinates: [[...path, path[0] as Position]] } }]
    : path.length > 1 ? [{ type: 'Feature', properties: {}, geometry: { type: 'LineString', coordinates: path } }] : [];
  return [
    ...shape,
    ...path.map((coordinates): Feature => ({ type: 'Feature', properties: { kind: 'corner' }, geometry: { type: 'Point', coordinates } })),
    ...sides.map(([from, to]) => sideLabel(from, to, label(distance(from, to)))),
  ];
}

export class Draw {
  readonly #page: Page;
  readonly #options: DrawOptions;
  readonly #overlay: Overlay;
  readonly #release: () => void;
  #points: readonly Place[] = [];
  #pointer: Place | null = null;

  constructor(page: Page, options: DrawOptions) {
    this.#page = page;
    this.#options = options;
    this.#overlay = new Overlay(page.map, 'ask-draw', sketchLayers('ask-draw'));
    this.#release = page.takeClicks((place) => this.#take(place));
    page.map.doubleClickZoom.disable();
    page.map.on('mousemove', this.#move);
    // Before the page's own keys, which would close the card.
    page.map.getContainer().addEventListener('keydown', this.#key, true);
  }

  undo(): void {
    this.#set(this.#points.slice(0, -1));
  }

  finish(): void {
    if (this.#points.length < (this.#options.kind === 'area' ? 3 : 2)) return;
    this.close();
    this.#options.finished(this.#points);
  }

  close(): void {
    this.#release();
    this.#page.map.doubleClickZoom.enable();
    this.#page.map.off('mousemove', this.#move);
    this.#page.map.getContainer().removeEventListener('keydown', this.#key, true);
    this.#overlay.close();
  }

  readonly #move = ({ lngLat }: MapMouseEvent): void => {
    this.#pointer = this.#snapped({ lon: lngLat.lng, lat: lngLat.lat });
    this.#render();
  };

  readonly #key = (event: KeyboardEvent): void => {
    if (event.key !== 'Backspace' && event.key !== 'Escape') return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === 'Backspace') this.undo();
    else {
      this.close();
      this.#options.cancelled();
    }
  };

  #take(place: Place): void {
    const end = this.#options.kind === 'area' ? [this.#points[0], this.#points.at(-1)] : [this.#points.at(-1)];
    if (end.some((one) => one && this.#pixels(one, place) < NEAR)) return this.finish();
    this.#set([...this.#points, this.#snapped(place)]);
  }

  #set(points: readonly Place[]): void {
    this.#points = points;
    this.#render();
    this.#options.changed(points);
  }

  #render(): void {
    const points = this.#pointer && this.#points.length > 0 ? [...this.#points, this.#pointer] : this.#points;
    this.#overlay.show(sketchFeatures({ kind: this.#options.kind, points }, this.#options.label, true));
  }

  /** On the nearest corner within reach, else on the nearest side, else where it is. */
  #snapped(place: Place): Place {
    const { snap } = this.#options;
    const corners = snap.flat().map((corner) => ({ place: corner, far: this.#pixels(corner, place) }));
    const sides = snap.flatMap((ring) => ring.map((from, index) => {
      const on = this.#nearestOn(from, ring[(index + 1) % ring.length] as Place, place);
      return { place: on, far: this.#pixels(on, place) };
    }));
    const nearest = (found: typeof corners) => found.filter(({ far }) => far < NEAR).sort((a, b) => a.far - b.far)[0]?.place;
    return nearest(corners) ?? nearest(sides) ?? place;
  }

  #nearestOn(from: Place, to: Place, place: Place): Place {
    const project = ({ lon, lat }: Place) => this.#page.map.project([lon, lat]);
    const [a, b, p] = [project(from), project(to), project(place)];
    const along = ((p.x - a.x) * (b.x - a.x) + (p.y - a.y) * (b.y - a.y)) / ((b.x - a.x) ** 2 + (b.y - a.y) ** 2 || 1);
    const share = Math.min(1, Math.max(0, along));
    return { lon: from.lon + share * (to.lon - from.lon), lat: from.lat + share * (to.lat - from.lat) };
  }

  #pixels(a: Place, b: Place): number {
    return this.#page.map.project([a.lon, a.lat]).dist(this.#page.map.project([b.lon, b.lat]));
  }
}
