/** The sides of a parcel in metres, in its card and at its edges on the map. */

import type { Geometry, Position } from 'geojson';
import type { Subject } from '../additions';
import { explain, get, isAbort, itemPath } from '../api';
import { button, el, fill, type Child } from '../dom';
import { formatNumber, formatQuantity } from '../format';
import type { Page } from '../page';
import type { Place } from '../shape';
import { words } from '../words';
import { labelLayer, Overlay, sideLabel } from './overlay';
import { askWords } from './words';

/** Zoom from which there is room for the numbers */
const NEAR = 17.5;

export interface Side {
  readonly from: Place;
  readonly to: Place;
  /** Metres in the plane of the legal CRS */
  readonly length: number;
  /** Of a hole in the parcel */
  readonly inner: boolean;
}

export function sidesOf(page: Page, subject: Subject): HTMLElement {
  const host = el('div', { class: 'sides' });
  if (subject.item.geometry) fillIn(host, page, subject, subject.item.geometry);
  return host;
}

function fillIn(host: HTMLElement, page: Page, subject: Subject, geometry: Geometry): void {
  const { signal, state: { language } } = subject;
  const w = words[language];
  tell(page, subject, geometry).then((children) => {
    if (!signal.aborted) fill(host, children);
  }).catch((error: unknown) => {
    if (isAbort(error) || signal.aborted) return;
    console.error(error);
    fill(host, [
      el('p', { class: 'quiet', role: 'alert' }, explain(error, w)),
      button(w.retry, { class: 'plain' }, () => fillIn(host, page, subject, geometry)),
    ]);
  });
}

async function tell(page: Page, { selected, state: { language, at }, signal }: Subject, geometry: Geometry): Promise<Child[]> {
  const a = askWords[language];
  const crs = (await page.catalog.collection(selected.layer, language))?.storageCrs;
  if (!crs) return [];
  const query = new URLSearchParams({ f: 'json', crs, ...(at ? { datetime: at } : {}) });
  const { body } = await get<{ geometry: Geometry }>(`${itemPath(selected)}?${query}`, language, { signal });
  const sides = measure(geometry, body.geometry);
  if (signal.aborted) return [];
  drawSides(page, sides, signal, (length) => formatNumber(length, language, 2));
  const perimeter = sides.filter(({ inner }) => !inner).reduce((sum, { length }) => sum + length, 0);
  return [el('details', {},
    el('summary', {}, `${a.sides}: ${a.sidesOf(sides.length, formatQuantity(perimeter, 'm', language))}`),
    el('ol', {}, ...sides.map(({ length, inner }) => el('li', {}, formatQuantity(length, 'm', language), inner && ` (${a.hole})`))),
    el('p', { class: 'quiet' }, a.sidesNote(nameOf(crs))))];
}

/** Pairs the sides of a shape in degrees with their lengths in the plane. SyntaxError where the two are not the same shape. */
export function measure(degrees: Geometry, plane: Geometry): Side[] {
  const [rings, flat] = [ringsOf(degrees), ringsOf(plane)];
  if (rings.length !== flat.length) throw new SyntaxError('sides: rings differ');
  return rings.flatMap(({ ring, inner }, index) => {
    const metres = flat[index]?.ring ?? [];
    if (metres.length !== ring.length) throw new SyntaxError('sides: corners differ');
    return ring.slice(1).map((to, corner): Side => {
      const [[x = 0, y = 0], [endX = 0, endY = 0]] = [metres[corner] as Position, metres[corner + 1] as Position];
      return { from: placeOf(ring[corner] as Position), to: placeOf(to), length: Math.hypot(endX - x, endY - y), inner };
    });
  });
}

function ringsOf(geometry: Geometry): { ring: readonly Position[]; inner: boolean }[] {
  const polygons = geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.type === 'MultiPolygon' ? geometry.coordinates : [];
  return polygons.flatMap((rings) => rings.map((ring, index) => ({ ring, inner: index > 0 })));
}

/** The outer boundary of the largest part, without the corner that closes it. */
export function outlineOf(geometry: Geometry): Place[] {
  const rings = ringsOf(geometry).filter(({ inner }) => !inner).sort((a, b) => b.ring.length - a.ring.length);
  return (rings[0]?.ring ?? []).slice(0, -1).map(placeOf);
}

function placeOf([lon = 0, lat = 0]: Position): Place {
  return { lon, lat };
}

function drawSides(page: Page, sides: readonly Side[], signal: AbortSignal, write: (length: number) => string): void {
  const overlay = new Overlay(page.map, 'ask-sides', [labelLayer('ask-sides-text', '#8f0049', NEAR)]);
  overlay.show(sides.map(({ from, to, length }) => sideLabel(from, to, write(length))));
  signal.addEventListener('abort', () => overlay.close(), { once: true });
}

function nameOf(crs: string): string {
  return `VN-2000 (EPSG:${/(\d+)$/.exec(crs)?.[1] ?? crs})`;
}
